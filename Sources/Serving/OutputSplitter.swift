import API
import Prompting

/// Sorts a model's text into content, thinking and tool calls. One per answer.
struct OutputSplitter: Sendable {
    private var thinking: ThinkingParser?
    private var toolCalls: ToolCallParser?
    private var calls = 0

    init(thinking: ThinkingParser? = nil, toolCalls: ToolCallParser? = nil) {
        self.thinking = thinking
        self.toolCalls = toolCalls
    }

    /// Thinking is looked for when it is asked for and the template shows its tags; tool calls when
    /// the request brings tools.
    init(choice: TemplateChoice, prompt: String, think: Think?, tools: [Tool]) {
        if let think, think.isOn, let tags = choice.thinkingTags {
            thinking = ThinkingParser(
                open: tags.open, close: tags.close,
                startsInside: prompt.trimmingWhitespace().utf8.endsWith(tags.open.utf8))
        }
        guard !tools.isEmpty else { return }
        switch choice {
        case .go(let template):
            toolCalls = ToolCallParser(tag: template.toolCallTag, tools: tools)
        case .jinja(let template):
            toolCalls = ToolCallParser(tag: template.toolCallTag, tools: tools)
        case .plain: break
        }
    }

    mutating func consume(_ text: String) -> [OutputPiece] {
        guard thinking != nil else { return split([.content(text)], last: false) }
        return split(thinking!.consume(text), last: false)
    }

    /// What the parsers held back.
    mutating func finish() -> [OutputPiece] {
        split(thinking?.finish() ?? [], last: true)
    }

    private mutating func split(_ pieces: [OutputPiece], last: Bool) -> [OutputPiece] {
        guard toolCalls != nil else { return pieces }
        var result: [OutputPiece] = []
        for piece in pieces {
            if case .content(let text) = piece {
                result += toolCalls!.consume(text)
            } else {
                result.append(piece)
            }
        }
        if last { result += toolCalls!.finish() }
        return result.map { piece in
            guard case .toolCall(var call) = piece else { return piece }
            if call.id.isEmpty { call.id = Self.newCallID() }
            call.index = calls
            calls += 1
            return .toolCall(call)
        }
    }

    static func newCallID() -> String {
        let letters = Array("abcdefghijklmnopqrstuvwxyz0123456789")
        return "call_" + String((0..<8).map { _ in letters[Int.random(in: 0..<letters.count)] })
    }
}

extension TemplateChoice {
    /// The tags between which the template shows thoughts.
    var thinkingTags: (open: String, close: String)? {
        switch self {
        case .go(let template): template.thinkingTags
        case .jinja(let template): template.thinkingTags
        case .plain: nil
        }
    }
}

extension JinjaTemplate {
    /// Text before a tool call in the answers that the template shows, "{" when it shows none of
    /// the usual markers.
    var toolCallTag: String {
        ["<tool_call>", "[TOOL_CALLS]", "<|python_tag|>", "<|tool_call|>", "<functioncall>"]
            .first { source.utf8.containsSequence($0.utf8) } ?? "{"
    }
}

extension String.UTF8View {
    func endsWith(_ other: String.UTF8View) -> Bool {
        reversed().starts(with: other.reversed())
    }

    func containsSequence(_ other: String.UTF8View) -> Bool {
        guard let first = other.first else { return true }
        var rest = self[...]
        while let index = rest.firstIndex(of: first) {
            if rest[index...].starts(with: other) { return true }
            rest = rest[rest.index(after: index)...]
        }
        return false
    }
}
