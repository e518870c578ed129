/// Body of Anthropic's `POST /v1/messages`.
public struct MessagesRequest: Sendable {
    public var model = ""
    public var messages: [Message] = []
    public var tools: [Tool] = []
    public var stream = false
    /// In native names; what the client leaves out stays with the model.
    public var options: JSONObject = [:]
    public var think: Think?
    /// A schema, or nil.
    public var format: JSONValue?
    /// `thinking.budget_tokens`.
    public var thinkingBudget: Int?
    public var toolChoice = ToolChoice.auto
    public var parallelToolCalls = true
    /// A guess at the tokens of the prompt, for the start of a stream: a quarter of its bytes.
    public var estimatedTokens = 1
    /// Why a tool cannot be offered: a server would have to run it. ``tools`` has its name, so that
    /// models without tools are refused first.
    public private(set) var refusedTool: APIError?
    /// Names of given fields that have no effect here, for the log.
    public var ignored: [String] = []

    private static let names: Set<String> = [
        "model", "max_tokens", "messages", "system", "stream", "temperature", "top_p", "top_k",
        "stop_sequences", "tools", "tool_choice", "thinking", "output_config",
    ]

    /// - Throws: status 400: the text of Go's decoder, a missing field or a bad block; 501 for
    ///   tools that a server would have to run.
    public init(body: JSONValue) throws(APIError) {
        try self.init(body: body, isCounted: false)
    }

    /// Body of `POST /v1/messages/count_tokens`: the same without a limit.
    ///
    /// - Throws: as ``init(body:)``.
    public init(counting body: JSONValue) throws(APIError) {
        try self.init(body: body, isCounted: true)
    }

    private init(body: JSONValue, isCounted: Bool) throws(APIError) {
        var decoder = GoDecoder()
        let root = GoDecoder.Path(structName: "MessagesRequest")
        let members = try decoder.members(
            ofBody: body, package: "anthropic", goType: "MessagesRequest", known: Self.names)
        var limit = 0
        var written: [JSONValue] = []
        var writtenTools: [JSONValue] = []
        var system = ""
        var thinking: String?
        var effort: String?
        for (name, value) in members {
            let path = root.appending(name)
            switch name {
            case "model": model = decoder.string(value, at: path) ?? model
            case "max_tokens": limit = decoder.integer(value, at: path) ?? limit
            case "messages":
                written =
                    decoder.array(value, goType: "[]anthropic.MessageParam", at: path) ?? written
            case "system": system = MessageBlocks.text(of: value)
            case "stream": stream = decoder.bool(value, at: path) ?? stream
            case "temperature", "top_p":
                options[name] = decoder.number(value, at: path).map { .number($0) }
            case "top_k": options[name] = decoder.integer(value, at: path).map { .integer($0) }
            case "stop_sequences":
                let stops = decoder.strings(value, at: path) ?? []
                options["stop"] = stops.isEmpty ? nil : .strings(stops)
            case "tools":
                writtenTools =
                    decoder.array(value, goType: "[]anthropic.Tool", at: path) ?? writtenTools
            case "tool_choice":
                if !value.isNull { toolChoice = try ToolChoice(json: value) }
                parallelToolCalls = value["disable_parallel_tool_use"] != true
            case "thinking":
                for (name, value) in decoder.members(
                    of: value, goType: "anthropic.Thinking", known: ["type", "budget_tokens"],
                    at: path)
                {
                    let here = path.inside("Thinking").appending(name)
                    if name == "type" {
                        thinking = decoder.string(value, at: here)
                    } else {
                        thinkingBudget = try ChatRequest.budget(decoder.integer(value, at: here))
                    }
                }
            default:
                for (name, value) in decoder.members(
                    of: value, goType: "anthropic.OutputConfig", known: ["effort"], at: path)
                {
                    effort = decoder.string(
                        value, at: path.inside("OutputConfig").appending(name))
                }
            }
        }
        var roles: [(role: String, content: JSONValue)] = []
        let here = root.appending("messages")
        for element in written {
            var role = ""
            var content = JSONValue.null
            for (name, value) in decoder.members(
                of: element, goType: "anthropic.MessageParam", known: ["role", "content"], at: here)
            {
                if name == "content" {
                    content = value
                } else {
                    role =
                        decoder.string(value, at: here.inside("MessageParam").appending(name))
                        ?? role
                }
            }
            roles.append((role, content))
        }
        try decoder.check()
        ignored = GoDecoder.unknownNames(
            in: body, known: Self.names.union(["output_format"]))
        try APIError.refuse(
            [
                ("mcp_servers", "tools of other servers are the client's to call"),
                ("container", "there is no code execution"),
            ], in: body)
        format = try Self.format(of: body)
        guard !model.isEmpty else { throw APIError(400, "model is required") }
        guard limit > 0 || isCounted else {
            throw APIError(400, "max_tokens is required and must be positive")
        }
        guard !roles.isEmpty else { throw APIError(400, "messages is required") }
        if limit > 0 { options["num_predict"] = .integer(limit) }
        think = try Self.think(thinking, effort)
        var size = 0
        if !system.isEmpty { messages.append(Message(role: "system", content: system)) }
        try MessageBlocks.append(roles, to: &messages)
        for message in messages {
            size += message.role.utf8.count + message.content.utf8.count
            size += message.thinking.utf8.count
        }
        for tool in writtenTools {
            let type = tool["type"]?.string ?? "custom"
            if type == "custom" || type.isEmpty {
                tools.append(try Self.tool(tool))
            } else {
                refusedTool = .unsupportedTool(type)
                tools.append(.named(tool["name"]?.string ?? type))
            }
            size += (tool["name"]?.string ?? "").utf8.count
            size += (tool["description"]?.string ?? "").utf8.count
            size += (tool["input_schema"] ?? "").pythonSerialized().utf8.count
        }
        if toolChoice == .none { tools = [] }
        estimatedTokens = max(1, size / 4)
    }

