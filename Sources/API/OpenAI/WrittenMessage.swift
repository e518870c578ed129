/// A message as OpenAI's clients write it.
struct WrittenMessage: Sendable {
    var role = ""
    /// A text, a list of parts, or nothing.
    var content = JSONValue.null
    var reasoning = ""
    var name = ""
    var toolCallID = ""
    /// nil when absent.
    var toolCalls: [WrittenToolCall]?

    static func decodeList(
        _ value: JSONValue, _ decoder: inout GoDecoder, at path: GoDecoder.Path
    ) -> [WrittenMessage]? {
        guard let elements = decoder.array(value, goType: "[]openai.Message", at: path) else {
            return nil
        }
        var messages: [WrittenMessage] = []
        for element in elements { messages.append(decode(element, &decoder, at: path)) }
        return messages
    }

    private static func decode(
        _ value: JSONValue, _ decoder: inout GoDecoder, at path: GoDecoder.Path
    ) -> WrittenMessage {
        var message = WrittenMessage()
        let members = decoder.members(
            of: value, goType: "openai.Message",
            known: ["role", "content", "reasoning", "tool_calls", "name", "tool_call_id"], at: path)
        for (name, value) in members {
            let here = path.inside("Message").appending(name)
            switch name {
            case "role": message.role = decoder.string(value, at: here) ?? message.role
            case "content": message.content = value
            case "reasoning":
                message.reasoning = decoder.string(value, at: here) ?? message.reasoning
            case "name": message.name = decoder.string(value, at: here) ?? message.name
            case "tool_call_id":
                message.toolCallID = decoder.string(value, at: here) ?? message.toolCallID
            default:
                guard let calls = decoder.array(value, goType: "[]openai.ToolCall", at: here)
                else { continue }
                message.toolCalls = []
                for call in calls {
                    message.toolCalls?.append(WrittenToolCall.decode(call, &decoder, at: here))
                }
            }
        }
        return message
    }

    /// The messages in the native form: one for each text and for each part of a list.
    ///
    /// - Throws: status 400 for what is no content and for arguments that are no JSON object.
    static func messages(_ written: [WrittenMessage]) throws(APIError) -> [Message] {
        var names: [String: String] = [:]
        var messages: [Message] = []
        for message in written {
            var calls: [ToolCall] = []
            for call in message.toolCalls ?? [] { calls.append(try call.native()) }
            for call in calls { names[call.id] = call.name }
            var parts: [Message] = []
            switch message.content {
            case .string(let text): parts = [Message(role: message.role, content: text)]
            case .array(let elements):
                for element in elements {
                    parts.append(try MessagePart.message(element, role: message.role))
                }
            default:
                guard message.toolCalls != nil else {
                    throw APIError(
                        400, "invalid message content type: \(message.content.goTypeName)")
                }
                parts = [Message(role: message.role, content: "")]
            }
            for index in parts.indices { parts[index].role = parts[index].role.lowercased() }
            if let last = parts.indices.last {
                parts[last].thinking = message.reasoning
                parts[last].toolCalls = calls
                parts[last].toolCallID = message.toolCallID
                // A result names its call only by id; templates want the function.
                parts[last].toolName =
                    message.name.isEmpty && message.role.lowercased() == "tool"
                    ? names[message.toolCallID] ?? "" : message.name
            }
            messages += parts
        }
        return messages
    }
}

/// A call in the history of a conversation; the arguments are JSON inside a string.
struct WrittenToolCall: Sendable {
    var id = ""
    var index = 0
    var name = ""
    var arguments = ""

    static func decode(
        _ value: JSONValue, _ decoder: inout GoDecoder, at path: GoDecoder.Path
    ) -> WrittenToolCall {
        var call = WrittenToolCall()
        let members = decoder.members(
            of: value, goType: "openai.ToolCall", known: ["id", "index", "function"], at: path)
        for (name, value) in members {
            let here = path.inside("ToolCall").appending(name)
            switch name {
            case "id": call.id = decoder.string(value, at: here) ?? call.id
            case "index": call.index = decoder.integer(value, at: here) ?? call.index
            default:
                let function = decoder.members(
                    of: value, goType: "struct", known: ["name", "arguments"], at: here)
                for (name, value) in function {
                    let place = here.appending(name)
                    if name == "name" {
                        call.name = decoder.string(value, at: place) ?? call.name
                    } else {
                        call.arguments = decoder.string(value, at: place) ?? call.arguments
                    }
                }
            }
        }
        return call
    }

    func native() throws(APIError) -> ToolCall {
        let invalid = APIError(400, "invalid tool call arguments")
        let value: JSONValue
        do throws(JSONError) {
            value = try JSONValue(parsing: arguments)
        } catch {
            throw invalid
        }
        guard value.isNull || value.object != nil else { throw invalid }
        return ToolCall(id: id, index: index, name: name, arguments: value.object ?? [:])
    }
}

/// One part of a message's content: a text, a picture or a sound.
enum MessagePart {
    private static let imagePrefixes =
        ["jpeg", "jpg", "png", "webp"].map { "data:image/\($0);base64," } + ["data:;base64,"]

    static func message(_ part: JSONValue, role: String) throws(APIError) -> Message {
        var message = Message(role: role, content: "")
        switch part["type"]?.string {
        case "text":
            guard let text = part["text"]?.string else { throw invalid }
            message.content = text
        case "image_url":
            let image = part["image_url"]
            guard let url = image?.string ?? image?["url"]?.string else { throw invalid }
            message.images = [try picture(url)]
        case "input_audio":
            guard let audio = part["input_audio"]?.object else {
                throw APIError(400, "invalid input_audio format")
            }
            guard let data = audio["data"]?.string else {
                throw APIError(400, "invalid input_audio format: missing data")
            }
            switch Base64.decode(data) {
            case .success(let bytes): message.images = [bytes]
            case .failure(let corrupt):
                throw APIError(400, "invalid input_audio base64 data: \(corrupt)")
            }
        default: throw invalid
        }
        return message
    }

    private static let invalid = APIError(400, "invalid message format")

    static func picture(_ url: String) throws(APIError) -> [UInt8] {
        if ["http://", "https://"].contains(where: { url.utf8.starts(with: $0.utf8) }) {
            throw APIError(
                400,
                "image URLs are not currently supported, please use base64 encoded data instead")
        }
        guard let prefix = imagePrefixes.first(where: { url.utf8.starts(with: $0.utf8) }),
            case .success(let bytes) = Base64.decode(
                String(decoding: url.utf8.dropFirst(prefix.utf8.count), as: UTF8.self))
        else { throw APIError(400, "invalid image input") }
        return bytes
    }
}

extension JSONValue {
    /// The type that Go's decoder gives a value whose type is open.
    var goTypeName: String {
        switch self {
        case .null: "<nil>"
        case .bool: "bool"
        case .number: "float64"
        case .string: "string"
        case .array: "[]interface {}"
        case .object: "map[string]interface {}"
        }
    }
}
