import API
import Hummingbird

/// `GET /api/status`: this server has no cloud behind it.
enum Status {
    static var routes: [Route] {
        [
            Route(.get, "/api/status") { exchange in
                Reply.json([
                    "cloud": [
                        "disabled": true,
                        "source": .string(exchange.services.configuration.cloudSource),
                    ]
                ])
            }
        ]
    }
}
