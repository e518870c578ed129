/// Why bytes are not JSON, in the words that Go's decoder uses, which clients know.
public struct JSONError: Error, Sendable, Equatable, CustomStringConvertible {
    public let description: String
    /// The text ended inside a value.
    public let isTruncated: Bool
    /// There was nothing but white space.
    public let isEmpty: Bool

    init(_ description: String, isTruncated: Bool = false, isEmpty: Bool = false) {
        self.description = description
        self.isTruncated = isTruncated
        self.isEmpty = isEmpty
    }
}

extension JSONValue {
    /// Deepest nesting that is read; deeper text is refused instead of exhausting the stack.
    public static let maximumDepth = 500

    /// Reads exactly one value; white space may surround it.
    ///
    /// - Throws: ``JSONError`` for malformed text.
    public init(parsing text: String) throws(JSONError) {
        try self.init(parsing: Array(text.utf8))
    }

    public init(parsing bytes: [UInt8]) throws(JSONError) {
        var parser = JSONParser(bytes)
        self = try parser.first()
        parser.skipSpace()
        if parser.position < bytes.count {
            throw parser.unexpected("after top-level value")
        }
    }

    /// Reads the first value and ignores what follows it.
    public init(parsingFirst bytes: [UInt8]) throws(JSONError) {
        var parser = JSONParser(bytes)
        self = try parser.first()
    }
}

/// Recursive-descent reader over UTF-8. Invalid UTF-8 and lone surrogates become U+FFFD.
private struct JSONParser {
    let bytes: [UInt8]
    var position = 0
    var depth = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func first() throws(JSONError) -> JSONValue {
        skipSpace()
        guard position < bytes.count else {
            throw JSONError("unexpected end of JSON input", isEmpty: true)
        }
        return try value()
    }

