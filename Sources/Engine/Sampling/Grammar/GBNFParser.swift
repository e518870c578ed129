/// Reads a grammar in GBNF.
struct GBNFParser {
    private let source: [UInt32]
    private var position = 0
    private var numbers: [String: Int] = [:]
    private var names: [String] = []
    private var rules: [GrammarExpression?] = []
    private var depth = 0

    init(_ bytes: [UInt8]) throws {
        guard bytes.count <= GrammarLimits.sourceBytes else {
            throw GrammarError("the grammar is longer than \(GrammarLimits.sourceBytes) bytes")
        }
        source = String(decoding: bytes, as: UTF8.self).unicodeScalars.map(\.value)
    }

    mutating func parse() throws -> (rules: [GrammarExpression], names: [String], root: Int) {
        skipSpace(lines: true)
        while position < source.count {
            let name = try ruleName()
            skipSpace(lines: false)
            guard take("::=") else { throw unexpected("'::='") }
            skipSpace(lines: true)
            let number = try self.number(of: name)
            guard rules[number] == nil else {
                throw GrammarError("rule '\(name)' is defined twice")
            }
            rules[number] = try alternates(nested: false)
            if position < source.count, !isLineBreak(source[position]) {
                throw unexpected("the end of rule '\(name)'")
            }
            skipSpace(lines: true)
        }
        guard let root = numbers["root"] else { throw GrammarError("there is no rule 'root'") }
        var complete: [GrammarExpression] = []
        for (number, rule) in rules.enumerated() {
            guard let rule else { throw GrammarError("rule '\(names[number])' is not defined") }
            complete.append(rule)
        }
        return (complete, names, root)
    }

    private mutating func number(of name: String) throws -> Int {
        if let known = numbers[name] { return known }
        guard names.count < GrammarLimits.rules else {
            throw GrammarError("the grammar has more than \(GrammarLimits.rules) rules")
        }
        numbers[name] = names.count
        names.append(name)
        rules.append(nil)
        return names.count - 1
    }

    private func unexpected(_ wanted: String) -> GrammarError {
        let line = source[..<min(position, source.count)].reduce(1) { $0 + ($1 == 10 ? 1 : 0) }
        return GrammarError("line \(line) of the grammar: \(wanted) expected")
    }

    private func isLineBreak(_ c: UInt32) -> Bool { c == 10 || c == 13 }

    private mutating func skipSpace(lines: Bool) {
        while position < source.count {
            let c = source[position]
            if c == 0x20 || c == 0x09 || (lines && isLineBreak(c)) {
                position += 1
            } else if c == 0x23 {
                while position < source.count, !isLineBreak(source[position]) { position += 1 }
            } else {
                return
            }
        }
    }

    private mutating func take(_ text: String) -> Bool {
        let wanted = text.unicodeScalars.map(\.value)
        guard position + wanted.count <= source.count,
            Array(source[position..<position + wanted.count]) == wanted
        else { return false }
        position += wanted.count
        return true
    }

    private func isNameCharacter(_ c: UInt32) -> Bool {
        (0x30...0x39).contains(c) || (0x41...0x5A).contains(c) || (0x61...0x7A).contains(c)
            || c == 0x2D || c == 0x5F
    }

    private mutating func ruleName() throws -> String {
        var name = ""
        while position < source.count, isNameCharacter(source[position]) {
            name.unicodeScalars.append(Unicode.Scalar(UInt8(source[position])))
            position += 1
        }
        guard !name.isEmpty else { throw unexpected("the name of a rule") }
        return name
    }

    private mutating func alternates(nested: Bool) throws -> GrammarExpression {
        depth += 1
        defer { depth -= 1 }
        guard depth <= GrammarLimits.depth else {
            throw GrammarError("groups are nested deeper than \(GrammarLimits.depth) levels")
        }
        var options = [try sequence(nested: nested)]
        while take("|") {
            skipSpace(lines: true)
            options.append(try sequence(nested: nested))
        }
        return options.count == 1 ? options[0] : .choice(options)
    }

