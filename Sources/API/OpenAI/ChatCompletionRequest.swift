/// Body of `POST /v1/chat/completions`.
public struct ChatCompletionRequest: Sendable {
    public var model = ""
    public var messages: [Message] = []
    public var tools: [Tool] = []
    public var toolChoice = ToolChoice.auto
    public var parallelToolCalls = true
    public var stream = false
    /// Whether a stream ends with the counts of tokens.
    public var includesUsage = false
    /// In native names.
    ///
    /// Temperature and `top_p` are 1 where the client says nothing.
    public var options: JSONObject = ["temperature": 1, "top_p": 1]
    /// `"json"`, a schema, or nil.
    public var format: JSONValue?
    public var think: Think?
    /// `reasoning.max_tokens`.
    public var thinkingBudget: Int?
    public var logprobs = false
    public var topLogprobs = 0
    public var renderOnly = false
    /// Answers to make, 1 to ``maxChoices``.
    public var choices = 1
    /// A grammar in GBNF; an addition of Apus.
    public var grammar: String?
    /// An addition of Apus, as in the native API.
    public var keepAlive: KeepAlive?
    /// Names of given fields that have no effect here, for the log.
    public var ignored: [String] = []

    /// Most answers to one request.
    public static let maxChoices = 16

    private static let names: Set<String> = [
        "model", "messages", "tools", "tool_choice", "stream", "stream_options", "max_tokens",
        "max_completion_tokens", "seed", "stop", "temperature", "top_p", "frequency_penalty",
        "presence_penalty", "response_format", "reasoning", "reasoning_effort", "logprobs",
        "top_logprobs", "n", "_debug_render_only", "logit_bias", "parallel_tool_calls",
        "grammar", "options", "keep_alive",
    ]

    private static let defaults: Set<String> = ["temperature", "top_p"]
    private static let refused = [
        ("functions", "use tools"), ("function_call", "use tool_choice"),
        ("audio", "answers are texts"), ("web_search_options", "there is no web search"),
    ]

    /// - Throws: status 400: the text of Go's decoder, or what is wrong with a field.
    public init(body: JSONValue) throws(APIError) {
        var decoder = GoDecoder()
        let root = GoDecoder.Path(structName: "ChatCompletionRequest")
        let members = try decoder.members(
            ofBody: body, package: "openai", goType: "ChatCompletionRequest", known: Self.names)
        var written: [WrittenMessage] = []
        var effort: String?
        var reasoning: String?
        var limit: JSONNumber?
        var newerLimit: JSONNumber?
        var native: JSONObject = [:]
        for (name, value) in members {
            let path = root.appending(name)
            switch name {
            case "model": model = decoder.string(value, at: path) ?? model
            case "messages":
                written = WrittenMessage.decodeList(value, &decoder, at: path) ?? []
            case "tools": tools = try Tool.decodeList(value, &decoder, at: path) ?? []
            case "tool_choice":
                if !value.isNull { toolChoice = try ToolChoice(json: value) }
            case "stream": stream = decoder.bool(value, at: path) ?? stream
            case "stream_options":
                includesUsage = decoder.includesUsage(value, at: path) ?? includesUsage
            case "max_tokens": limit = decoder.integer(value, at: path).map { JSONNumber($0) }
            case "max_completion_tokens":
                newerLimit = decoder.integer(value, at: path).map { JSONNumber($0) }
            case "seed": options["seed"] = decoder.integer(value, at: path).map { .integer($0) }
            case "stop": options["stop"] = Self.stops(value)
            case "temperature", "top_p":
                options[name] = .number(decoder.number(value, at: path) ?? JSONNumber(1))
            case "frequency_penalty", "presence_penalty":
                options[name] = decoder.number(value, at: path).map { .number($0) }
            case "response_format": format = try Self.format(value, &decoder, at: path)
            case "reasoning":
                for (name, value) in decoder.members(
                    of: value, goType: "openai.Reasoning", known: ["effort", "max_tokens"], at: path
                ) {
                    let here = path.inside("Reasoning").appending(name)
                    if name == "max_tokens" {
                        thinkingBudget = try ChatRequest.budget(decoder.integer(value, at: here))
                    } else {
                        reasoning = decoder.string(value, at: here)
                    }
                }
                if !value.isNull { reasoning = reasoning ?? "" }
            case "reasoning_effort": effort = decoder.string(value, at: path)
            case "logprobs": logprobs = decoder.bool(value, at: path) ?? logprobs
            case "top_logprobs": topLogprobs = decoder.integer(value, at: path) ?? topLogprobs
            case "n": choices = decoder.integer(value, at: path) ?? choices
            case "_debug_render_only": renderOnly = decoder.bool(value, at: path) ?? renderOnly
            case "parallel_tool_calls": parallelToolCalls = value != false
            case "grammar": grammar = decoder.string(value, at: path)
            case "options": native = decoder.object(value, at: path) ?? native
            case "keep_alive": keepAlive = value.isNull ? nil : try KeepAlive(json: value)
            default: options["logit_bias"] = decoder.object(value, at: path).map { .object($0) }
            }
        }
        try decoder.check()
        ignored += GoDecoder.unknownNames(in: body, known: Self.names)
        try APIError.refuse(Self.refused, in: body)
        if let other = body["modalities"]?.array?.first(where: { $0 != "text" }) {
            throw APIError(400, "modalities: \(other.serialized) is not supported, only text is")
        }
        guard !written.isEmpty else { throw APIError(400, "[] is too short - 'messages'") }
        messages = try WrittenMessage.messages(written)
        think = try ReasoningEffort.think(reasoning ?? effort ?? "")
        guard (1...Self.maxChoices).contains(choices) else {
            throw APIError(400, "n must be between 1 and \(Self.maxChoices), but is \(choices)")
        }
        options["num_predict"] = (limit ?? newerLimit).map { .number($0) }
        // The form's own fields win over the options, its defaults do not.
        let given = Set(members.filter { !$0.value.isNull }.map(\.name))
        for (name, value) in native where options[name] == nil || Self.defaults.contains(name) {
            if !given.contains(name) { options[name] = value }
        }
        if toolChoice == .none { tools = [] }
    }

