/// Body of `POST /v1/responses`.
public struct ResponsesRequest: Sendable {
    public var model = ""
    /// What this request says, without instructions and history.
    public private(set) var input: [Message] = []
    /// The turns before, as ``previousResponseID`` names them.
    public private(set) var history: [Message] = []
    public private(set) var previousResponseID: String?
    /// Whether the answer may be referred to later; default true.
    public private(set) var isStored = true
    public private(set) var logprobs = false
    public private(set) var topLogprobs = 0
    public var tools: [Tool] = []
    public var toolChoice = ToolChoice.auto
    public var parallelToolCalls = true
    public var stream = false
    /// In native names.
    ///
    /// Temperature is 1 where the client says nothing.
    public var options: JSONObject = ["temperature": 1]
    /// A schema, or nil.
    public var format: JSONValue?
    public var think: Think?
    /// By `truncation`; nil: as the model's prompts are cut by default.
    public private(set) var truncates: Bool?
    /// Why a tool cannot be offered: a server would have to run it. ``tools`` has its name, so that
    /// models without tools are refused first.
    public private(set) var refusedTool: APIError?
    /// Names of given fields that have no effect here, for the log.
    public var ignored: [String] = []

    // Repeated in the answer.
    var metadata: JSONValue = [:]
    var writtenToolChoice: JSONValue = "auto"
    var maxToolCalls: JSONValue = .null
    var wantsStore = false
    var instructions: String?
    var writtenTools: [JSONValue] = []
    var truncation = "disabled"
    var background = false
    var textFormat: JSONValue = ["type": "text"]
    var effort: String?
    var summary: String?
    var hasReasoning = false

    private static let names: Set<String> = [
        "model", "input", "stream", "instructions", "max_output_tokens", "temperature", "top_p",
        "reasoning", "text", "tools", "truncation", "background", "tool_choice",
        "previous_response_id", "conversation", "include", "store", "max_tool_calls",
        "parallel_tool_calls", "metadata", "top_logprobs",
    ]

    /// - Throws: status 400: the text of Go's decoder, or a bad item; 501 for tools that a server
    ///   would have to run.
    public init(body: JSONValue) throws(APIError) {
        var decoder = GoDecoder()
        let root = GoDecoder.Path(structName: "ResponsesRequest")
        let members = try decoder.members(
            ofBody: body, package: "openai", goType: "ResponsesRequest", known: Self.names)
        var written = JSONValue.null
        for (name, value) in members {
            let path = root.appending(name)
            switch name {
            case "model": model = decoder.string(value, at: path) ?? model
            case "input": written = value
            case "stream": stream = decoder.bool(value, at: path) ?? stream
            case "instructions": instructions = decoder.string(value, at: path)
            case "max_output_tokens":
                options["num_predict"] = decoder.integer(value, at: path).map { .integer($0) }
            case "temperature":
                options[name] = .number(decoder.number(value, at: path) ?? JSONNumber(1))
            case "top_p": options[name] = decoder.number(value, at: path).map { .number($0) }
            case "reasoning":
                hasReasoning = !value.isNull
                for (name, value) in decoder.members(
                    of: value, goType: "openai.ResponsesReasoning", known: ["effort", "summary"],
                    at: path)
                {
                    let here = path.inside("ResponsesReasoning").appending(name)
                    let text = decoder.string(value, at: here)
                    if name == "effort" { effort = text } else { summary = text }
                }
            case "text":
                for (_, value) in decoder.members(
                    of: value, goType: "openai.ResponsesText", known: ["format"], at: path)
                where value.object != nil { textFormat = value }
            case "tools":
                writtenTools =
                    decoder.array(value, goType: "[]openai.ResponsesTool", at: path) ?? writtenTools
            case "truncation":
                if let text = decoder.string(value, at: path) {
                    truncation = text
                    truncates = try Self.truncates(text)
                }
            case "background": background = decoder.bool(value, at: path) ?? background
            case "tool_choice":
                if !value.isNull {
                    toolChoice = try ToolChoice(json: value)
                    writtenToolChoice = value
                }
            case "max_tool_calls":
                // Counts tools that a server runs, of which there are none.
                maxToolCalls = decoder.integer(value, at: path).map { .integer($0) } ?? .null
            case "store":
                let store = decoder.bool(value, at: path)
                isStored = store ?? isStored
                wantsStore = store ?? wantsStore
            case "previous_response_id": previousResponseID = decoder.string(value, at: path)
            case "metadata": metadata = decoder.object(value, at: path).map { .object($0) } ?? [:]
            case "top_logprobs": topLogprobs = decoder.integer(value, at: path) ?? topLogprobs
            case "include":
                for element in value.array ?? [] where element != "reasoning.encrypted_content" {
                    if element == "message.output_text.logprobs" {
                        logprobs = true
                    } else {
                        ignored.append("include: \(element.string ?? "")")
                    }
                }
            case "conversation":
                guard value.isNull else {
                    throw APIError(
                        400, "conversation is not supported: use previous_response_id")
                }
            case "parallel_tool_calls": parallelToolCalls = value != false
            default: if !value.isNull, value != [] { ignored.append(name) }
            }
        }
        try decoder.check()
        ignored += GoDecoder.unknownNames(in: body, known: Self.names)
        guard !background else { throw APIError(400, "background is not supported") }
        if body["prompt"]?.object != nil {
            throw APIError(400, "prompt is not supported: there are no stored prompts")
        }
        try LogProbability.check(topCount: topLogprobs)
        if topLogprobs > 0 { logprobs = true }
        input = try ResponsesInput.messages(written)
        think = try ReasoningEffort.think(effort ?? "")
        format = try Self.format(textFormat)
        for tool in writtenTools { try add(tool, prefix: "") }
        if toolChoice == .none { tools = [] }
    }

