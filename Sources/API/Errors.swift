/// A failure as the API reports it: a status and one sentence.
public struct APIError: Error, Sendable, Equatable, CustomStringConvertible {
    /// HTTP status code.
    public let status: Int
    public let message: String
    public init(_ status: Int, _ message: String) {
        self.status = status
        self.message = message
    }
    public var description: String { message }
}

/// How long a model stays loaded after its last request.
public enum KeepAlive: Sendable, Hashable {
    case forever
    case seconds(Double)
}
