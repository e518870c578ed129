import API
import Hummingbird

/// The form in which an endpoint reports failures.
struct ErrorEnvelope: Sendable {
    let object: @Sendable (APIError) -> JSONValue
    private let isNative: Bool

    static let native = ErrorEnvelope(object: { $0.json }, isNative: true)
    static let openAI = ErrorEnvelope(object: { $0.openAI }, isNative: false)
    static let anthropic = ErrorEnvelope(object: { $0.anthropic }, isNative: false)

    /// A failure of the core. In the forms of others its answer ends with a line break and names no
    /// character set, as their successes do.
    func response(to error: APIError) -> Response {
        guard !isNative else { return Reply.error(error) }
        return Reply.line(object(error), status: .init(code: error.status))
    }

    /// A request that cannot be read.
    func refusal(_ error: APIError) -> Response {
        Reply.json(object(error), status: .init(code: error.status))
    }
}
