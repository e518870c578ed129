import API
import Hummingbird
import ModelStore

/// `POST /api/pull`: names are checked; there is no registry yet.
enum Pull {
    static var routes: [Route] {
        [Route(.post, "/api/pull", answer)]
    }

    @Sendable private static func answer(_ exchange: Exchange) async throws -> Response {
        let request = try TransferRequest(body: await exchange.json(), .pull)
        let name = request.requestedModel.trimmingSpaces
        guard ModelName(name) != nil else { throw APIError(400, "invalid model name") }
        throw APIError(501, "pull is not supported by this version of apus")
    }
}
