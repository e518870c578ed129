public import API

/// Takes the messages of gpt-oss's Harmony form apart: analysis is thinking, commentary to a
/// function is a call, everything else is content.
///
/// The end marks of the last message may be missing, as they end the answer.
public struct HarmonyParser: OutputParser {
    private enum State: Equatable { case start, header, content, thinking, call(String) }

    /// Texts that the parser must see although they are control tokens.
    public static let markers = [
        "<|start|>", "<|channel|>", "<|message|>", "<|constrain|>", "<|end|>",
    ]
    private static let heads = ["<|channel|>", "<|start|>", " to="].map { Array($0.utf8) }
    private static let message = Array("<|message|>".utf8)
    private static let ends = ["<|end|>", "<|call|>", "<|return|>"].map { Array($0.utf8) }
    private static let headerLimit = 400

    private let parsesCalls: Bool
    private var state = State.start
    private var held: [UInt8] = []
    private var count = 0
    private var pieces: [OutputPiece] = []

    /// - Parameter parsesCalls: false leaves calls in the content.
    public init(parsesCalls: Bool) { self.parsesCalls = parsesCalls }

    public mutating func consume(_ text: String) -> [OutputPiece] {
        held += text.utf8
        // A call goes on until a mark ends it.
        if case .call = state, !text.utf8.contains(UInt8(ascii: ">")) { return [] }
        return drain(isFinal: false)
    }

    public mutating func finish() -> [OutputPiece] { drain(isFinal: true) }

    /// A call behind `to=functions.`, which stands in front of the channel in an answer's first
    /// header and behind it in the later ones.
    public static func pattern(_ tool: Tool, isFirst: Bool) -> CallPattern {
        let middle = isFirst ? "<|channel|>commentary json" : " <|constrain|>json"
        return .sequence([
            .text(tool.name + middle + "<|message|>"), .schema(tool.argumentSchema),
        ])
    }

    private mutating func drain(isFinal: Bool) -> [OutputPiece] {
        while !held.isEmpty, advance(isFinal) {}
        defer { pieces = [] }
        return pieces
    }

    private mutating func take(_ length: Int) -> String {
        defer { held.removeFirst(length) }
        return String(decoding: held.prefix(length), as: UTF8.self)
    }

    private mutating func advance(_ isFinal: Bool) -> Bool {
        switch state {
        case .start:
            if !isFinal,
                Self.heads.contains(where: { $0.count > held.count && $0.starts(with: held) })
            {
                return false
            }
            let isHeader = Self.heads.contains { held.starts(with: $0) }
            state = isHeader ? .header : .content
        case .header:
            if let end = held.firstOccurrence(of: Self.message), end <= Self.headerLimit {
                let header = take(end + Self.message.count)
                pieces.append(.markup(header))
                state = body(after: header)
            } else if held.count > Self.headerLimit + Self.message.count || isFinal {
                // No header after all; its first mark must not be taken for the next one.
                pieces.append(.content(take(1)))
                state = .content
            } else {
                return false
            }
        case .content, .thinking, .call: return readBody(isFinal)
        }
        return true
    }

    private func body(after header: String) -> State {
        let bytes = Array(header.utf8)
        func word(after mark: String) -> String? {
            guard let place = bytes.firstOccurrence(of: Array(mark.utf8)) else { return nil }
            let rest = bytes[(place + mark.utf8.count)...].prefix {
                !$0.isSpace && $0 != UInt8(ascii: "<")
            }
            return String(decoding: rest, as: UTF8.self)
        }
        if parsesCalls, let recipient = word(after: "to=functions."), !recipient.isEmpty {
            return .call(recipient)
        }
        return word(after: "<|channel|>") == "analysis" ? .thinking : .content
    }

    private mutating func readBody(_ isFinal: Bool) -> Bool {
        let marks = Self.ends + Self.heads.prefix(2)
        let end = marks.compactMap { mark in
            held.firstOccurrence(of: mark).map { (place: $0, mark: mark) }
        }.min { $0.place < $1.place }
        if case .call(let name) = state {
            guard end != nil || isFinal else { return false }
            emitCall(name, take(end?.place ?? held.count))
        } else {
            let kept = isFinal ? 0 : marks.map { held.partialSuffix(of: $0) }.max() ?? 0
            let length = end?.place ?? (held.count - kept)
            if length > 0 {
                let isThinking = state == .thinking
                let text = take(length)
                pieces.append(isThinking ? .thinking(text) : .content(text))
            }
        }
        guard let end else { return false }
        if Self.ends.contains(end.mark) { pieces.append(.markup(take(end.mark.count))) }
        state = .start
        return true
    }

    private mutating func emitCall(_ name: String, _ text: String) {
        guard let arguments = TextCursor.json(Array(text.utf8))?.object else {
            if !text.isEmpty { pieces.append(.content(text)) }
            return
        }
        pieces.append(.markup(text))
        pieces.append(.toolCall(ToolCall(index: count, name: name, arguments: arguments)))
        count += 1
    }
}