    /// The request in the native form.
    public var native: ChatRequest {
        var request = ChatRequest()
        request.model = model
        request.messages = messages
        request.tools = tools
        request.stream = stream
        request.options = options
        request.think = think
        request.format = format
        request.thinkingBudget = thinkingBudget
        request.toolChoice = toolChoice
        request.parallelToolCalls = parallelToolCalls
        return request
    }

    /// The schema of `output_config.format`, or of `output_format` as it was called before.
    ///
    /// - Throws: status 400 for other formats.
    private static func format(of body: JSONValue) throws(APIError) -> JSONValue? {
        guard let written = body["output_config"]?["format"] ?? body["output_format"],
            !written.isNull
        else { return nil }
        guard written["type"] == "json_schema", let schema = written["schema"], !schema.isNull
        else {
            throw APIError(400, "output_config.format must be a json_schema with a schema")
        }
        return schema
    }

    /// `thinking` decides, and where it leaves the choice to the model, `effort` does.
    ///
    /// - Throws: status 400 for words that are none of the form's.
    private static func think(_ thinking: String?, _ effort: String?) throws(APIError) -> Think? {
        let level: Think?
        switch effort ?? "" {
        case "": level = nil
        case "low", "medium", "high", "max": level = .level(effort ?? "")
        case "xhigh": level = .level("high")
        case let word:
            throw APIError(
                400,
                "output_config.effort: \(GoQuote.quoted(word)) is not supported, only low, medium, "
                    + "high, xhigh and max are")
        }
        switch thinking ?? "" {
        case "enabled": return .on
        case "disabled": return .off
        case "", "adaptive": return level
        case let word:
            throw APIError(
                400,
                "thinking.type: \(GoQuote.quoted(word)) is not supported, only enabled, disabled "
                    + "and adaptive are")
        }
    }

    private static func tool(_ value: JSONValue) throws(APIError) -> Tool {
        let name = value["name"]?.string ?? ""
        var function: JSONObject = ["name": .string(name)]
        function.addUnlessEmpty("description", value["description"] ?? .null)
        let schema = value["input_schema"] ?? .null
        let mistake = "invalid input_schema for tool \(GoQuote.quoted(name)): "
        guard schema.isNull || schema.object != nil else {
            throw APIError(
                400,
                mistake + "json: cannot unmarshal \(schema.kind) into Go value of type "
                    + "api.ToolFunctionParameters")
        }
        if !schema.isNull { function["parameters"] = schema }
        var decoder = GoDecoder()
        let list: JSONValue = [["type": "function", "function": .object(function)]]
        let path = GoDecoder.Path(structName: "Tool")
        do throws(APIError) {
            let tools = try Tool.decodeList(list, &decoder, at: path) ?? []
            try decoder.check()
            return tools.first ?? Tool(raw: [:])
        } catch {
            throw APIError(400, mistake + error.message)
        }
    }
}
