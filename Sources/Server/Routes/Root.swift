import Hummingbird

/// `GET /`: the sign of life that clients look for.
enum Root {
    static var routes: [Route] {
        [Route(.head, "/", answer), Route(.get, "/", answer)]
    }

    @Sendable private static func answer(_ exchange: Exchange) -> Response {
        Reply.text("Ollama is running", type: "text/plain; charset=utf-8")
    }
}
