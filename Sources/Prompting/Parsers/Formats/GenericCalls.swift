public import API

/// Objects behind the text with which a template starts calls, for families without a format of
/// their own.
public struct GenericCalls: ToolCallReader {
    private let tag: String

    public init(tag: String) { self.tag = tag.isEmpty ? "{" : tag }

    public var isBare: Bool { tag == "{" || tag == "[" }
    public var openers: [String] { isBare ? ["{", "["] : [tag] }
    public var closers: [String] {
        var closers = isBare ? [";"] : ["]", ","]
        if tag.utf8.first == UInt8(ascii: "<"), !tag.utf8.starts(with: "<|".utf8) {
            closers.append("</" + String(decoding: tag.utf8.dropFirst(), as: UTF8.self))
        }
        return closers
    }
    public var trigger: String { tag == "{" ? "{\"name\": \"" : tag }

    func read(_ cursor: inout TextCursor, _ tools: [Tool]) throws(ReadStop) -> [ToolCall] {
        if !isBare { try cursor.expect(tag) }
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
        if tag == "{" { return LlamaCalls().pattern(tool).replacing("parameters", "arguments") }
        return .object(tool, arguments: "arguments")
    }

    public func body(_ call: CallPattern, several: Bool) -> CallPattern {
        let more: CallPattern =
            several ? .any(.sequence([.text(","), .space, call])) : .sequence([])
        switch tag.utf8.last {
        case UInt8(ascii: "["): return .sequence([call, more, .text("]")])
        case UInt8(ascii: "{"): return call
        default:
            guard let end = closers.last, end.utf8.starts(with: "</".utf8) else { return call }
            let whole = CallPattern.sequence([.space, call, .space, .text(end)])
            guard several else { return whole }
            return .sequence([whole, .any(.sequence([.space, .text(tag), whole]))])
        }
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
