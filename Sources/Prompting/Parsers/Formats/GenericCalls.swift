public import API

/// Objects behind the text with which a template starts calls, for families without a format of
/// their own.
public struct GenericCalls: ToolCallReader {
    /// Behind it stand an object, a list of them, or a name and its arguments; empty: nothing marks
    /// calls.
    private let mark: String
    private let isList: Bool
    private let spacing: String

    /// - Parameter tag: the text in front of the first object, with the bracket of a list.
    public init(tag: String) {
        isList = tag.utf8.last == UInt8(ascii: "[")
        let open = isList ? String(decoding: tag.utf8.dropLast(), as: UTF8.self) : tag
        mark = tag == "{" ? "" : open.trimmingWhiteSpace()
        spacing = String(decoding: open.utf8.dropFirst(mark.utf8.count), as: UTF8.self)
    }

    public var isBare: Bool { mark.isEmpty }
    public var openers: [String] { isBare ? ["{", "["] : [mark] }
    public var closers: [String] { isBare ? [";"] : [","] + (end.map { [$0] } ?? []) }

    public var trigger: String {
        if isList { return mark + spacing + "[" }
        return isBare ? "{\"name\": \"" : mark
    }

    /// The closing tag.
    private var end: String? {
        guard mark.utf8.first == UInt8(ascii: "<"), !mark.utf8.starts(with: "<|".utf8) else {
            return nil
        }
        return "</" + String(decoding: mark.utf8.dropFirst(), as: UTF8.self)
    }

    func read(_ cursor: inout TextCursor, _ tools: [Tool]) throws(ReadStop) -> [ToolCall] {
        if !isBare { try cursor.expect(mark) }
        cursor.skipSpace()
        let next = try cursor.peek()
        if next != UInt8(ascii: "{"), next != UInt8(ascii: "[") {
            // A name may stand in front of the arguments.
            let name = try cursor.name()
            guard tools.contains(where: { $0.name == name }) else { throw .mismatch }
            cursor.skipSpace()
            return [ToolCall(name: name, arguments: try cursor.object())]
        }
        return try ToolCall.all(in: cursor.json(), tools)
    }

    public func pattern(_ tool: Tool) -> CallPattern {
        if isBare, !isList {
            return LlamaCalls().pattern(tool).replacing("parameters", "arguments")
        }
        return .object(tool, arguments: "arguments")
    }

    public func body(_ call: CallPattern, several: Bool) -> CallPattern {
        let closing: CallPattern = end.map { .sequence([.space, .text($0)]) } ?? .sequence([])
        if isList {
            let more: CallPattern =
                several ? .any(.sequence([.text(","), .space, call])) : .sequence([])
            return .sequence([call, more, .text("]"), closing])
        }
        if isBare || end == nil { return call }
        let whole = CallPattern.sequence([.space, call, closing])
        guard several else { return whole }
        return .sequence([whole, .any(.sequence([.space, .text(mark), whole]))])
    }
}

extension CallPattern {
    fileprivate func replacing(_ word: String, _ other: String) -> CallPattern {
        switch self {
        case .text(let text): .text(text.replacingFirst(word, other))
        case .sequence(let parts): .sequence(parts.map { $0.replacing(word, other) })
        default: self
        }
    }
}

extension String {
    fileprivate func replacingFirst(_ word: String, _ other: String) -> String {
        var bytes = Array(utf8)
        if let place = bytes.lastOccurrence(of: Array(word.utf8)) {
            bytes.replaceSubrange(place..<place + word.utf8.count, with: Array(other.utf8))
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
