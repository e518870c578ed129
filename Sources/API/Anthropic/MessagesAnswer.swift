/// The answer of Anthropic's `POST /v1/messages`.
public struct MessagesAnswer: Sendable {
    public let id: String
    public var model: String
    public var message = Message(role: "assistant", content: "")
    public var stopReason = ""
    public var usage = TokenUsage()

    public init(model: String) {
        id = RandomID.make("msg")
        self.model = model
    }

    public var json: JSONValue {
        var content: [JSONValue] = []
        if !message.thinking.isEmpty {
            content.append(["type": "thinking", "thinking": .string(message.thinking)])
        }
        if !message.content.isEmpty {
            content.append(["type": "text", "text": .string(message.content)])
        }
        content += message.toolCalls.map(\.anthropic)
        var object = frame(content: content.isEmpty ? .null : .array(content))
        object.addUnlessEmpty("stop_reason", .string(stopReason))
        object["usage"] = usage.anthropic
        return .object(object)
    }

    /// The message at the start of a stream.
    public var start: JSONValue {
        var object = frame(content: [])
        object["usage"] = usage.anthropic
        return .object(object)
    }

    private func frame(content: JSONValue) -> JSONObject {
        [
            "id": .string(id), "type": "message", "role": "assistant", "model": .string(model),
            "content": content,
        ]
    }

    /// Why an answer ended, in Anthropic's words.
    public static func stopReason(_ doneReason: String, callsTools: Bool) -> String {
        if callsTools { return "tool_use" }
        switch doneReason {
        case "stop": return "end_turn"
        case "length", "repetition": return "max_tokens"
        case "": return ""
        default: return "stop_sequence"
        }
    }
}

extension ToolCall {
    /// The id as Anthropic's clients know them: `toolu_` instead of `call_`.
    public var anthropicID: String {
        let prefix = "call_"
        guard id.utf8.starts(with: prefix.utf8) else { return id }
        return "toolu_" + String(decoding: id.utf8.dropFirst(prefix.utf8.count), as: UTF8.self)
    }

    /// As a block.
    var anthropic: JSONValue {
        [
            "type": "tool_use", "id": .string(anthropicID), "name": .string(name),
            "input": .object(arguments),
        ]
    }
}

extension TokenUsage {
    public var anthropic: JSONValue {
        ["input_tokens": .integer(prompt), "output_tokens": .integer(completion)]
    }
}

extension APIError {
    /// Anthropic's error object.
    public var anthropic: JSONValue {
        let type =
            switch status {
            case 400: "invalid_request_error"
            case 401: "authentication_error"
            case 403: "permission_error"
            case 404: "not_found_error"
            case 429: "rate_limit_error"
            case 503, 529: "overloaded_error"
            default: "api_error"
            }
        return [
            "type": "error",
            "error": ["type": .string(type), "message": .string(wireMessage)],
            "request_id": .string(RandomID.make("req")),
        ]
    }
}

/// Names for one answer.
enum RandomID {
    /// The prefix and 24 random hexadecimal digits.
    static func make(_ prefix: String) -> String {
        let digits = Array("0123456789abcdef".utf8)
        let random = (0..<24).map { _ in digits[Int.random(in: 0..<16)] }
        return "\(prefix)_" + String(decoding: random, as: UTF8.self)
    }
}