    /// Instructions, history and input.
    public var messages: [Message] {
        var messages: [Message] = []
        if let instructions, !instructions.isEmpty {
            messages.append(Message(role: "system", content: instructions))
        }
        return messages + history + input
    }

    /// Goes on from earlier turns; results of tools that were called there get the tool's name.
    public mutating func goOn(from turns: [Message]) {
        history = turns
        var names: [String: String] = [:]
        for call in turns.flatMap(\.toolCalls) { names[call.id] = call.name }
        for index in input.indices where input[index].toolName.isEmpty {
            input[index].toolName = names[input[index].toolCallID] ?? ""
        }
    }

    private static func format(_ written: JSONValue) throws(APIError) -> JSONValue? {
        switch written["type"]?.string ?? "text" {
        case "text": return nil
        case "json_object": return "json"
        case "json_schema":
            guard let schema = written["schema"], !schema.isNull else {
                throw APIError(400, "text.format: json_schema has no schema")
            }
            return schema
        case let type:
            throw APIError(
                400,
                "text.format: type \(GoQuote.quoted(type)) is not supported, only text, json_object "
                    + "and json_schema are")
        }
    }

    /// The request in the native form.
    public var native: ChatRequest {
        var request = ChatRequest()
        request.model = model
        request.messages = messages
        request.tools = tools
        request.toolChoice = toolChoice
        request.parallelToolCalls = parallelToolCalls
        request.stream = stream
        request.options = options
        request.truncate = truncates
        request.format = format
        request.think = think
        request.logprobs = logprobs
        request.topLogprobs = topLogprobs
        return request
    }

    private static func truncates(_ word: String) throws(APIError) -> Bool? {
        switch word {
        case "auto": return true
        case "disabled": return false
        case "": return nil
        default:
            throw APIError(
                400,
                "truncation: \(GoQuote.quoted(word)) is not supported, only auto and disabled are")
        }
    }

    /// A function, or the functions of a name space, whose names it prefixes.
    private mutating func add(_ value: JSONValue, prefix: String) throws(APIError) {
        let name = prefix + (value["name"]?.string ?? "")
        switch value["type"]?.string ?? "function" {
        case "namespace" where prefix.isEmpty:
            for inner in value["tools"]?.array ?? [] { try add(inner, prefix: name + ".") }
        case "function":
            var function: JSONObject = ["name": .string(name)]
            function.addUnlessEmpty("description", value["description"] ?? .null)
            if let parameters = value["parameters"], !parameters.isNull {
                function["parameters"] = parameters
            }
            var decoder = GoDecoder()
            let path = GoDecoder.Path(structName: "Tool")
            let list: JSONValue = [["type": "function", "function": .object(function)]]
            tools += try Tool.decodeList(list, &decoder, at: path) ?? []
            try decoder.check()
        case let type:
            refusedTool = .unsupportedTool(type)
            tools.append(.named(type))
        }
    }
}

