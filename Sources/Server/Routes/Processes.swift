import API
import Hummingbird
import ModelStore
import Serving

/// `GET /api/ps`: the loaded models, the last to leave first; with `?verbose=true` also what their
/// caches take and may take.
enum Processes {
    static var routes: [Route] {
        [Route(.get, "/api/ps", answer)]
    }

    @Sendable private static func answer(_ exchange: Exchange) async -> Response {
        let isVerbose = exchange.request.uri.queryParameters["verbose"] == "true"
        let running = await exchange.services.scheduler.running()
            .sorted { $0.expiresAt > $1.expiresAt }
        let models = running.map { running in
            var entry = LoadedModel()
            entry.name = running.model.name.display
            entry.size = running.size
            entry.digest = running.model.digest
            entry.details = exchange.services.store.details(of: running.model).summary
            entry.details.parentModel = ""
            entry.details.contextLength = 0
            entry.details.embeddingLength = 0
            entry.expiresAt = Timestamp(secondsSince1970: running.expiresAt).local
            entry.contextLength = running.contextLength
            if isVerbose {
                entry.cache = CacheUsage(size: running.cacheBytes, budget: running.cacheBudget)
            }
            return entry
        }
        var answer = ProcessResponse(models: models)
        if isVerbose, let disk = await exchange.services.scheduler.diskUsage() {
            answer.diskCache = CacheUsage(size: disk.bytes, budget: disk.budget)
        }
        return Reply.json(answer.json)
    }
}
