import API
import Hummingbird

/// `POST /api/push`: there is no registry yet.
enum Push {
    static var routes: [Route] {
        [Route(.post, "/api/push", answer)]
    }

    @Sendable private static func answer(_ exchange: Exchange) async throws -> Response {
        let request = try TransferRequest(body: await exchange.json(), .push)
        guard !request.requestedModel.isEmpty else { throw APIError(400, "model is required") }
        throw APIError(501, "push is not supported by this version of apus")
    }
}
