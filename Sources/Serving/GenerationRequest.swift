public import API
public import ModelStore

/// A validated request for text.
public struct GenerationRequest: Sendable {
    public enum Input: Sendable {
        case chat(messages: [Message], tools: [Tool])
        /// `context` nil and empty differ: an empty list suppresses the model's stored messages.
        case completion(
            prompt: String, suffix: String, system: String?, template: String?, context: [Int]?,
            raw: Bool, images: [[UInt8]])
    }

    /// As the client wrote it (error texts quote it).
    public var requestedModel: String
    public var model: ModelName
    public var input: Input
    /// The request's `options`, unchecked.
    public var options: JSONObject = [:]
    /// Status of the answer to an option of the wrong type; clients of the native form know 500.
    public var wrongOptionStatus = 500
    public var keepAlive: KeepAlive? = nil
    public var think: Think? = nil
    /// Tokens that a thought may have before its end is put in; nil: no limit of its own.
    public var thinkingBudget: Int? = nil
    /// Whether the summary counts the tokens that were guessed ahead.
    public var reportsDrafts = false
    public var toolChoice = ToolChoice.auto
    /// Whether an answer may hold more than one call.
    public var parallelToolCalls = true
    /// `"json"` or a JSON schema that the answer is held to; null and `""` mean none.
    public var format: JSONValue? = nil
    /// A grammar in GBNF that the answer is held to, instead of a format.
    public var grammar: String? = nil
    /// Default nil: true.
    public var truncate: Bool? = nil
    /// Default nil: by the model's architecture.
    public var shift: Bool? = nil
    public var logprobs = false
    public var topLogprobs = 0
    /// Answers with the rendered prompt instead of generating.
    public var renderOnly = false

    public init(requestedModel: String, model: ModelName, input: Input) {
        self.requestedModel = requestedModel
        self.model = model
        self.input = input
    }

    /// Nothing to generate: the request only loads or unloads.
    var isLoadOnly: Bool {
        switch input {
        case .chat(let messages, _): messages.isEmpty
        case .completion(let prompt, _, _, _, _, _, _): prompt.isEmpty
        }
    }

    var isChat: Bool { if case .chat = input { true } else { false } }
    var truncates: Bool { truncate ?? true }
}

/// A request for the vectors of texts.
public struct EmbeddingRequest: Sendable {
    public var requestedModel: String
    public var model: ModelName
    /// Empty: the model is loaded and nothing else happens.
    public var inputs: [String]
    /// Whether too long inputs are cut instead of refused.
    public var truncate = true
    /// Leading elements to keep of each vector; 0, negative and too large values mean all.
    public var dimensions = 0
    public var options: JSONObject = [:]
    public var keepAlive: KeepAlive? = nil

    public init(requestedModel: String, model: ModelName, inputs: [String]) {
        self.requestedModel = requestedModel
        self.model = model
        self.inputs = inputs
    }
}
