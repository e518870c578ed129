/// One turn of a conversation, as the native API carries it.
public struct Message: Sendable, Hashable {
    /// Lower case; `system`, `user`, `assistant`, `tool` or anything a template knows.
    public var role: String
    public var content: String
    public var thinking: String = ""
    /// Raw bytes of images.
    public var images: [[UInt8]] = []
    public var toolCalls: [ToolCall] = []
    public var toolName: String = ""
    public var toolCallID: String = ""

    public init(role: String, content: String) {
        self.role = role
        self.content = content
    }
}

/// A function call that a model made.
public struct ToolCall: Sendable, Hashable {
    public var id: String
    public var index: Int
    public var name: String
    /// In the order in which the model or client wrote them.
    public var arguments: JSONObject

    public init(id: String = "", index: Int = 0, name: String, arguments: JSONObject) {
        self.id = id
        self.index = index
        self.name = name
        self.arguments = arguments
    }
}

/// A function that a model may call; `raw` holds the whole tool object as templates see it: the
/// members that the API knows, in its order, then the other keywords of the schemas.
public struct Tool: Sendable, Hashable {
    public var raw: JSONObject
    public init(raw: JSONObject) { self.raw = raw }
    public var name: String { raw["function"]?["name"]?.string ?? "" }
    public var description: String { raw["function"]?["description"]?.string ?? "" }
    public var parameters: JSONObject { raw["function"]?["parameters"]?.object ?? [:] }
}

/// Whether and how hard a model should think.
public enum Think: Sendable, Hashable {
    case off, on
    case level(String)  // "low", "medium", "high", "max"
    public var isOn: Bool { self != .off }
}
