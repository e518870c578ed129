import API
import Hummingbird
import Logging
import ModelStore
import Serving

/// `GET /api/tags`: the models of the store and of the program, newest first.
enum Tags {
    static var routes: [Route] {
        [Route(.head, "/api/tags", answer), Route(.get, "/api/tags", answer)]
    }

    @Sendable private static func answer(_ exchange: Exchange) async throws -> Response {
        let services = exchange.services
        let models = try await Blocking.run {
            services.store.models { name, error in
                services.logger.warning(
                    "skipping a model that cannot be read",
                    metadata: ["name": "\(name)", "error": "\(error)"])
            }
            .map { entry(of: $0, services) }
        }
        return Reply.json(TagsResponse(models: models).json)
    }

    private static func entry(of model: StoredModel, _ services: Services) -> ListedModel {
        var entry = ListedModel()
        entry.name = model.name.display
        entry.remoteModel = model.config.remoteModel
        entry.remoteHost = model.config.remoteHost
        entry.modifiedAt = Timestamp(secondsSince1970: model.modified).local
        entry.size = model.size
        entry.digest = model.digest
        entry.details = services.store.details(of: model).summary
        entry.isEmbedded = model.isEmbedded
        entry.capabilities = services.scheduler.capabilities(of: model)
        return entry
    }
}
