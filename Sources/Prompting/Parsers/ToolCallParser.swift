public import API

/// Finds tool calls in a stream of content. One per answer.
///
/// A call is a known tool's name and the JSON object that follows or encloses it, behind the tag
/// with which the template starts calls.
public struct ToolCallParser: Sendable {
    private enum State {
        case searching, calls, done
    }

    private let tag: [UInt8]
    private let names: [[UInt8]]
    private var state = State.searching
    private var held: [UInt8] = []
    private var count = 0
    /// Whether anything but white space came before the tag.
    private var hasContent = false
    /// Bytes from the tag on, for tags that are themselves JSON: the brackets must balance.
    private var seen: [UInt8] = []

    public init(tag: String, tools: [Tool]) {
        self.tag = Array(tag.utf8)
        names = tools.map { Array($0.name.utf8) }.filter { !$0.isEmpty }
    }

    private var isBracket: Bool { tag == Array("{".utf8) || tag == Array("[".utf8) }

    public mutating func consume(_ text: String) -> [OutputPiece] {
        var pieces: [OutputPiece] = []
        held += text.utf8
        while advance(&pieces) {}
        return pieces
    }

    /// What was held back, when the answer ends.
    public mutating func finish() -> [OutputPiece] {
        defer { held = [] }
        let isText =
            switch state {
            case .searching, .done: true
            case .calls: isBracket && count == 0
            }
        guard isText, !held.isEmpty else { return [] }
        return [.content(String(decoding: held, as: UTF8.self))]
    }

    private func text(_ bytes: some Sequence<UInt8>) -> String {
        String(decoding: Array(bytes), as: UTF8.self)
    }

    private mutating func advance(_ pieces: inout [OutputPiece]) -> Bool {
        switch state {
        case .done:
            if !held.isEmpty { pieces.append(.content(text(held))) }
            held = []
            return false
        case .searching: return search(&pieces)
        case .calls: return findCall(&pieces)
        }
    }

    private mutating func search(_ pieces: inout [OutputPiece]) -> Bool {
        if isBracket {
            let space = held.prefix { $0 == 0x20 || $0 == 0x0A || $0 == 0x09 || $0 == 0x0D }
            guard let first = held.dropFirst(space.count).first else { return false }
            state = first == tag[0] ? .calls : .done
            return true
        }
        if let start = held.firstOccurrence(of: tag) {
            if start > 0 { pieces.append(.content(text(held[..<start]))) }
            held.removeFirst(start + tag.count)
            state = .calls
            return true
        }
        let kept = held.partialSuffix(of: tag)
        let ready = held.count - kept
        if ready > 0 { pieces.append(.content(text(held[..<ready]))) }
        held.removeFirst(ready)
        return false
    }

    private mutating func findCall(_ pieces: inout [OutputPiece]) -> Bool {
        if let (name, end) = nextCall() {
            let call = ToolCall(index: count, name: text(name.bytes), arguments: name.arguments)
            count += 1
            seen += held[..<end]
            held.removeFirst(end)
            pieces.append(.toolCall(call))
            return true
        }
        guard isBracket, let end = balancedEnd() else { return false }
        if count == 0 {
            // A whole object that is no call: plain text after all.
            state = .done
            return true
        }
        held.removeFirst(end)
        state = .done
        return true
    }

    /// Where the brackets that the tag opened are all closed, in bytes of `held`.
    private func balancedEnd() -> Int? {
        let all = seen + held
        guard let end = all.bracketEnd(open: tag[0], from: 0) else { return nil }
        return Swift.max(0, end - seen.count)
    }

    private func nextCall() -> (name: (bytes: [UInt8], arguments: JSONObject), end: Int)? {
        guard let (name, place) = nextName() else { return nil }
        guard let (object, end) = firstObject(around: place, name) else { return nil }
        return ((name, Self.arguments(in: object, tool: text(name))), end)
    }

    /// The earliest known name; at one place the longest. Nil while it may still grow.
    private func nextName() -> (name: [UInt8], place: Int)? {
        var best: (name: [UInt8], place: Int)?
        for name in names {
            guard let place = held.firstOccurrence(of: name) else { continue }
            if let current = best,
                place > current.place
                    || place == current.place && name.count <= current.name.count
            {
                continue
            }
            best = (name, place)
        }
        guard let best else { return nil }
        let rest = held[best.place...]
        for name in names where name.count > rest.count && name.starts(with: rest) { return nil }
        return best
    }

    /// The first complete object of the buffer that stands behind the name or holds it.
    private func firstObject(
        around place: Int, _ name: [UInt8]
    ) -> (object: JSONObject, end: Int)? {
        var start = held.startIndex
        while let open = held[start...].firstIndex(of: UInt8(ascii: "{")) {
            guard let end = held.bracketEnd(open: UInt8(ascii: "{"), from: open) else {
                return nil
            }
            if end > place, let value = try? JSONValue(parsing: Array(held[open..<end])),
                let object = value.object
            {
                return (object, end)
            }
            start = open + 1
        }
        return nil
    }

    /// What the object says are the arguments; the whole object when it says nothing.
    private static func arguments(in object: JSONObject, tool: String) -> JSONObject {
        search(.object(object), tool) ?? object
    }

    private static func search(_ value: JSONValue, _ tool: String) -> JSONObject? {
        switch value {
        case .object(let members):
            if members["name"] != nil {
                for key in ["arguments", "parameters"] {
                    if let found = object(members[key]) { return found }
                }
            }
            if let found = members[tool]?.object { return found }
            for (_, member) in members { if let found = search(member, tool) { return found } }
        case .array(let elements):
            for element in elements { if let found = search(element, tool) { return found } }
        default: break
        }
        return nil
    }

    /// An object, or the object inside a string.
    private static func object(_ value: JSONValue?) -> JSONObject? {
        switch value {
        case .object(let members)?: members
        case .string(let text)?: (try? JSONValue(parsing: text))?.object
        default: nil
        }
    }
}

extension [UInt8] {
    /// Behind the bracket that closes the one of kind `open` first met from `start` on.
    ///
    /// Brackets inside JSON strings do not count.
    fileprivate func bracketEnd(open: UInt8, from start: Int) -> Int? {
        let close = open == UInt8(ascii: "{") ? UInt8(ascii: "}") : UInt8(ascii: "]")
        var depth = 0
        var isString = false
        var index = start
        while index < count {
            let byte = self[index]
            if isString {
                if byte == UInt8(ascii: "\\") {
                    index += 1
                } else if byte == UInt8(ascii: "\"") {
                    isString = false
                }
            } else if byte == UInt8(ascii: "\"") {
                isString = true
            } else if byte == open {
                depth += 1
            } else if byte == close {
                depth -= 1
                if depth <= 0 { return index + 1 }
            }
            index += 1
        }
        return nil
    }
}
