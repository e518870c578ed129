/// Body of `POST /api/generate`.
public struct GenerateRequest: Sendable {
    public var model = ""
    public var prompt = ""
    public var suffix = ""
    public var system = ""
    public var template = ""
    /// nil when absent or null; an empty list counts as given.
    public var context: [Int]?
    /// nil: true.
    public var stream: Bool?
    public var raw = false
    /// As written; null and "" mean none.
    public var format: JSONValue?
    /// A grammar in GBNF that the answer is held to; an addition of Apus.
    public var grammar: String?
    public var keepAlive: KeepAlive?
    public var images: [[UInt8]] = []
    /// Unchecked.
    public var options: JSONObject = [:]
    public var think: Think?
    /// Tokens that a thought may have; an addition of Apus, `think_budget`.
    public var thinkingBudget: Int?
    /// Whether the end of the answer has `draft_count`, `draft_accepted_count` and
    /// `prompt_cached_count`; an addition of Apus.
    public var verbose = false
    public var truncate: Bool?
    public var shift: Bool?
    public var renderOnly = false
    public var logprobs = false
    public var topLogprobs = 0

    public init() {}

    private static let names: Set<String> = [
        "model", "prompt", "suffix", "system", "template", "context", "stream", "raw", "format",
        "keep_alive", "images", "options", "think", "think_budget", "verbose", "truncate", "shift",
        "_debug_render_only", "logprobs", "top_logprobs", "grammar", "width", "height", "steps",
    ]

    /// - Throws: status 400 with the text of Go's decoder.
    public init(body: JSONValue) throws(APIError) {
        var decoder = GoDecoder()
        let root = GoDecoder.Path(structName: "GenerateRequest")
        let members = try decoder.members(
            ofBody: body, goType: "GenerateRequest", known: Self.names)
        for (name, value) in members {
            let path = root.appending(name)
            switch name {
            case "model": model = decoder.string(value, at: path) ?? model
            case "prompt": prompt = decoder.string(value, at: path) ?? prompt
            case "suffix": suffix = decoder.string(value, at: path) ?? suffix
            case "system": system = decoder.string(value, at: path) ?? system
            case "template": template = decoder.string(value, at: path) ?? template
            case "context": context = decoder.integers(value, at: path)
            case "stream": stream = decoder.bool(value, at: path)
            case "raw": raw = decoder.bool(value, at: path) ?? raw
            case "format": format = value
            case "grammar": grammar = decoder.string(value, at: path)
            case "keep_alive":
                keepAlive = value.isNull ? nil : try KeepAlive(json: value)
            case "images": images = decoder.images(value, at: path) ?? []
            case "options": options = decoder.object(value, at: path) ?? [:]
            case "think": think = value.isNull ? nil : try Think(json: value)
            case "think_budget":
                thinkingBudget = try ChatRequest.budget(decoder.integer(value, at: path))
            case "verbose": verbose = decoder.bool(value, at: path) ?? verbose
            case "truncate": truncate = decoder.bool(value, at: path)
            case "shift": shift = decoder.bool(value, at: path)
            case "_debug_render_only": renderOnly = decoder.bool(value, at: path) ?? renderOnly
            case "logprobs": logprobs = decoder.bool(value, at: path) ?? logprobs
            case "top_logprobs": topLogprobs = decoder.integer(value, at: path) ?? topLogprobs
            default:
                // Sizes of images, for models that draw; none is supported, but the types hold.
                _ = decoder.integer(value, at: path)
            }
        }
        try decoder.check()
        try LogProbability.check(topCount: topLogprobs)
    }
}

/// One object of an answer of `POST /api/generate`: a chunk of the stream, or the whole.
public struct GenerateResponse: Sendable {
    public var model = ""
    public var createdAt = ""
    public var response = ""
    public var thinking = ""
    public var done = false
    public var doneReason = ""
    public var context: [Int] = []
    public var metrics = Metrics()
    public var toolCalls: [ToolCall] = []
    public var debug: RenderedPrompt?
    public var logprobs: [LogProbability] = []
    /// Tokens of the prompt that were dropped to make it fit the context; an addition of Apus.
    public var truncated = 0

    public init() {}

    public init(json: JSONValue) {
        model = json["model"]?.string ?? ""
        createdAt = json["created_at"]?.string ?? ""
        response = json["response"]?.string ?? ""
        thinking = json["thinking"]?.string ?? ""
        done = json["done"]?.bool ?? false
        doneReason = json["done_reason"]?.string ?? ""
        context = (json["context"]?.array ?? []).compactMap(\.integer)
        metrics = Metrics(json: json)
        toolCalls = (json["tool_calls"]?.array ?? []).map(ToolCall.init(json:))
        debug = json["_debug_info"].map(RenderedPrompt.init(json:))
        logprobs = (json["logprobs"]?.array ?? []).map(LogProbability.init(json:))
        truncated = json["truncated"]?.integer ?? 0
    }

    public var json: JSONValue {
        var object: JSONObject = [
            "model": .string(model), "created_at": .string(createdAt),
            "response": .string(response),
        ]
        object.addUnlessEmpty("thinking", .string(thinking))
        object["done"] = .bool(done)
        object.addUnlessEmpty("done_reason", .string(doneReason))
        object.addUnlessEmpty("context", .array(context.map { .integer($0) }))
        metrics.add(to: &object)
        object.addUnlessEmpty("truncated", .integer(truncated))
        object.addUnlessEmpty("tool_calls", .array(toolCalls.map(\.json)))
        if let debug { object["_debug_info"] = debug.json }
        object.addUnlessEmpty("logprobs", .array(logprobs.map(\.json)))
        return .object(object)
    }
}
