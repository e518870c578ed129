/// A JSON text as nodes that refer to each other by number, members in their order.
struct OrderedJSON: Sendable {
    enum Node: Sendable, Equatable {
        case null
        case bool(Bool)
        /// As it was written.
        case number([UInt8])
        /// Decoded, in UTF-8.
        case string([UInt8])
        case array([Int])
        case object([Member])
    }

    struct Member: Sendable, Equatable {
        var key: [UInt8]
        var value: Int
    }

    private(set) var nodes: [Node] = []
    private(set) var root = 0

    private var bytes: [UInt8]
    private var position = 0

    /// - Throws: ``GrammarError`` for text that is no JSON, or nested too deeply.
    init(parsing bytes: [UInt8]) throws {
        guard bytes.count <= GrammarLimits.sourceBytes else {
            throw GrammarError("the schema is longer than \(GrammarLimits.sourceBytes) bytes")
        }
        self.bytes = bytes
        root = try value(depth: 0)
        skipSpace()
        guard position == bytes.count else { throw invalid() }
        self.bytes = []
    }

    subscript(_ node: Int) -> Node { nodes[node] }

    func member(_ key: String, of node: Int) -> Int? {
        guard case .object(let members) = nodes[node] else { return nil }
        let wanted = Array(key.utf8)
        return members.last { $0.key == wanted }?.value
    }

    private func invalid() -> GrammarError {
        GrammarError("the schema is not valid JSON at byte \(position)")
    }

    private mutating func skipSpace() {
        while position < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) {
            position += 1
        }
    }

    mutating func add(_ node: Node) -> Int {
        nodes.append(node)
        return nodes.count - 1
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard position < bytes.count, bytes[position] == byte else { return false }
        position += 1
        return true
    }

    private mutating func value(depth: Int) throws -> Int {
        guard depth < GrammarLimits.depth else {
            throw GrammarError("the schema is nested deeper than \(GrammarLimits.depth) levels")
        }
        skipSpace()
        guard position < bytes.count else { throw invalid() }
        switch bytes[position] {
        case 0x7B:
            position += 1
            var members: [Member] = []
            skipSpace()
            if take(0x7D) { return add(.object([])) }
            while true {
                skipSpace()
                let key = try string()
                skipSpace()
                guard take(0x3A) else { throw invalid() }
                members.append(Member(key: key, value: try value(depth: depth + 1)))
                skipSpace()
                if take(0x7D) { return add(.object(members)) }
                guard take(0x2C) else { throw invalid() }
            }
        case 0x5B:
            position += 1
            var elements: [Int] = []
            skipSpace()
            if take(0x5D) { return add(.array([])) }
            while true {
                elements.append(try value(depth: depth + 1))
                skipSpace()
                if take(0x5D) { return add(.array(elements)) }
                guard take(0x2C) else { throw invalid() }
            }
        case 0x22: return add(.string(try string()))
        case 0x74: return try word("true", .bool(true))
        case 0x66: return try word("false", .bool(false))
        case 0x6E: return try word("null", .null)
        default: return try number()
        }
    }

    private mutating func word(_ text: String, _ node: Node) throws -> Int {
        for byte in text.utf8 { guard take(byte) else { throw invalid() } }
        return add(node)
    }

    private mutating func number() throws -> Int {
        let start = position
        while position < bytes.count,
            (0x30...0x39).contains(bytes[position])
                || [0x2B, 0x2D, 0x2E, 0x45, 0x65].contains(
                    bytes[position])
        {
            position += 1
        }
        let text = Array(bytes[start..<position])
        guard Self.isNumber(text) else { throw invalid() }
        return add(.number(text))
    }

    static func isNumber(_ text: [UInt8]) -> Bool {
        var rest = text[...]
        func digits(_ rest: inout ArraySlice<UInt8>) -> Int {
            var count = 0
            while let c = rest.first, (0x30...0x39).contains(c) {
                rest = rest.dropFirst()
                count += 1
            }
            return count
        }
        if rest.first == 0x2D { rest = rest.dropFirst() }
        let leadingZero = rest.first == 0x30
        let whole = digits(&rest)
        if whole == 0 || (leadingZero && whole > 1) { return false }
        if rest.first == 0x2E {
            rest = rest.dropFirst()
            if digits(&rest) == 0 { return false }
        }
        if let c = rest.first, c == 0x45 || c == 0x65 {
            rest = rest.dropFirst()
            if let sign = rest.first, sign == 0x2B || sign == 0x2D { rest = rest.dropFirst() }
            if digits(&rest) == 0 { return false }
        }
        return rest.isEmpty
    }

    private mutating func string() throws -> [UInt8] {
        guard take(0x22) else { throw invalid() }
        var result: [UInt8] = []
        while true {
            guard position < bytes.count else { throw invalid() }
            let byte = bytes[position]
            position += 1
            switch byte {
            case 0x22: return Array(String(decoding: result, as: UTF8.self).utf8)
            case 0x5C: try escape(into: &result)
            case 0x00...0x1F: throw invalid()
            default: result.append(byte)
            }
        }
    }

    private mutating func escape(into result: inout [UInt8]) throws {
        guard position < bytes.count else { throw invalid() }
        let kind = bytes[position]
        position += 1
        switch kind {
        case 0x22, 0x5C, 0x2F: result.append(kind)
        case 0x62: result.append(8)
        case 0x66: result.append(12)
        case 0x6E: result.append(10)
        case 0x72: result.append(13)
        case 0x74: result.append(9)
        case 0x75:
            var value = try hexadecimal()
            if (0xD800...0xDBFF).contains(value), position + 1 < bytes.count,
                bytes[position] == 0x5C, bytes[position + 1] == 0x75
            {
                let saved = position
                position += 2
                let low = try hexadecimal()
                if (0xDC00...0xDFFF).contains(low) {
                    value = 0x10000 + (value - 0xD800) << 10 + (low - 0xDC00)
                } else {
                    position = saved
                }
            }
            let scalar = Unicode.Scalar(value) ?? "\u{FFFD}"
            result += Array(String(Character(scalar)).utf8)
        default: throw invalid()
        }
    }

    private mutating func hexadecimal() throws -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard position < bytes.count,
                let digit = Character(Unicode.Scalar(bytes[position])).hexDigitValue
            else { throw invalid() }
            value = value << 4 | UInt32(digit)
            position += 1
        }
        return value
    }
}
