public import API

/// A sampled token with its natural-log probability before penalties and filters.
public struct TokenLogProbability: Sendable {
    public var token: String
    public var bytes: [UInt8]
    public var logprob: Float
    /// The most likely tokens at this place, best first; empty unless asked for.
    public var top: [(token: String, bytes: [UInt8], logprob: Float)]

    public init(
        token: String, bytes: [UInt8], logprob: Float,
        top: [(token: String, bytes: [UInt8], logprob: Float)]
    ) {
        self.token = token
        self.bytes = bytes
        self.logprob = logprob
        self.top = top
    }
}

/// What a finished generation cost. Durations are in nanoseconds.
public struct GenerationSummary: Sendable {
    /// `stop` (end token or stop string), `length`, or `repetition` where the model wrote one piece
    /// of text again and again until it was stopped.
    public var doneReason = "stop"
    /// Tokens of prompt and answer; completion only, not raw.
    public var context: [Int]? = nil
    /// From the request's start until the model was ready.
    public var loadDuration = 0
    /// Prompt tokens, cached ones included.
    public var promptEvalCount = 0
    /// Time over the part of the prompt that was not cached.
    public var promptEvalDuration = 0
    /// Sampled tokens, the final end token included.
    public var evalCount = 0
    public var evalDuration = 0
    /// Tokens that were guessed, and those of them that the model then chose.
    public var draftCount = 0
    public var draftAcceptedCount = 0
    /// Tokens of the prompt that were found in the prefix cache.
    public var cachedTokens = 0
    /// The same for those who asked, else 0.
    public var reportedCachedTokens = 0
    /// Whether messages or tokens of the prompt were dropped to make it fit.
    public var truncated = false
    /// Prompt tokens before anything was dropped.
    public var promptTokensBeforeTruncation = 0

    /// How many of them were dropped.
    public var droppedPromptTokens: Int {
        truncated ? max(0, promptTokensBeforeTruncation - promptEvalCount) : 0
    }

    public init() {}
}

public enum GenerationEvent: Sendable {
    /// Text and whatever became known with it; any part may be empty.
    case chunk(
        content: String, thinking: String, toolCalls: [ToolCall], logprobs: [TokenLogProbability])
    case done(GenerationSummary)
    /// The generation broke off; may be the first event.
    case failed(APIError)
}

public enum GenerationOutcome: Sendable {
    case unloaded
    case loaded
    case rendered(prompt: String, imageCount: Int)
    /// Ends with done or failed. Dropping the iterator cancels the generation within
    /// one step.
    case stream(AsyncStream<GenerationEvent>)
}

public struct EmbeddingResult: Sendable {
    /// One vector an input, as the model pools it, not normalised.
    public var vectors: [[Float]]
    /// Tokens of all inputs, special ones included.
    public var promptEvalCount: Int
    /// Nanoseconds from the request's start until the model was ready.
    public var loadDuration: Int
    /// Whether the legacy endpoint answers with unit vectors for this model; it sends some
    /// BERT-like models' vectors as pooled.
    public var legacyNormalizes = true
}
