/// Why a request got no answer that can be used; `description` is what a user sees.
public struct ClientError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Code: Sendable, Equatable {
        /// Nothing listens there.
        case unreachable
        /// The server answered with this HTTP status.
        case status(Int)
        /// An error line inside a stream that began well.
        case stream
        /// Everything else: broken connections, bad addresses, answers that are not JSON.
        case transport
    }
    public let code: Code
    public let description: String

    public init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }

    public var isNotFound: Bool { code == .status(404) }
}