/// The `input` of a request: a text, or a list of items.
enum ResponsesInput {
    static func messages(_ input: JSONValue) throws(APIError) -> [Message] {
        switch input {
        case .null, .string(""): return []
        case .string(let text): return [Message(role: "user", content: text)]
        case .array(let items):
            var builder = Builder()
            for (index, item) in items.enumerated() {
                try builder.add(item, place: "input[\(index)]: ")
            }
            builder.endReasoning()
            return builder.messages
        default:
            throw APIError(
                400,
                "input must be a string or array: json: cannot unmarshal \(input.kind) into Go "
                    + "value of type []json.RawMessage")
        }
    }

    private struct Builder {
        var messages: [Message] = []
        /// Of the assistant's next message.
        var reasoning = ""
        var names: [String: String] = [:]

        mutating func add(_ item: JSONValue, place: String) throws(APIError) {
            let written = item["type"]?.string ?? ""
            let type = written.isEmpty && item["role"] != nil ? "message" : written
            switch type {
            case "message":
                let content = item["content"] ?? .null
                var message = Message(role: (item["role"]?.string ?? "").lowercased(), content: "")
                try ResponsesInput.read(content, into: &message, place: place)
                if message.role == "assistant" {
                    addAssistant(message)
                } else {
                    endReasoning()
                    messages.append(message)
                }
            case "function_call":
                let call = WrittenToolCall(
                    id: item["call_id"]?.string ?? "", index: 0,
                    name: item["name"]?.string ?? "", arguments: item["arguments"]?.string ?? "")
                var native = try call.native()
                names[native.id] = native.name
                if messages.last?.role != "assistant" || !reasoning.isEmpty {
                    addAssistant(Message(role: "assistant", content: ""))
                }
                native.index = messages[messages.count - 1].toolCalls.count
                messages[messages.count - 1].toolCalls.append(native)
            case "function_call_output":
                endReasoning()
                var message = Message(role: "tool", content: "")
                message.toolCallID = item["call_id"]?.string ?? ""
                message.toolName = names[message.toolCallID] ?? ""
                try ResponsesInput.read(item["output"] ?? .null, into: &message, place: place)
                messages.append(message)
            case "reasoning": reasoning += item["encrypted_content"]?.string ?? ""
            case "web_search_call": break
            case "": throw APIError(400, place + "input item missing required 'type' field")
            default:
                throw APIError(400, place + "unknown input item type: \(GoQuote.quoted(type))")
            }
        }

        /// Words between a call and its result belong to the message of the call.
        private mutating func addAssistant(_ message: Message) {
            var message = message
            if reasoning.isEmpty, let last = messages.last, last.role == "assistant",
                !last.toolCalls.isEmpty
            {
                messages[messages.count - 1].content += message.content
                return
            }
            message.thinking = reasoning
            reasoning = ""
            messages.append(message)
        }

        /// Thoughts that no message follows stand alone.
        mutating func endReasoning() {
            guard !reasoning.isEmpty else { return }
            addAssistant(Message(role: "assistant", content: ""))
        }
    }

    private static func read(
        _ content: JSONValue, into message: inout Message, place: String
    ) throws(APIError) {
        switch content {
        case .null: break
        case .string(let text): message.content = text
        case .array(let parts):
            for (index, part) in parts.enumerated() {
                switch part["type"]?.string ?? "" {
                case "input_text", "output_text", "text":
                    message.content += part["text"]?.string ?? ""
                case "input_image":
                    if let url = part["image_url"]?.string, !url.isEmpty {
                        message.images.append(try MessagePart.picture(url))
                    }
                case "input_file":
                    throw APIError(400, "file inputs are not currently supported")
                case let type:
                    throw APIError(400, place + "content[\(index)]: unknown content type: \(type)")
                }
            }
        default:
            throw APIError(
                400,
                place + "content must be a string or array: json: cannot unmarshal "
                    + "\(content.kind) into Go value of type []json.RawMessage")
        }
    }
}
