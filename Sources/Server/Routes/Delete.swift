import API
import Hummingbird
import ModelStore

/// `DELETE /api/delete`; a model in use stays loaded.
enum Delete {
    static var routes: [Route] {
        [Route(.delete, "/api/delete", answer)]
    }

    @Sendable private static func answer(_ exchange: Exchange) async throws -> Response {
        let requested = try DeleteRequest(body: await exchange.json()).requestedModel
        guard !requested.isEmpty else { throw APIError(400, "model is required") }
        guard let name = ModelName(requested) else {
            throw APIError(400, "name \(GoQuote.quoted(requested)) is invalid")
        }
        let store = exchange.services.store
        try await Blocking.run {
            do throws(StoreError) {
                try store.delete(store.resolve(name))
            } catch {
                throw error.code == .notFound
                    ? APIError(404, "model '\(requested)' not found") : error.asAPIError
            }
        }
        return Reply.empty()
    }
}