    /// The request in the native form.
    ///
    /// - Throws: status 400 for too many alternatives a token.
    public func native() throws(APIError) -> ChatRequest {
        try LogProbability.check(topCount: topLogprobs)
        var request = ChatRequest()
        request.model = model
        request.messages = messages
        request.tools = tools
        request.toolChoice = toolChoice
        request.parallelToolCalls = parallelToolCalls
        request.stream = stream
        request.options = options
        request.format = format
        request.grammar = grammar
        request.keepAlive = keepAlive
        request.think = think
        request.thinkingBudget = thinkingBudget
        request.logprobs = logprobs
        request.topLogprobs = topLogprobs
        request.renderOnly = renderOnly
        return request
    }

    /// A text, or the texts of a list; other kinds of values mean none.
    private static func stops(_ value: JSONValue) -> JSONValue? {
        let texts = (value.array ?? [value]).compactMap(\.string)
        return texts.isEmpty ? nil : .strings(texts)
    }

    private static func format(
        _ value: JSONValue, _ decoder: inout GoDecoder, at path: GoDecoder.Path
    ) throws(APIError) -> JSONValue? {
        var type = ""
        var schema: JSONValue?
        let members = decoder.members(
            of: value, goType: "openai.ResponseFormat", known: ["type", "json_schema"], at: path)
        for (name, value) in members {
            let here = path.inside("ResponseFormat").appending(name)
            if name == "type" {
                type = decoder.string(value, at: here) ?? type
            } else {
                let inner = decoder.members(
                    of: value, goType: "openai.JsonSchema", known: ["schema"], at: here)
                schema = inner.last?.value ?? schema
            }
        }
        switch type.trimmingWhiteSpace.lowercased() {
        case "json_object": return "json"
        case "json_schema":
            guard let schema, !schema.isNull else {
                throw APIError(400, "response_format: json_schema has no schema")
            }
            return schema
        case "", "text": return nil
        default:
            throw APIError(
                400,
                "response_format: type \(GoQuote.quoted(type)) is not supported, only text, "
                    + "json_object and json_schema are")
        }
    }
}

extension GoDecoder {
    /// `include_usage` of `stream_options`; nil where it is not given.
    mutating func includesUsage(_ value: JSONValue, at path: Path) -> Bool? {
        var includes: Bool?
        for (name, value) in members(
            of: value, goType: "openai.StreamOptions", known: ["include_usage"], at: path)
        {
            includes = bool(value, at: path.inside("StreamOptions").appending(name))
        }
        return includes
    }
}

extension String {
    fileprivate var trimmingWhiteSpace: String {
        var scalars = Substring(self).unicodeScalars
        while scalars.first?.properties.isWhitespace == true { scalars.removeFirst() }
        while scalars.last?.properties.isWhitespace == true { scalars.removeLast() }
        return String(scalars)
    }
}
