import API
import Hummingbird
import ModelStore

/// `POST /api/pull`: embedded models are stored, others come from their registry.
enum Pull {
    static var routes: [Route] {
        [Route(.post, "/api/pull", answer)]
    }

    @Sendable private static func answer(_ exchange: Exchange) async throws -> Response {
        let request = try TransferRequest(body: await exchange.json(), .pull)
        let name = request.requestedModel.trimmingSpaces
        guard let model = ModelName(name) else { throw APIError(400, "invalid model name") }
        if exchange.services.store.embeddedModel(model) != nil {
            return try await EmbeddedPull.answer(model, request, exchange)
        }
        let registry = exchange.services.registry
        let insecure = request.insecure
        return try await RegistryTransfer.answer(exchange, streams: request.stream ?? true) {
            try await registry.pull(model, insecure: insecure, progress: $0)
        }
    }
}
