import API
import Hummingbird
import ModelStore

/// `POST /api/pull`: embedded models are stored; there is no registry yet.
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
        throw APIError(501, "pull is not supported by this version of apus")
    }
}
