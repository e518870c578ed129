import API
import Hummingbird

/// `GET /api/version`.
enum Version {
    static var routes: [Route] {
        [
            Route(.head, "/api/version", answer), Route(.get, "/api/version", answer),
        ]
    }

    @Sendable private static func answer(_ exchange: Exchange) -> Response {
        Reply.json(VersionResponse(version: exchange.services.configuration.version).json)
    }
}
