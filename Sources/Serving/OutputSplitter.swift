import API
import Prompting

/// Sorts a model's text into content, thinking and tool calls. One per answer.
struct OutputSplitter: Sendable {
    /// Each one reads the content that the one before it leaves.
    private var parsers: [any OutputParser] = []
    private var calls = 0
    /// Whether calls behind the first are left out.
    var takesOneCall = false
    /// Control tokens with these texts are shown to the parsers.
    private(set) var markers: [String] = []
    /// Whether a call was found.
    var hasCalled: Bool { calls > 0 }

    init(_ parsers: [any OutputParser] = []) { self.parsers = parsers }

    /// Thinking is looked for when it is asked for and the template shows its tags; tool calls when
    /// the request brings tools.
    init(choice: TemplateChoice, prompt: String, think: Think?, tools: [Tool]) {
        if choice.isHarmony {
            parsers = [HarmonyParser(parsesCalls: !tools.isEmpty)]
            markers = HarmonyParser.markers
            return
        }
        if let think, think.isOn, let tags = choice.thinkingTags {
            parsers.append(
                ThinkingParser(
                    open: tags.open, close: tags.close,
                    startsInside: prompt.trimmingWhitespace().utf8.endsWith(tags.open.utf8)))
            markers += [tags.open, tags.close]
            if let mark = tags.open.utf8.lastIndex(of: UInt8(ascii: ">")) {
                // Of a tag and a word behind it the tag may be a control token.
                markers.append(String(decoding: tags.open.utf8[...mark], as: UTF8.self))
            }
            if let tags = choice.answerTags {
                parsers.append(AnswerTagParser(open: tags.open, close: tags.close))
            }
        }
        if !tools.isEmpty, let format = choice.toolCallFormat {
            parsers.append(ToolCallParser(format: format, tools: tools))
            markers += format.markers
        }
    }

    mutating func consume(_ text: String) -> [OutputPiece] {
        split([.content(text)], from: 0)
    }

    /// What the parsers held back.
    mutating func finish() -> [OutputPiece] {
        var pieces: [OutputPiece] = []
        for index in parsers.indices {
            pieces += split(parsers[index].finish(), from: index + 1)
        }
        return pieces
    }

    private mutating func split(_ pieces: [OutputPiece], from first: Int) -> [OutputPiece] {
        var pieces = pieces
        for index in parsers.indices.dropFirst(first) {
            var result: [OutputPiece] = []
            for piece in pieces {
                if case .content(let text) = piece {
                    result += parsers[index].consume(text)
                } else {
                    result.append(piece)
                }
            }
            pieces = result
        }
        guard first <= parsers.count else { return pieces }
        return pieces.compactMap { piece in
            switch piece {
            case .markup: return nil
            case .toolCall(var call):
                if takesOneCall, calls > 0 { return nil }
                if call.id.isEmpty { call.id = Self.newCallID() }
                call.index = calls
                calls += 1
                return .toolCall(call)
            default: return piece
            }
        }
    }

    static func newCallID() -> String {
        let letters = Array("abcdefghijklmnopqrstuvwxyz0123456789")
        return "call_" + String((0..<8).map { _ in letters[Int.random(in: 0..<letters.count)] })
    }
}

extension TemplateChoice {
    /// The tags in which the template's model puts answers behind thoughts.
    var answerTags: (open: String, close: String)? {
        if case .jinja(let template) = self { template.answerTags } else { nil }
    }

    /// The tags between which the template shows thoughts.
    var thinkingTags: (open: String, close: String)? {
        switch self {
        case .go(let template): template.thinkingTags
        case .jinja(let template): template.thinkingTags
        case .plain: nil
        }
    }
}

extension TemplateChoice {
    var source: String? {
        switch self {
        case .go(let template): template.source
        case .jinja(let template): template.source
        case .plain: nil
        }
    }

    /// Whether answers are messages in channels.
    var isHarmony: Bool {
        guard let source else { return false }
        return ["<|start|>", "<|channel|>", "<|message|>"].allSatisfy {
            source.utf8.containsSequence($0.utf8)
        }
    }

    /// How the model writes calls of tools.
    var toolCallFormat: (any ToolCallFormat)? {
        switch self {
        case .go(let template):
            ToolCallFormats.format(ofTemplate: template.source, tag: template.toolCallTag)
        case .jinja(let template):
            ToolCallFormats.format(ofTemplate: template.source, tag: template.toolCallTag)
        case .plain: nil
        }
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
