import API

/// How calls come to a template.
struct CallStyle: Equatable {
    /// Arguments are objects instead of strings of JSON.
    var hasArgumentObjects = false
    /// A message without text has null instead of an empty one.
    var hasNullContent = false
}

/// What a template says about calls, found by rendering one.
extension JinjaTemplate {
    private static let probe = ToolCall(
        id: "probe0000", name: "probe_tool", arguments: ["probe_key": "probe_value"])

    /// The text behind the assistant's header when it calls a tool; nil where rendering fails.
    private func writtenCall(_ style: CallStyle) -> String? {
        func text(_ message: Message) -> String? {
            let messages = [Message(role: "user", content: "question"), message].map {
                Self.value($0, style)
            }
            return try? render([
                "messages": .array(messages), "add_generation_prompt": false, "bos_token": "",
                "eos_token": "",
            ])
        }
        var call = Message(role: "assistant", content: "")
        call.toolCalls = [Self.probe]
        guard let plain = text(Message(role: "assistant", content: "ANSWER")),
            let whole = text(call)
        else { return nil }
        let shared = zip(plain.unicodeScalars, whole.unicodeScalars).prefix { $0 == $1 }.count
        var answer = String.UnicodeScalarView()
        answer.append(contentsOf: whole.unicodeScalars.dropFirst(shared))
        return String(answer)
    }

    private static let styles = [
        CallStyle(), CallStyle(hasArgumentObjects: true), CallStyle(hasNullContent: true),
        CallStyle(hasArgumentObjects: true, hasNullContent: true),
    ]

    /// The first style in which the template writes a call that could be read back; else one that
    /// shows its arguments.
    ///
    /// Other styles fail, quote the arguments twice, or leave the call out.
    var callStyle: CallStyle {
        let format = ToolCallFormats.format(ofTemplate: source, tag: "{")
        let tool = Tool(raw: ["type": "function", "function": ["name": "probe_tool"]])
        func reads(_ text: String) -> Bool {
            var parser = ToolCallParser(format: format, tools: [tool])
            return (parser.consume(text) + parser.finish()).contains { piece in
                guard case .toolCall(let call) = piece else { return false }
                return call.arguments == Self.probe.arguments
            }
        }
        var shown: CallStyle?
        for style in Self.styles {
            guard let text = writtenCall(style) else { continue }
            if reads(text) { return style }
            if shown == nil, text.containsBytes(of: "probe_key"),
                !text.containsBytes(of: "\\\"probe_key")
            {
                shown = style
            }
        }
        return shown ?? CallStyle()
    }

    /// Text that starts a tool call; `{` when nothing stands in front of its object.
    public var toolCallTag: String {
        let answer = Array((writtenCall(callStyle) ?? "").utf8)
        let ends = ["{", "probe"].compactMap { answer.firstOccurrence(of: Array($0.utf8)) }
        guard let end = ends.min() else { return "{" }
        let tag = String(decoding: answer[..<end], as: UTF8.self).trimmingWhiteSpace()
        // More than a mark is prose, and a line break inside one is no part of it.
        guard !tag.isEmpty, tag.utf8.count <= 40, !tag.utf8.contains(0x0A) else { return "{" }
        return tag
    }
}
