/// Body of `POST /api/chat`.
public struct ChatRequest: Sendable {
    public var model = ""
    public var messages: [Message] = []
    public var tools: [Tool] = []
    /// nil: true.
    public var stream: Bool?
    /// As written; null and "" mean none.
    public var format: JSONValue?
    /// A grammar in GBNF that the answer is held to; an addition of Apus.
    public var grammar: String?
    public var keepAlive: KeepAlive?
    /// Unchecked.
    public var options: JSONObject = [:]
    public var think: Think?
    /// Tokens that a thought may have; an addition of Apus, `think_budget`.
    public var thinkingBudget: Int?
    /// Whether the end of the answer has `draft_count`, `draft_accepted_count` and
    /// `prompt_cached_count`; an addition of Apus.
    public var verbose = false
    /// An addition of Apus, as in OpenAI's API.
    public var toolChoice = ToolChoice.auto
    /// An addition of Apus, as in OpenAI's API.
    public var parallelToolCalls = true
    public var truncate: Bool?
    public var shift: Bool?
    public var renderOnly = false
    public var logprobs = false
    public var topLogprobs = 0

    public init() {}

    private static let names: Set<String> = [
        "model", "messages", "stream", "format", "keep_alive", "tools", "options", "think",
        "tool_choice", "parallel_tool_calls", "think_budget", "verbose", "truncate", "shift",
        "_debug_render_only", "logprobs", "top_logprobs", "grammar",
    ]

    /// - Throws: status 400 with the text of Go's decoder.
    public init(body: JSONValue) throws(APIError) {
        var decoder = GoDecoder()
        let root = GoDecoder.Path(structName: "ChatRequest")
        let members = try decoder.members(ofBody: body, goType: "ChatRequest", known: Self.names)
        for (name, value) in members {
            let path = root.appending(name)
            switch name {
            case "model": model = decoder.string(value, at: path) ?? model
            case "messages":
                messages = try Message.decodeList(value, &decoder, at: path) ?? []
            case "tools": tools = try Tool.decodeList(value, &decoder, at: path) ?? []
            case "stream": stream = decoder.bool(value, at: path)
            case "format": format = value
            case "grammar": grammar = decoder.string(value, at: path)
            case "keep_alive":
                keepAlive = value.isNull ? nil : try KeepAlive(json: value)
            case "options": options = decoder.object(value, at: path) ?? [:]
            case "think": think = value.isNull ? nil : try Think(json: value)
            case "think_budget": thinkingBudget = try Self.budget(decoder.integer(value, at: path))
            case "verbose": verbose = decoder.bool(value, at: path) ?? verbose
            case "tool_choice": if !value.isNull { toolChoice = try ToolChoice(json: value) }
            case "parallel_tool_calls":
                parallelToolCalls = decoder.bool(value, at: path) ?? parallelToolCalls
            case "truncate": truncate = decoder.bool(value, at: path)
            case "shift": shift = decoder.bool(value, at: path)
            case "_debug_render_only": renderOnly = decoder.bool(value, at: path) ?? renderOnly
            case "logprobs": logprobs = decoder.bool(value, at: path) ?? logprobs
            default: topLogprobs = decoder.integer(value, at: path) ?? topLogprobs
            }
        }
        try decoder.check()
        try LogProbability.check(topCount: topLogprobs)
    }

    static func budget(_ count: Int?) throws(APIError) -> Int? {
        if let count, count < 0 {
            throw APIError(400, "think_budget must not be negative, it is \(count)")
        }
        return count
    }
}

/// One object of an answer of `POST /api/chat`: a chunk of the stream, or the whole.
public struct ChatResponse: Sendable {
    public var model = ""
    public var createdAt = ""
    public var message = Message(role: "assistant", content: "")
    public var done = false
    public var doneReason = ""
    public var debug: RenderedPrompt?
    public var logprobs: [LogProbability] = []
    public var metrics = Metrics()
    /// Tokens of the prompt that were dropped to make it fit the context; an addition of Apus.
    public var truncated = 0

    public init() {}

    public init(json: JSONValue) {
        model = json["model"]?.string ?? ""
        createdAt = json["created_at"]?.string ?? ""
        message = Message(json: json["message"] ?? .null)
        done = json["done"]?.bool ?? false
        doneReason = json["done_reason"]?.string ?? ""
        debug = json["_debug_info"].map(RenderedPrompt.init(json:))
        logprobs = (json["logprobs"]?.array ?? []).map(LogProbability.init(json:))
        metrics = Metrics(json: json)
        truncated = json["truncated"]?.integer ?? 0
    }

    public var json: JSONValue {
        var object: JSONObject = [
            "model": .string(model), "created_at": .string(createdAt), "message": message.json,
            "done": .bool(done),
        ]
        object.addUnlessEmpty("done_reason", .string(doneReason))
        if let debug { object["_debug_info"] = debug.json }
        object.addUnlessEmpty("logprobs", .array(logprobs.map(\.json)))
        metrics.add(to: &object)
        object.addUnlessEmpty("truncated", .integer(truncated))
        return .object(object)
    }
}
