// INTERFACE STUB: the owner of this module replaces this file; signatures are the contract.
public import API
public import Logging
public import ModelStore

/// Settings of the scheduler, from OLLAMA_* variables.
public struct ServingConfiguration: Sendable {
    public var contextLength = 0  // OLLAMA_CONTEXT_LENGTH; 0: 4096
    public var parallel = 4  // OLLAMA_NUM_PARALLEL, our default 4
    public var maxLoadedModels = 0  // 0: 3
    public var maxQueue = 512
    public var keepAlive: KeepAlive = .seconds(300)
    public var goTemplates: Bool? = nil  // OLLAMA_GO_TEMPLATE
    public var threads = 0
    public init() {}
}

/// A validated request for text. Field meanings: shared/spec/api.md §6, §7.
public struct GenerationRequest: Sendable {
    public enum Input: Sendable {
        case chat(messages: [Message], tools: [Tool])
        case completion(
            prompt: String, suffix: String, system: String?, template: String?, context: [Int]?,
            raw: Bool, images: [[UInt8]])
    }
    /// As the client wrote it (error texts quote it).
    public var requestedModel: String
    public var model: ModelName
    public var input: Input
    public var options: JSONObject = [:]  // the request's `options`, unchecked
    public var keepAlive: KeepAlive? = nil
    public var think: Think? = nil
    public var format: JSONValue? = nil  // refused until structured output exists, except null and ""
    public var truncate: Bool? = nil
    public var shift: Bool? = nil
    public var logprobs = false
    public var topLogprobs = 0
    public var renderOnly = false
    public init(requestedModel: String, model: ModelName, input: Input) {
        self.requestedModel = requestedModel; self.model = model; self.input = input
    }
}

public struct TokenLogProbability: Sendable {
    public var token: String
    public var bytes: [UInt8]
    public var logprob: Float
    public var top: [(token: String, bytes: [UInt8], logprob: Float)]
}

public struct GenerationSummary: Sendable {
    public var doneReason = "stop"  // stop, length
    public var context: [Int]? = nil  // completion only, not raw
    public var loadDuration = 0  // nanoseconds, all of them
    public var promptEvalCount = 0
    public var promptEvalDuration = 0
    public var evalCount = 0
    public var evalDuration = 0
    public var cachedTokens = 0  // of the prompt, found in the prefix cache
    public var truncated = false  // prompt was cut to fit
    public var promptTokensBeforeTruncation = 0
    public init() {}
}

public enum GenerationEvent: Sendable {
    /// Text and whatever became known with it; any part may be empty.
    case chunk(
        content: String, thinking: String, toolCalls: [ToolCall], logprobs: [TokenLogProbability])
    case done(GenerationSummary)
    /// After the first chunk.
    case failed(APIError)
    /// The repetition guard: the stream ends without a final object.
    case aborted
}

public enum GenerationOutcome: Sendable {
    case unloaded
    case loaded
    case rendered(prompt: String, imageCount: Int)
    /// Ends with done, failed or aborted. Dropping the iterator cancels the generation within one step.
    case stream(AsyncStream<GenerationEvent>)
}

public struct EmbeddingRequest: Sendable {
    public var requestedModel: String
    public var model: ModelName
    public var inputs: [String]
    public var truncate = true
    public var dimensions = 0
    public var options: JSONObject = [:]
    public var keepAlive: KeepAlive? = nil
    public init(requestedModel: String, model: ModelName, inputs: [String]) {
        self.requestedModel = requestedModel; self.model = model; self.inputs = inputs
    }
}

public struct EmbeddingResult: Sendable {
    /// One vector an input, as the model pools it, not normalised.
    public var vectors: [[Float]]
    public var promptEvalCount: Int
    public var loadDuration: Int
}

/// A loaded model, as /api/ps lists it.
public struct RunningModel: Sendable {
    public var model: StoredModel
    public var size: Int
    public var expiresAt: Double  // seconds since 1970; .infinity: forever
    public var contextLength: Int
}

/// Loads, keeps and evicts models, and runs generations on them.
public actor Scheduler {
    public init(_ configuration: ServingConfiguration, store: ModelStore, logger: Logger) {
        fatalError("stub")
    }
    /// Checks 6 to 19 of api.md §6.2 (and their like of §7.2), then runs. Errors carry the API's status and text.
    public func generate(_ request: GenerationRequest) async throws(APIError) -> GenerationOutcome {
        fatalError("stub")
    }
    public func embed(_ request: EmbeddingRequest) async throws(APIError) -> EmbeddingResult {
        fatalError("stub")
    }
    public func running() -> [RunningModel] { fatalError("stub") }
    /// Ordered capabilities for show and tags.
    public nonisolated func capabilities(of model: StoredModel) -> [String] { fatalError("stub") }
    /// The template text that show prints (Go template, or the file's Jinja one when that is in use).
    public nonisolated func shownTemplate(of model: StoredModel) -> String { fatalError("stub") }
    /// Ends running generations cleanly and unloads everything.
    public func shutdown() async { fatalError("stub") }
}
