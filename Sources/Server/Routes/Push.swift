import API
import Hummingbird
import ModelStore

/// `POST /api/push`.
enum Push {
    static var routes: [Route] {
        [Route(.post, "/api/push", answer)]
    }

    @Sendable private static func answer(_ exchange: Exchange) async throws -> Response {
        let request = try TransferRequest(body: await exchange.json(), .push)
        let name = request.requestedModel
        guard !name.isEmpty else { throw APIError(400, "model is required") }
        let registry = exchange.services.registry
        let insecure = request.insecure
        return try await RegistryTransfer.answer(exchange, streams: request.stream ?? true) {
            try await registry.push(name, insecure: insecure, progress: $0)
        }
    }
}
