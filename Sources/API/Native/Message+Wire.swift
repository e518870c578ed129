extension Message {
    private static let names: Set<String> = [
        "role", "content", "thinking", "images", "tool_calls", "tool_name", "tool_call_id",
    ]

    /// One element of `messages`; null gives an empty message.
    ///
    /// - Throws: at once for what Go's own decoders refuse: an element of the wrong kind inside, or
    ///   arguments that are no object.
    static func decode(
        _ value: JSONValue, _ decoder: inout GoDecoder, at path: GoDecoder.Path
    ) throws(APIError) -> Message {
        var message = Message(role: "", content: "")
        // A message has a decoder of its own in Go: its mistakes end the whole reading.
        var inner = GoDecoder()
        for (name, value) in inner.members(
            of: value, goType: "api.Alias", known: names, at: path)
        {
            let here = path.appending(name)
            switch name {
            case "role": message.role = (inner.string(value, at: here) ?? message.role)
            case "content": message.content = inner.string(value, at: here) ?? message.content
            case "thinking": message.thinking = inner.string(value, at: here) ?? message.thinking
            case "images": message.images = inner.images(value, at: here) ?? message.images
            case "tool_calls":
                let calls = inner.array(value, goType: "[]api.ToolCall", at: here) ?? []
                for call in calls {
                    message.toolCalls.append(try ToolCall.decode(call, &inner, at: here))
                }
            case "tool_name": message.toolName = inner.string(value, at: here) ?? message.toolName
            case "tool_call_id":
                message.toolCallID = inner.string(value, at: here) ?? message.toolCallID
            default: break
            }
        }
        if decoder.mismatch == nil { try inner.check() } else { try decoder.check() }
        message.role = message.role.lowercased()
        return message
    }

    static func decodeList(
        _ value: JSONValue, _ decoder: inout GoDecoder, at path: GoDecoder.Path
    ) throws(APIError) -> [Message]? {
        guard let elements = decoder.array(value, goType: "[]api.Message", at: path) else {
            return nil
        }
        var messages: [Message] = []
        for element in elements { messages.append(try decode(element, &decoder, at: path)) }
        return messages
    }

    /// Reads a message of a response leniently: what is missing or of another kind is empty.
    public init(json value: JSONValue) {
        self.init(
            role: value["role"]?.string ?? "", content: value["content"]?.string ?? "")
        thinking = value["thinking"]?.string ?? ""
        images = (value["images"]?.array ?? []).compactMap {
            try? Base64.decode($0.string ?? "").get()
        }
        toolCalls = (value["tool_calls"]?.array ?? []).map(ToolCall.init(json:))
        toolName = value["tool_name"]?.string ?? ""
        toolCallID = value["tool_call_id"]?.string ?? ""
    }

    public var json: JSONValue {
        var object: JSONObject = ["role": .string(role), "content": .string(content)]
        object.addUnlessEmpty("thinking", .string(thinking))
        object.addUnlessEmpty("images", .array(images.map { .string(Base64.encode($0)) }))
        object.addUnlessEmpty("tool_calls", .array(toolCalls.map(\.json)))
        object.addUnlessEmpty("tool_name", .string(toolName))
        object.addUnlessEmpty("tool_call_id", .string(toolCallID))
        return .object(object)
    }
}

extension ToolCall {
    /// One element of `tool_calls`.
    static func decode(
        _ value: JSONValue, _ decoder: inout GoDecoder, at path: GoDecoder.Path
    ) throws(APIError) -> ToolCall {
        var call = ToolCall(name: "", arguments: [:])
        let members = decoder.members(
            of: value, goType: "api.ToolCall", known: ["id", "function"], at: path)
        for (name, value) in members {
            let here = path.appending(name)
            if name == "id" {
                call.id = decoder.string(value, at: here) ?? call.id
                continue
            }
            let function = decoder.members(
                of: value, goType: "api.ToolCallFunction", known: ["index", "name", "arguments"],
                at: here)
            for (name, value) in function {
                let place = here.appending(name)
                switch name {
                case "index": call.index = decoder.integer(value, at: place) ?? call.index
                case "name": call.name = decoder.string(value, at: place) ?? call.name
                default: call.arguments = try Tool.orderedMap(value) ?? call.arguments
                }
            }
        }
        return call
    }

    public init(json value: JSONValue) {
        let function = value["function"]
        self.init(
            id: value["id"]?.string ?? "", index: function?["index"]?.integer ?? 0,
            name: function?["name"]?.string ?? "", arguments: function?["arguments"]?.object ?? [:])
    }

    public var json: JSONValue {
        var object = JSONObject()
        object.addUnlessEmpty("id", .string(id))
        object["function"] = [
            "index": .integer(index), "name": .string(name), "arguments": .object(arguments),
        ]
        return .object(object)
    }
}
