public import API

extension JinjaTemplate {
    /// Renders a chat.
    ///
    /// A developer is a system. An assistant's message at the end is continued: its text stands
    /// without its end marker. System texts move into the next user's message when the template
    /// refuses them. Past thinking is not shown.
    ///
    /// - Parameters:
    ///   - specialTokens: `bos_token`, `eos_token` and the like, and any other variable.
    ///   - addGenerationPrompt: begin the assistant's turn; without effect on a continued message.
    /// - Throws: ``TemplateError``.
    public func render(
        _ input: PromptInput, specialTokens: JSONObject, addGenerationPrompt: Bool = true
    ) throws(TemplateError) -> String {
        var context = specialTokens
        if !input.tools.isEmpty { context["tools"] = .array(input.tools.map { .object($0.raw) }) }
        if let think = input.think {
            // Families differ in the name.
            context["enable_thinking"] = .bool(think.isOn)
            context["thinking"] = .bool(think.isOn)
            if case .level(let level) = think { context["reasoning_effort"] = .string(level) }
        }
        var messages = input.messages
        for index in messages.indices where messages[index].role == "developer" {
            messages[index].role = "system"
        }
        let callsTools = messages.contains { !$0.toolCalls.isEmpty }
        let style = callsTools ? callStyle : CallStyle()
        if callsTools {
            if source.containsBytes(of: "length != 9") { messages = Self.withShortIDs(messages) }
        }
        do throws(TemplateError) {
            return try render(messages, context, addGenerationPrompt, style)
        } catch {
            guard error.code == .raised, messages.contains(where: { $0.role == "system" }) else {
                throw error
            }
            return try render(
                Self.foldSystem(messages), context, addGenerationPrompt, style)
        }
    }

    private func render(
        _ messages: [Message], _ context: JSONObject, _ addGenerationPrompt: Bool,
        _ style: CallStyle
    ) throws(TemplateError) -> String {
        var context = context
        func render(_ messages: [Message], generates: Bool) throws(TemplateError) -> String {
            context["messages"] = .array(
                messages.map { Self.value($0, style) })
            context["add_generation_prompt"] = .bool(generates)
            return try self.render(context)
        }
        guard let last = messages.last, last.role == "assistant", last.toolCalls.isEmpty else {
            return try render(messages, generates: addGenerationPrompt)
        }
        let text = try render(messages, generates: false)
        let bytes = Array(text.utf8)
        // The template may trim what it is given.
        for content in [last.content, last.content.trimmingWhiteSpace()] where !content.isEmpty {
            if let start = bytes.lastOccurrence(of: Array(content.utf8)) {
                return String(decoding: bytes[..<(start + content.utf8.count)], as: UTF8.self)
            }
        }
        // Nothing to continue: the turn begins as if the message were not there.
        return try render(messages.dropLast(), generates: true)
    }

    /// System texts in front of the next user's message; without one they become its message.
    private static func foldSystem(_ messages: [Message]) -> [Message] {
        var folded: [Message] = []
        var pending: [String] = []
        for message in messages {
            if message.role == "system" {
                pending.append(message.content)
            } else if message.role == "user", !pending.isEmpty {
                var message = message
                message.content = (pending + [message.content]).joined(separator: "\n")
                folded.append(message)
                pending = []
            } else {
                folded.append(message)
            }
        }
        if !pending.isEmpty {
            folded.append(Message(role: "user", content: pending.joined(separator: "\n")))
        }
        return folded
    }

    /// Ids of calls as Mistral's templates demand them: nine letters and digits.
    private static func withShortIDs(_ messages: [Message]) -> [Message] {
        func short(_ id: String) -> String {
            let bytes = id.utf8.filter(\.isAlphanumeric)
            if bytes.count == 9, id.utf8.count == 9 { return id }
            // FNV-1a: equal ids stay equal.
            var hash: UInt64 = 0xCBF2_9CE4_8422_2325
            for byte in id.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
            let digits = String(hash % 101_559_956_668_416, radix: 36)
            return String(repeating: "0", count: 9 - digits.utf8.count) + digits
        }
        var messages = messages
        for index in messages.indices {
            for call in messages[index].toolCalls.indices {
                messages[index].toolCalls[call].id = short(messages[index].toolCalls[call].id)
            }
            if messages[index].role == "tool" {
                messages[index].toolCallID = short(messages[index].toolCallID)
            }
        }
        return messages
    }

    /// A message in the OpenAI form.
    static func value(_ message: Message, _ style: CallStyle) -> JSONValue {
        var object: JSONObject = [
            "role": .string(message.role), "content": .string(message.content),
        ]
        if !message.toolCalls.isEmpty {
            if style.hasNullContent, message.content.isEmpty { object["content"] = .null }
            object["tool_calls"] = .array(
                message.toolCalls.map { call in
                    var value: JSONObject = ["type": "function"]
                    if !call.id.isEmpty { value["id"] = .string(call.id) }
                    value["function"] = [
                        "name": .string(call.name),
                        "arguments": style.hasArgumentObjects
                            ? .object(call.arguments)
                            : .string(JSONValue.object(call.arguments).serialized),
                    ]
                    return .object(value)
                })
        }
        if !message.toolName.isEmpty { object["name"] = .string(message.toolName) }
        if !message.toolCallID.isEmpty { object["tool_call_id"] = .string(message.toolCallID) }
        return .object(object)
    }
}
