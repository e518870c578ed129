import API
import Hummingbird

/// `GET /api/status`: this server has no cloud behind it.
enum Status {
    static var routes: [Route] {
        [
            Route(.get, "/api/status") { _ in
                // Of the words that clients know for "who turned it off", `env` is the one that no
                // setting of theirs can undo.
                Reply.json(["cloud": ["disabled": true, "source": "env"]])
            }
        ]
    }
}
