// INTERFACE STUB: the owner of this module replaces this file; signatures are the contract.
public import API

/// A template that cannot be parsed or executed; Go's or Jinja's own words where known.
public struct TemplateError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Code: Sendable { case syntax, execution, raised, budget }
    public let code: Code
    public let description: String
    public init(_ code: Code, _ description: String) {
        self.code = code; self.description = description
    }
}

/// What a prompt is made of.
public struct PromptInput: Sendable {
    public var messages: [Message] = []
    public var tools: [Tool] = []
    /// Suffix mode when prompt and suffix are both non-empty.
    public var prompt = ""
    public var suffix = ""
    public var think: Think? = nil
    public init() {}
}

/// A Go text/template with the functions and the three rendering modes of Ollama.
public struct GoTemplate: Sendable {
    public let source: String
    public init(_ source: String) throws(TemplateError) { fatalError("stub") }
    /// Lower-cased identifiers of fields and variables used.
    public var variables: Set<String> { fatalError("stub") }
    /// Chooses the mode by the input and the variables; budgets for steps, depth, output.
    public func render(_ input: PromptInput) throws(TemplateError) -> String { fatalError("stub") }
    /// Opening and closing tags around `.Thinking`, if the template has them.
    public var thinkingTags: (open: String, close: String)? { fatalError("stub") }
    /// Text that starts a tool call, "{" when not found.
    public var toolCallTag: String { fatalError("stub") }
    /// "tools and toolcalls used and a tool role handled".
    public var hasToolRoundTrip: Bool { fatalError("stub") }
}

/// A chat template in the Jinja subset that model files carry.
public struct JinjaTemplate: Sendable {
    public let source: String
    public init(_ source: String) throws(TemplateError) { fatalError("stub") }
    /// Renders over a context of variables (messages, tools, add_generation_prompt, bos_token, ...).
    public func render(_ context: JSONObject, now: String? = nil) throws(TemplateError) -> String {
        fatalError("stub")
    }
    /// Renders a chat as the spec's "Jinja path details" say (assistant last message continued, developer -> system, ...).
    public func render(
        _ input: PromptInput, specialTokens: JSONObject, addGenerationPrompt: Bool = true
    ) throws(TemplateError) -> String { fatalError("stub") }
    public var showsTools: Bool { fatalError("stub") }
    public var showsThinking: Bool { fatalError("stub") }
    public var hasToolRoundTrip: Bool { fatalError("stub") }
    /// ("<think>", "</think>") and the like when the template shows them.
    public var thinkingTags: (open: String, close: String)? { fatalError("stub") }
}

/// A piece of a model's answer after its markers are understood.
public enum OutputPiece: Sendable, Equatable {
    case content(String), thinking(String), toolCall(ToolCall)
}

/// Splits a stream of text into content and thinking (spec §12). One per answer.
public struct ThinkingParser: Sendable {
    public init(open: String, close: String, startsInside: Bool) { fatalError("stub") }
    public mutating func consume(_ text: String) -> [OutputPiece] { fatalError("stub") }
    public mutating func finish() -> [OutputPiece] { fatalError("stub") }
}

/// Finds tool calls in a stream of content (spec §11). One per answer.
public struct ToolCallParser: Sendable {
    public init(tag: String, tools: [Tool]) { fatalError("stub") }
    public mutating func consume(_ text: String) -> [OutputPiece] { fatalError("stub") }
    public mutating func finish() -> [OutputPiece] { fatalError("stub") }
}
