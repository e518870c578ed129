import API
import Hummingbird
import ModelStore

/// `POST /api/copy`.
enum Copy {
    static var routes: [Route] {
        [Route(.post, "/api/copy", answer)]
    }

    @Sendable private static func answer(_ exchange: Exchange) async throws -> Response {
        let request = try CopyRequest(body: await exchange.json())
        guard let source = ModelName(request.source) else {
            throw APIError(400, "source \(GoQuote.quoted(request.source)) is invalid")
        }
        guard let destination = ModelName(request.destination) else {
            throw APIError(400, "destination \(GoQuote.quoted(request.destination)) is invalid")
        }
        let store = exchange.services.store
        try await Blocking.run {
            do throws(StoreError) {
                try store.copy(store.resolve(source), to: store.resolve(destination))
            } catch {
                throw error.code == .notFound
                    ? APIError(404, "model \(GoQuote.quoted(request.source)) not found")
                    : error.asAPIError
            }
        }
        return Reply.empty()
    }
}
