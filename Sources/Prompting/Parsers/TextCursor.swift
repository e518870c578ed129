import API

/// Why text could not be read as a call.
enum ReadStop: Error {
    /// The text ends before this can be told.
    case more
    case mismatch
}

/// A place in the text from which a call is read.
///
/// What a reader finds must depend on the bytes that it consumed alone, so that more text never
/// changes it.
struct TextCursor {
    let bytes: [UInt8]
    var position = 0
    /// No text will follow.
    let isFinal: Bool

    var rest: ArraySlice<UInt8> { bytes[position...] }

    mutating func skipSpace() {
        while position < bytes.count, bytes[position].isSpace { position += 1 }
    }

    /// The next byte, without reading it.
    func peek() throws(ReadStop) -> UInt8 {
        guard position < bytes.count else { throw .more }
        return bytes[position]
    }

    /// Reads `text` where it comes next.
    mutating func take(_ text: String) throws(ReadStop) -> Bool {
        let text = Array(text.utf8)
        if bytes.holds(text, at: position) {
            position += text.count
            return true
        }
        if !isFinal, bytes.count - position < text.count, text.starts(with: rest) { throw .more }
        return false
    }

    mutating func expect(_ text: String) throws(ReadStop) {
        guard try take(text) else {
            throw Array(text.utf8).starts(with: rest) ? .more : .mismatch
        }
    }

    /// The text in front of the next `end`, which is read too.
    mutating func text(before end: String) throws(ReadStop) -> String {
        guard let place = bytes.firstOccurrence(of: Array(end.utf8), from: position) else {
            throw .more
        }
        defer { position = place + end.utf8.count }
        return String(decoding: bytes[position..<place], as: UTF8.self)
    }

    /// Letters, digits and the signs that names of functions have.
    mutating func name(allowing extra: String = "_-.") throws(ReadStop) -> String {
        let start = position
        while position < bytes.count {
            let byte = bytes[position]
            guard byte.isAlphanumeric || byte >= 0x80 || extra.utf8.contains(byte) else { break }
            position += 1
        }
        guard position < bytes.count || isFinal else { throw .more }
        guard position > start else { throw .mismatch }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    /// An object or a list; raw line breaks in strings are allowed.
    mutating func json() throws(ReadStop) -> JSONValue {
        let open = try peek()
        guard open == UInt8(ascii: "{") || open == UInt8(ascii: "[") else { throw .mismatch }
        guard let end = Self.end(of: bytes, from: position) else { throw .more }
        guard let value = Self.json(Array(bytes[position..<end])) else { throw .mismatch }
        position = end
        return value
    }

    mutating func object() throws(ReadStop) -> JSONObject {
        guard try peek() == UInt8(ascii: "{"), let object = try json().object else {
            throw .mismatch
        }
        return object
    }

    /// Behind the bracket that closes the first one; brackets in strings do not count.
    private static func end(of bytes: [UInt8], from start: Int) -> Int? {
        var depth = 0
        var isString = false
        var index = start
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "\\") where isString: index += 1
            case UInt8(ascii: "\""): isString.toggle()
            case UInt8(ascii: "{") where !isString, UInt8(ascii: "[") where !isString: depth += 1
            case UInt8(ascii: "}") where !isString, UInt8(ascii: "]") where !isString:
                depth -= 1
                if depth == 0 { return index + 1 }
            default: break
            }
            index += 1
        }
        return nil
    }

    /// A value from text that may hold raw control characters in its strings.
    static func json(_ bytes: [UInt8]) -> JSONValue? {
        if let value = try? JSONValue(parsing: bytes) { return value }
        var mended: [UInt8] = []
        var isString = false
        var isEscaped = false
        for byte in bytes {
            if isString, byte < 0x20 {
                switch byte {
                case 0x0A: mended += Array("\\n".utf8)
                case 0x0D: mended += Array("\\r".utf8)
                case 0x09: mended += Array("\\t".utf8)
                default: mended.append(0x20)
                }
                isEscaped = false
                continue
            }
            if byte == UInt8(ascii: "\""), !isEscaped { isString.toggle() }
            isEscaped = isString && byte == UInt8(ascii: "\\") && !isEscaped
            mended.append(byte)
        }
        return try? JSONValue(parsing: mended)
    }
}

extension UInt8 {
    var isSpace: Bool { self == 0x20 || (0x09...0x0D).contains(self) }
    var isAlphanumeric: Bool {
        (0x30...0x39).contains(self) || (0x41...0x5A).contains(self) || (0x61...0x7A).contains(self)
    }
}
