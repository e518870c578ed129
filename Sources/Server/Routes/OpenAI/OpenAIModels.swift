import API
import Hummingbird
import Logging
import ModelStore

/// `GET /v1/models` and `GET /v1/models/:model`.
enum OpenAIModels {
    static var routes: [Route] {
        [
            Route(.get, "/v1/models", errors: .openAI, list),
            Route(.get, "/v1/models/:model", errors: .openAI, one),
        ]
    }

    @Sendable private static func list(_ exchange: Exchange) async throws -> Response {
        let services = exchange.services
        let cards = try await Blocking.run {
            services.store.models { name, error in
                services.logger.warning(
                    "skipping a model that cannot be read",
                    metadata: ["name": "\(name)", "error": "\(error)"])
            }
            .map { card(of: $0, id: $0.name.display) }
        }
        return Reply.line(ModelCard.list(cards))
    }

    @Sendable private static func one(_ exchange: Exchange) async throws -> Response {
        let store = exchange.services.store
        let reference = try ModelReference(
            exchange.parameter, store: store, part: "remote model details are unavailable")
        let found = try await Blocking.run {
            do throws(StoreError) {
                return card(of: try store.model(reference.name), id: exchange.parameter)
            } catch {
                throw error.code == .notFound
                    ? APIError(404, "model '\(reference.name.display)' not found")
                    : error.asAPIError
            }
        }
        return Reply.line(found.json)
    }

    private static func card(of model: StoredModel, id: String) -> ModelCard {
        ModelCard(
            id: id, created: Timestamp(secondsSince1970: model.modified).seconds,
            owner: model.name.namespace)
    }
}
