import API
import Hummingbird

/// OpenAI's endpoints that do not exist here yet: clients read so in their own envelope.
enum Unsupported {
    static var routes: [Route] {
        ["/v1/audio/transcriptions"].map { path in
            Route(.post, path, errors: .openAI) { exchange in
                let type = exchange.request.headers[.contentType] ?? ""
                guard type.lowercased().utf8.starts(with: "multipart/form-data".utf8) else {
                    return ErrorEnvelope.openAI.refusal(
                        APIError(
                            400,
                            "failed to parse multipart form: request Content-Type isn't "
                                + "multipart/form-data"))
                }
                throw APIError(501, "\(path) is not supported by this version of apus")
            }
        }
    }
}
