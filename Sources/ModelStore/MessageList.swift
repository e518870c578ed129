import API
import OrderedCollections

/// The messages layer: turns that come before a conversation, as JSON.
struct MessageList {
    var messages: [Message]

    init(_ messages: [Message]) { self.messages = messages }

    init(json: JSONValue) {
        messages = (json.array ?? []).map { item in
            var message = Message(
                role: (item["role"]?.string ?? "").lowercased(),
                content: item["content"]?.string ?? "")
            message.thinking = item["thinking"]?.string ?? ""
            message.images = (item["images"]?.array ?? []).compactMap {
                $0.string.flatMap(Base64.decode)
            }
            message.toolName = item["tool_name"]?.string ?? ""
            message.toolCallID = item["tool_call_id"]?.string ?? ""
            message.toolCalls = (item["tool_calls"]?.array ?? []).map { call in
                let function = call["function"]
                return ToolCall(
                    id: call["id"]?.string ?? "", index: function?["index"]?.integer ?? 0,
                    name: function?["name"]?.string ?? "",
                    arguments: function?["arguments"]?.object ?? [:])
            }
            return message
        }
    }

    var serializedBytes: [UInt8] {
        let list = messages.map { message -> JSONValue in
            var object: JSONObject = [
                "role": .string(message.role), "content": .string(message.content),
            ]
            if !message.thinking.isEmpty { object["thinking"] = .string(message.thinking) }
            if !message.images.isEmpty {
                object["images"] = .array(message.images.map { .string(Base64.encode($0)) })
            }
            if !message.toolCalls.isEmpty {
                object["tool_calls"] = .array(message.toolCalls.map(Self.json))
            }
            if !message.toolName.isEmpty { object["tool_name"] = .string(message.toolName) }
            if !message.toolCallID.isEmpty {
                object["tool_call_id"] = .string(message.toolCallID)
            }
            return .object(object)
        }
        return JSONValue.array(list).serializedBytes + [UInt8(ascii: "\n")]
    }

    private static func json(_ call: ToolCall) -> JSONValue {
        var object: JSONObject = [:]
        if !call.id.isEmpty { object["id"] = .string(call.id) }
        object["function"] = .object([
            "index": .number(JSONNumber(call.index)), "name": .string(call.name),
            "arguments": .object(call.arguments),
        ])
        return .object(object)
    }
}

/// Standard base64 with padding.
enum Base64 {
    private static let alphabet = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    static func encode(_ bytes: [UInt8]) -> String {
        var out: [UInt8] = []
        out.reserveCapacity((bytes.count + 2) / 3 * 4)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            var word = 0
            for byte in group { word = word << 8 | Int(byte) }
            word <<= 8 * (3 - group.count)
            for place in 0..<4 {
                let digit = alphabet[word >> (18 - 6 * place) & 63]
                out.append(place <= group.count ? digit : UInt8(ascii: "="))
            }
        }
        return String(decoding: out, as: UTF8.self)
    }

    /// nil for text that is not base64.
    static func decode(_ text: String) -> [UInt8]? {
        var out: [UInt8] = []
        var word = 0
        var bits = 0
        let digits = Array(text.utf8).reversed().drop { $0 == UInt8(ascii: "=") }.reversed()
        for byte in digits {
            guard let value = alphabet.firstIndex(of: byte) else { return nil }
            word = (word << 6 | value) & 0xffffff
            bits += 6
            if bits >= 8 {
                bits -= 8
                out.append(UInt8(truncatingIfNeeded: word >> bits))
            }
        }
        return out
    }
}