    private mutating func sequence(nested: Bool) throws -> GrammarExpression {
        var parts: [GrammarExpression] = []
        while position < source.count {
            let c = source[position]
            var part: GrammarExpression
            switch c {
            case 0x22: part = .literal(try literal())
            case 0x5B: part = .scalar(try characterClass())
            case 0x2E:
                position += 1
                part = .scalar(.all)
            case 0x28:
                position += 1
                skipSpace(lines: true)
                part = try alternates(nested: true)
                guard take(")") else { throw unexpected("')'") }
            case 0x3C: throw GrammarError("tokens in a grammar ('<') are not supported")
            case _ where isNameCharacter(c): part = .rule(try number(of: ruleName()))
            default:
                return .sequence(parts)
            }
            skipSpace(lines: nested)
            while let (min, max) = try repetition(nested: nested) {
                part = .repeating(part, min, max)
            }
            parts.append(part)
        }
        return .sequence(parts)
    }

    private mutating func repetition(nested: Bool) throws -> (Int, Int?)? {
        guard position < source.count else { return nil }
        defer { skipSpace(lines: nested) }
        if take("*") { return (0, nil) }
        if take("+") { return (1, nil) }
        if take("?") { return (0, 1) }
        guard take("{") else { return nil }
        skipSpace(lines: nested)
        let min = try count()
        skipSpace(lines: nested)
        var max: Int? = min
        if take(",") {
            skipSpace(lines: nested)
            max = position < source.count && source[position] != 0x7D ? try count() : nil
            skipSpace(lines: nested)
        }
        guard take("}") else { throw unexpected("'}'") }
        if let max, max < min { throw unexpected("a larger second number in {\(min),\(max)}") }
        return (min, max)
    }

    private mutating func count() throws -> Int {
        let start = position
        var value = 0
        while position < source.count, (0x30...0x39).contains(source[position]) {
            value = min(value * 10 + Int(source[position] - 0x30), 1_000_000_000)
            position += 1
        }
        guard position > start else { throw unexpected("a number") }
        return value
    }

    private mutating func literal() throws -> [UInt8] {
        position += 1
        var bytes: [UInt8] = []
        while true {
            guard position < source.count else { throw unexpected("'\"'") }
            if source[position] == 0x22 {
                position += 1
                return bytes
            }
            let value = try character()
            guard let scalar = Unicode.Scalar(value) else {
                throw GrammarError("code point \(value) has no UTF-8 form")
            }
            bytes += Array(String(Character(scalar)).utf8)
        }
    }

    private mutating func characterClass() throws -> ScalarSet {
        position += 1
        let inverted = take("^")
        var ranges: [ClosedRange<UInt32>] = []
        while true {
            guard position < source.count else { throw unexpected("']'") }
            if source[position] == 0x5D {
                position += 1
                break
            }
            let low = try character()
            var high = low
            if position + 1 < source.count, source[position] == 0x2D, source[position + 1] != 0x5D {
                position += 1
                high = try character()
            }
            guard low <= high else { throw unexpected("a range of rising characters") }
            ranges.append(low...high)
        }
        let set = ScalarSet(ranges)
        return inverted ? set.inverted : set
    }

    private mutating func character() throws -> UInt32 {
        let c = source[position]
        position += 1
        guard c == 0x5C else { return c }
        guard position < source.count else { throw unexpected("an escaped character") }
        let kind = source[position]
        position += 1
        switch kind {
        case 0x78: return try hexadecimal(2)
        case 0x75: return try hexadecimal(4)
        case 0x55: return try hexadecimal(8)
        case 0x6E: return 10
        case 0x72: return 13
        case 0x74: return 9
        case 0x22, 0x5B, 0x5D, 0x5C, 0x2D, 0x5E, 0x2F: return kind
        default: throw unexpected("a known escape")
        }
    }

    private mutating func hexadecimal(_ digits: Int) throws -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<digits {
            guard position < source.count, let scalar = Unicode.Scalar(source[position]),
                let digit = Character(scalar).hexDigitValue
            else { throw unexpected("\(digits) hexadecimal digits") }
            value = value << 4 | UInt32(digit)
            position += 1
        }
        guard value <= 0x10FFFF else { throw unexpected("a code point") }
        return value
    }
}
