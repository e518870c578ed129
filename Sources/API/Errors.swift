/// A failure as the API reports it: a status and one sentence.
public struct APIError: Error, Sendable, Equatable, CustomStringConvertible {
    /// HTTP status code.
    public let status: Int
    public let message: String
    /// What stands on the wire in place of ``message``.
    public let wireMessage: String

    public init(_ status: Int, _ message: String) {
        self.status = status
        self.message = message
        wireMessage = message
    }

    private init(_ status: Int, _ message: String, wire: JSONValue) {
        self.status = status
        self.message = message
        wireMessage = wire.plainSerialized
    }

    /// A refusal by the engine. Clients of Ollama get it as its engine wrote it, JSON inside the text,
    /// and some look for the type in there.
    ///
    /// - Parameters:
    ///   - type: nil: by the status.
    ///   - facts: further members of the inner object.
    public static func engine(
        _ status: Int, _ message: String, type: String? = nil, _ facts: JSONObject = [:]
    ) -> APIError {
        let type = type ?? (status == 400 ? "invalid_request_error" : "server_error")
        var inner: JSONObject = [
            "code": .integer(status), "message": .string(message), "type": .string(type),
        ]
        for (name, value) in facts { inner[name] = value }
        return APIError(status, message, wire: ["error": .object(inner)])
    }

    public var description: String { message }

    /// Equal when status and message are.
    public static func == (left: APIError, right: APIError) -> Bool {
        left.status == right.status && left.message == right.message
    }
}

/// How long a model stays loaded after its last request.
public enum KeepAlive: Sendable, Hashable {
    case forever
    case seconds(Double)
}
