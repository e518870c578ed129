public import API

/// What a prompt is made of.
public struct PromptInput: Sendable {
    public var messages: [Message] = []
    public var tools: [Tool] = []
    /// Suffix mode when prompt and suffix are both non-empty.
    public var prompt = ""
    public var suffix = ""
    /// Nil when the request does not say.
    public var think: Think? = nil
    public init() {}
}
