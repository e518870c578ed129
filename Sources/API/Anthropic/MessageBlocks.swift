/// The content of messages as Anthropic's clients write it: a text, or a list of blocks.
enum MessageBlocks {
    /// A text, or the texts of a list of blocks, joined; "" for anything else.
    static func text(of content: JSONValue) -> String {
        if let text = content.string { return text }
        return (content.array ?? []).filter { $0["type"] == "text" }
            .compactMap { $0["text"]?.string }.joined()
    }

    /// Appends the messages in the native form.
    ///
    /// Results of tools stand before the rest of their
    /// message; a list without any known block gives nothing.
    ///
    /// - Throws: status 400 for pictures that are not here and for calls without a name.
    static func append(
        _ written: [(role: String, content: JSONValue)], to messages: inout [Message]
    ) throws(APIError) {
        var names: [String: String] = [:]
        for (role, content) in written {
            guard let blocks = content.array else {
                messages.append(
                    Message(role: role.lowercased(), content: content.string ?? ""))
                continue
            }
            var message = Message(role: role.lowercased(), content: "")
            for block in blocks {
                switch block["type"]?.string {
                case "text": message.content += block["text"]?.string ?? ""
                case "image": message.images.append(try picture(block))
                case "thinking": message.thinking += block["thinking"]?.string ?? ""
                case "tool_use", "server_tool_use":
                    let call = try call(block, index: message.toolCalls.count)
                    names[call.id] = call.name
                    message.toolCalls.append(call)
                case "tool_result", "web_search_tool_result":
                    let id = block["tool_use_id"]?.string ?? ""
                    messages.append(try result(block, id: id, name: names[id] ?? ""))
                case let type?: try refuse(type)
                case nil: break
                }
            }
            if message != Message(role: message.role, content: "") { messages.append(message) }
        }
    }

    /// What a block would have told the model must not get lost; what nobody knows is passed over.
    private static func refuse(_ type: String) throws(APIError) {
        if ["document", "search_result", "container_upload", "tool_reference"].contains(type) {
            throw APIError(400, "blocks of type \(GoQuote.quoted(type)) are not supported")
        }
    }

    private static func call(_ block: JSONValue, index: Int) throws(APIError) -> ToolCall {
        guard let id = block["id"]?.string, !id.isEmpty else {
            throw APIError(400, "tool_use block missing required 'id' field")
        }
        guard let name = block["name"]?.string, !name.isEmpty else {
            throw APIError(400, "tool_use block missing required 'name' field")
        }
        return ToolCall(
            id: id, index: index, name: name, arguments: block["input"]?.object ?? [:])
    }

    private static func result(
        _ block: JSONValue, id: String, name: String
    ) throws(APIError) -> Message {
        let content = block["content"] ?? .null
        var message = Message(role: "tool", content: text(of: content))
        message.toolCallID = id
        message.toolName = name
        for element in content.array ?? [] {
            switch element["type"]?.string {
            case "image": message.images.append(try picture(element))
            case "web_search_result":
                let line = [element["title"], element["url"]].compactMap { $0?.string }
                message.content += line.joined(separator: ": ") + "\n"
            case let type?: try refuse(type)
            case nil: break
            }
        }
        return message
    }

    private static func picture(_ block: JSONValue) throws(APIError) -> [UInt8] {
        guard let source = block["source"]?.object else {
            throw APIError(400, "invalid image source")
        }
        guard source["type"] == "base64" else {
            throw APIError(
                400,
                "invalid image source type: \(source["type"]?.string ?? ""). "
                    + "Only base64 images are supported.")
        }
        switch Base64.decode(source["data"]?.string ?? "") {
        case .success(let bytes): return bytes
        case .failure(let corrupt):
            throw APIError(400, "invalid base64 image data: \(corrupt)")
        }
    }
}
