import API
import Hummingbird

/// Endpoints that pass requests on to the cloud, which is not there.
enum Experimental {
    static var routes: [Route] {
        [
            Route(.get, "/api/experimental/model-recommendations") { _ in
                Reply.json(["recommendations": []])
            },
            Route(.post, "/api/experimental/web_search") { _ in
                throw APIError(403, "ollama cloud is disabled: web search is unavailable")
            },
            Route(.post, "/api/experimental/web_fetch") { _ in
                throw APIError(403, "ollama cloud is disabled: web fetch is unavailable")
            },
        ]
    }
}
