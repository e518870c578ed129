import API

/// Walks through JSON text and makes values only of what is asked for.
///
/// For files whose objects have a member for every token or tensor: keys stay apart by their bytes,
/// where a dictionary of strings would take canonically equal ones for the same, and members that
/// nobody wants cost no memory. What is skipped is checked only as far as skipping needs.
struct JSONSkimmer {
    private let bytes: [UInt8]
    private var position = 0
    /// What the text is, for errors.
    private let label: String

    init(_ bytes: [UInt8], label: String) {
        self.bytes = bytes
        self.label = label
        skipSpace()
    }

    func malformed(_ what: String) -> StoreError {
        StoreError(.malformed, "\(label): \(what) at byte \(position)")
    }

    private mutating func skipSpace() {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x09, 0x0A, 0x0D: position += 1
            default: return
            }
        }
    }

    /// The first byte of the next value.
    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard next == byte else { return false }
        position += 1
        skipSpace()
        return true
    }

    /// The members of the object that comes next; `body` must consume each value.
    mutating func forEachMember(
        _ body: (_ key: String, _ value: inout JSONSkimmer) throws(StoreError) -> Void
    ) throws(StoreError) {
        guard take(UInt8(ascii: "{")) else { throw malformed("expected an object") }
        if take(UInt8(ascii: "}")) { return }
        while true {
            let key = try string()
            guard take(UInt8(ascii: ":")) else { throw malformed("expected \":\"") }
            try body(key, &self)
            if take(UInt8(ascii: ",")) { continue }
            guard take(UInt8(ascii: "}")) else { throw malformed("expected \",\" or \"}\"") }
            return
        }
    }

    /// The elements of the array that comes next; `body` must consume each one.
    mutating func forEachElement(
        _ body: (_ value: inout JSONSkimmer) throws(StoreError) -> Void
    ) throws(StoreError) {
        guard take(UInt8(ascii: "[")) else { throw malformed("expected an array") }
        if take(UInt8(ascii: "]")) { return }
        while true {
            try body(&self)
            if take(UInt8(ascii: ",")) { continue }
            guard take(UInt8(ascii: "]")) else { throw malformed("expected \",\" or \"]\"") }
            return
        }
    }

    var isArray: Bool { next == UInt8(ascii: "[") }
    var isObject: Bool { next == UInt8(ascii: "{") }

    mutating func string() throws(StoreError) -> String {
        guard next == UInt8(ascii: "\"") else { throw malformed("expected a string") }
        let start = position
        let isPlain = try skipString()
        let text = bytes[start..<position]
        skipSpace()
        if isPlain { return String(decoding: text.dropFirst().dropLast(), as: UTF8.self) }
        guard let string = try Self.parse(text, malformed("bad string")).string else {
            throw malformed("expected a string")
        }
        return string
    }

    mutating func integer() throws(StoreError) -> Int {
        guard let value = try value().integer else { throw malformed("expected an integer") }
        return value
    }

    /// The whole next value.
    mutating func value() throws(StoreError) -> JSONValue {
        let start = position
        try skip()
        return try Self.parse(bytes[start..<position], malformed("bad value"))
    }

    private static func parse(
        _ bytes: ArraySlice<UInt8>, _ failure: StoreError
    ) throws(StoreError) -> JSONValue {
        do throws(JSONError) {
            return try JSONValue(parsing: Array(bytes))
        } catch {
            throw StoreError(.malformed, "\(failure): \(error)")
        }
    }

    /// Skips the next value, however deep it is.
    mutating func skip() throws(StoreError) {
        var depth = 0
        repeat {
            guard let byte = next else { throw malformed("unexpected end") }
            switch byte {
            case UInt8(ascii: "\""): _ = try skipString()
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                position += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                guard depth > 0 else { throw malformed("expected a value") }
                depth -= 1
                position += 1
            case UInt8(ascii: ","), UInt8(ascii: ":"):
                guard depth > 0 else { throw malformed("expected a value") }
                position += 1
            default: skipWord()
            }
            skipSpace()
        } while depth > 0
    }

    private mutating func skipWord() {
        position += 1
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: ","), UInt8(ascii: ":"), UInt8(ascii: "{"), UInt8(ascii: "}"),
                UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "\""), 0x20, 0x09, 0x0A, 0x0D:
                return
            default: position += 1
            }
        }
    }

    /// Says whether the string has no escapes.
    private mutating func skipString() throws(StoreError) -> Bool {
        var isPlain = true
        position += 1
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "\""):
                position += 1
                return isPlain
            case UInt8(ascii: "\\"):
                isPlain = false
                position += 2
            case 0..<0x20: throw malformed("control character in a string")
            default: position += 1
            }
        }
        position = min(position, bytes.count)
        throw malformed("unexpected end in a string")
    }

    /// - Throws: malformed unless only white space is left.
    func finish() throws(StoreError) {
        guard position == bytes.count else { throw malformed("text after the value") }
    }
}