    mutating func skipSpace() {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x09, 0x0A, 0x0D: position += 1
            default: return
            }
        }
    }

    func unexpected(_ place: String) -> JSONError {
        guard position < bytes.count else { return JSONError("unexpected EOF", isTruncated: true) }
        let scalars = String(
            decoding: bytes[position..<min(position + 4, bytes.count)], as: UTF8.self
        )
        .unicodeScalars
        let shown: String =
            switch scalars.first! {
            case "'": "'\\''"
            case "\"": "'\"'"
            case "\\": "'\\\\'"
            case "\n": "'\\n'"
            case "\r": "'\\r'"
            case "\t": "'\\t'"
            case let scalar where scalar.value < 0x20 || scalar.value == 0x7F:
                "'\\x\(scalar.value < 16 ? "0" : "")\(String(scalar.value, radix: 16))'"
            case let scalar: "'\(scalar)'"
            }
        return JSONError("invalid character \(shown) \(place)")
    }

    mutating func value() throws(JSONError) -> JSONValue {
        guard position < bytes.count else { throw unexpected("") }
        switch bytes[position] {
        case UInt8(ascii: "{"): return try object()
        case UInt8(ascii: "["): return try array()
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try literal("true", .bool(true))
        case UInt8(ascii: "f"): return try literal("false", .bool(false))
        case UInt8(ascii: "n"): return try literal("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
        default: throw unexpected("looking for beginning of value")
        }
    }

    mutating func literal(_ word: StaticString, _ value: JSONValue) throws(JSONError) -> JSONValue {
        let name = word.description
        for expected in name.utf8 {
            guard position < bytes.count, bytes[position] == expected else {
                throw unexpected(
                    "in literal \(name) (expecting '\(Character(Unicode.Scalar(expected)))')")
            }
            position += 1
        }
        return value
    }

    mutating func descend() throws(JSONError) {
        depth += 1
        if depth > JSONValue.maximumDepth {
            throw JSONError("exceeded max depth")
        }
        position += 1
        skipSpace()
    }

    mutating func object() throws(JSONError) -> JSONValue {
        try descend()
        defer { depth -= 1 }
        var members = JSONObject()
        if position < bytes.count, bytes[position] == UInt8(ascii: "}") {
            position += 1
            return .object(members)
        }
        while true {
            guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else {
                throw unexpected("looking for beginning of object key string")
            }
            let key = try string()
            skipSpace()
            guard position < bytes.count, bytes[position] == UInt8(ascii: ":") else {
                throw unexpected("after object key")
            }
            position += 1
            skipSpace()
            members[key] = try value()
            skipSpace()
            guard position < bytes.count else { throw unexpected("") }
            if bytes[position] == UInt8(ascii: "}") {
                position += 1
                return .object(members)
            }
            guard bytes[position] == UInt8(ascii: ",") else {
                throw unexpected("after object key:value pair")
            }
            position += 1
            skipSpace()
        }
    }

    mutating func array() throws(JSONError) -> JSONValue {
        try descend()
        defer { depth -= 1 }
        var elements: [JSONValue] = []
        if position < bytes.count, bytes[position] == UInt8(ascii: "]") {
            position += 1
            return .array(elements)
        }
        while true {
            elements.append(try value())
            skipSpace()
            guard position < bytes.count else { throw unexpected("") }
            if bytes[position] == UInt8(ascii: "]") {
                position += 1
                return .array(elements)
            }
            guard bytes[position] == UInt8(ascii: ",") else {
                throw unexpected("after array element")
            }
            position += 1
            skipSpace()
        }
    }

    mutating func digits(_ place: String) throws(JSONError) {
        let start = position
        while position < bytes.count,
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[position])
        {
            position += 1
        }
        if start == position { throw unexpected(place) }
    }

    mutating func number() throws(JSONError) -> JSONValue {
        let start = position
        if bytes[position] == UInt8(ascii: "-") { position += 1 }
        if position < bytes.count, bytes[position] == UInt8(ascii: "0") {
            position += 1
        } else {
            try digits("in numeric literal")
        }
        if position < bytes.count, bytes[position] == UInt8(ascii: ".") {
            position += 1
            try digits("after decimal point in numeric literal")
        }
        if position < bytes.count, bytes[position] | 0x20 == UInt8(ascii: "e") {
            position += 1
            if position < bytes.count,
                bytes[position] == UInt8(ascii: "+") || bytes[position] == UInt8(ascii: "-")
            {
                position += 1
            }
            try digits("in exponent of numeric literal")
        }
        return .number(
            JSONNumber(literal: String(decoding: bytes[start..<position], as: UTF8.self)))
    }

    mutating func string() throws(JSONError) -> String {
        position += 1
        var start = position
        while position < bytes.count, bytes[position] != UInt8(ascii: "\""),
            bytes[position] != UInt8(ascii: "\\"), bytes[position] >= 0x20
        {
            position += 1
        }
        if position < bytes.count, bytes[position] == UInt8(ascii: "\"") {
            defer { position += 1 }
            return String(decoding: bytes[start..<position], as: UTF8.self)
        }
        var out: [UInt8] = []
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "\""):
                out += bytes[start..<position]
                position += 1
                return String(decoding: out, as: UTF8.self)
            case UInt8(ascii: "\\"):
                out += bytes[start..<position]
                position += 1
                try escape(into: &out)
                start = position
            case 0..<0x20: throw unexpected("in string literal")
            default: position += 1
            }
        }
        throw unexpected("")
    }

    mutating func escape(into out: inout [UInt8]) throws(JSONError) {
        guard position < bytes.count else { throw unexpected("") }
        switch bytes[position] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): out.append(bytes[position])
        case UInt8(ascii: "b"): out.append(0x08)
        case UInt8(ascii: "f"): out.append(0x0C)
        case UInt8(ascii: "n"): out.append(0x0A)
        case UInt8(ascii: "r"): out.append(0x0D)
        case UInt8(ascii: "t"): out.append(0x09)
        case UInt8(ascii: "u"):
            position += 1
            var code = try hex4()
            if (0xD800..<0xDC00).contains(code), position + 1 < bytes.count,
                bytes[position] == UInt8(ascii: "\\"), bytes[position + 1] == UInt8(ascii: "u")
            {
                let mark = position
                position += 2
                let low = try hex4()
                if (0xDC00..<0xE000).contains(low) {
                    code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
                } else {
                    position = mark
                }
            }
            out += Array(String(Unicode.Scalar(code) ?? "\u{FFFD}").utf8)
            return
        default: throw unexpected("in string escape code")
        }
        position += 1
    }

    mutating func hex4() throws(JSONError) -> UInt32 {
        var code: UInt32 = 0
        for _ in 0..<4 {
            guard position < bytes.count,
                let digit = Character(Unicode.Scalar(bytes[position])).hexDigitValue
            else { throw unexpected("in \\u hexadecimal character escape") }
            code = code << 4 | UInt32(digit)
            position += 1
        }
        return code
    }
}
