import API
import Hummingbird

/// OpenAI's endpoints that do not exist here yet: clients read so in their own envelope.
enum Unsupported {
    static var routes: [Route] {
        ["/v1/audio/transcriptions"].map { path in
            Route(.post, path, errors: .openAI) { _ in
                throw APIError(501, "\(path) is not supported by this version of apus")
            }
        }
    }
}
