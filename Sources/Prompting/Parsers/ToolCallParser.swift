public import API

/// Finds tool calls in a stream of content. One per answer.
///
/// Text that begins like a call and turns out to be none stays content, and so does a call that the
/// end of the answer cuts off.
public struct ToolCallParser: OutputParser {
    private enum State { case text, after, done }

    private let reader: any ToolCallReader
    private let openers: [[UInt8]]
    private let closers: [[UInt8]]
    private let tools: [Tool]
    private var state = State.text
    private var held: [UInt8] = []
    private var count = 0
    /// An unfinished call is read again when it is so long, or when a sign came that may end it, so
    /// that long arguments are not read again for every token.
    private var patience = 0
    private static let ends = Set("}])>".utf8)
    private var pieces: [OutputPiece] = []

    public init(format: any ToolCallFormat, tools: [Tool]) {
        reader = format as? any ToolCallReader ?? GenericCalls(tag: "{")
        openers = reader.openers.map { Array($0.utf8) }
        closers = reader.closers.map { Array($0.utf8) }
        self.tools = tools
    }

    /// For calls behind the tag with which a template starts them.
    public init(tag: String, tools: [Tool]) {
        self.init(format: GenericCalls(tag: tag), tools: tools)
    }

    public mutating func consume(_ text: String) -> [OutputPiece] {
        held += text.utf8
        if held.count < patience, !text.utf8.contains(where: Self.ends.contains) { return [] }
        patience = 0
        return drain(isFinal: false)
    }

    public mutating func finish() -> [OutputPiece] { drain(isFinal: true) }

    private mutating func drain(isFinal: Bool) -> [OutputPiece] {
        while !held.isEmpty, advance(isFinal) {}
        defer { pieces = [] }
        return pieces
    }

    private mutating func emit(_ length: Int, markup: Bool = false) {
        guard length > 0 else { return }
        let text = String(decoding: held.prefix(length), as: UTF8.self)
        pieces.append(markup ? .markup(text) : .content(text))
        held.removeFirst(length)
    }

    /// One step; false when more text is needed.
    private mutating func advance(_ isFinal: Bool) -> Bool {
        switch state {
        case .done:
            emit(held.count)
            return false
        case .after: return readOn(isFinal)
        case .text: return search(isFinal)
        }
    }

    private func mayBecome(_ texts: [[UInt8]], _ rest: ArraySlice<UInt8>) -> Bool {
        texts.contains { $0.count > rest.count && $0.starts(with: rest) }
    }

    /// Behind a call.
    private mutating func readOn(_ isFinal: Bool) -> Bool {
        let space = held.prefix { $0.isSpace }.count
        let rest = held[space...]
        if rest.isEmpty {
            if isFinal { emit(space, markup: true) }
            return false
        }
        if !isFinal, mayBecome(closers + openers, rest) { return false }
        if let closer = closers.first(where: { rest.starts(with: $0) }) {
            emit(space + closer.count, markup: true)
            return true
        }
        if openers.contains(where: { rest.starts(with: $0) }) { emit(space, markup: true) }
        state = .text
        return true
    }

    private mutating func search(_ isFinal: Bool) -> Bool {
        var start: Int?
        if reader.isBare {
            let space = held.prefix { $0.isSpace }.count
            let rest = held[space...]
            if !isFinal, mayBecome(openers, rest) { return false }
            guard openers.contains(where: { rest.starts(with: $0) }) else {
                state = .done
                return true
            }
            start = space
        } else {
            start = openers.compactMap { held.firstOccurrence(of: $0) }.min()
        }
        guard let start else {
            let kept = isFinal ? 0 : openers.map { held.partialSuffix(of: $0) }.max() ?? 0
            emit(held.count - kept)
            return false
        }
        if !reader.isBare { emit(start) }
        var cursor = TextCursor(
            bytes: held, position: reader.isBare ? start : 0, isFinal: isFinal)
        do throws(ReadStop) {
            let calls = try reader.read(&cursor, tools)
            if reader.isBare {
                guard calls.allSatisfy({ call in tools.contains { $0.name == call.name } }) else {
                    throw .mismatch
                }
            }
            emit(cursor.position, markup: true)
            for var call in calls {
                call.index = count
                count += 1
                pieces.append(.toolCall(call))
            }
            state = .after
        } catch {
            if error == .more, !isFinal {
                patience = held.count + held.count / 8
                return false
            }
            if reader.isBare {
                state = .done
            } else {
                // An opener may begin anywhere behind the first character of this one.
                var length = 1
                while length < held.count, held[length] & 0xC0 == 0x80 { length += 1 }
                emit(length)
            }
        }
        return true
    }
}
