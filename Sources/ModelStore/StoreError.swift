/// A failure of the store; `description` is the text that the API sends.
public struct StoreError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Code: Sendable {
        case notFound, invalidName, invalidDigest, digestMismatch, badRequest, malformed, io
    }
    /// When a create failed: before its first status line, or after one was sent.
    public enum Stage: Sendable { case beforeStream, inStream }

    public let code: Code
    public let description: String
    public internal(set) var stage = Stage.beforeStream

    public init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }

    /// HTTP status where no stream has begun: 404, 400, or 500 for broken or unreadable data.
    public var status: Int {
        switch code {
        case .notFound: 404
        case .invalidName, .invalidDigest, .digestMismatch, .badRequest: 400
        case .malformed, .io: 500
        }
    }
}
