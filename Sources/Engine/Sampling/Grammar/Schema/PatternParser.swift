/// Reads the regular expressions of `pattern` into expressions over the inside of a JSON string.
///
/// Characters come out in one canonical form: unescaped where JSON allows it, else with the
/// shortest escape. A pattern without `^` or `$` may match anywhere in the text.
struct PatternParser {
    private let pattern: [UInt32]
    private let text: String
    private var position = 0
    private var depth = 0

    static let anything = GrammarExpression.any(encoded(.all))

    static func parse(_ text: String) throws -> GrammarExpression {
        var parser = PatternParser(text)
        return try parser.alternatives(top: true)
    }

    private init(_ text: String) {
        self.text = text
        pattern = text.unicodeScalars.map(\.value)
    }

    /// One character of the set as it stands in a JSON string.
    static func encoded(_ set: ScalarSet) -> GrammarExpression {
        var options: [GrammarExpression] = [.scalar(set.intersection(.plain))]
        var escapes: [[UInt8]] = []
        for scalar in UInt32(0)...0x5C where set.contains(scalar) {
            if scalar < 0x20 || scalar == 0x22 || scalar == 0x5C {
                escapes.append(encoded(scalar: scalar))
            }
        }
        if !escapes.isEmpty { options.append(.oneOf(escapes)) }
        return options.count == 1 ? options[0] : .choice(options)
    }

    private static func encoded(scalar: UInt32) -> [UInt8] {
        switch scalar {
        case 0x22: return Array(#"\""#.utf8)
        case 0x5C: return Array(#"\\"#.utf8)
        case 8: return Array(#"\b"#.utf8)
        case 9: return Array(#"\t"#.utf8)
        case 10: return Array(#"\n"#.utf8)
        case 12: return Array(#"\f"#.utf8)
        case 13: return Array(#"\r"#.utf8)
        default:
            let hex = Array("0123456789abcdef".utf8)
            return Array(#"\u00"#.utf8) + [hex[Int(scalar >> 4)], hex[Int(scalar & 15)]]
        }
    }

    /// The inside of a JSON string for a text in UTF-8.
    static func encoded(_ bytes: [UInt8]) -> [UInt8] {
        bytes.flatMap { byte in
            byte < 0x20 || byte == 0x22 || byte == 0x5C ? encoded(scalar: UInt32(byte)) : [byte]
        }
    }

    private func refused(_ what: String) -> GrammarError {
        GrammarError("pattern '\(text)': \(what) is not supported")
    }

    private func invalid(_ what: String) -> GrammarError {
        GrammarError("pattern '\(text)': \(what)")
    }

    private func peek(_ character: Unicode.Scalar) -> Bool {
        position < pattern.count && pattern[position] == character.value
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard peek(character) else { return false }
        position += 1
        return true
    }

    private mutating func alternatives(top: Bool) throws -> GrammarExpression {
        depth += 1
        defer { depth -= 1 }
        guard depth <= GrammarLimits.depth else { throw refused("such deep nesting of groups") }
        var options = [try sequence(top: top)]
        while take("|") { options.append(try sequence(top: top)) }
        if top, position < pattern.count { throw invalid("')' without '('") }
        return options.count == 1 ? options[0] : .choice(options)
    }

    private mutating func sequence(top: Bool) throws -> GrammarExpression {
        var parts: [GrammarExpression] = []
        let anchored = top && take("^")
        while peek("^") && anchored { position += 1 }
        var closed = false
        while position < pattern.count, !peek("|"), !peek(")") {
            if top && take("$") {
                guard position == pattern.count || peek("|") else {
                    throw refused("'$' before the end")
                }
                closed = true
                break
            }
            let part = try atom()
            parts.append(try quantified(part))
        }
        if top && !anchored { parts.insert(Self.anything, at: 0) }
        if top && !closed { parts.append(Self.anything) }
        return .sequence(parts)
    }

    private mutating func quantified(_ atom: GrammarExpression) throws -> GrammarExpression {
        var min = 1
        var max: Int? = 1
        if take("*") {
            (min, max) = (0, nil)
        } else if take("+") {
            (min, max) = (1, nil)
        } else if take("?") {
            (min, max) = (0, 1)
        } else if peek("{") {
            let start = position
            position += 1
            guard let low = number() else {
                position = start
                throw invalid("'{' without a count")
            }
            (min, max) = (low, low)
            if take(",") { max = number() }
            guard take("}") else { throw invalid("'}' is missing") }
            if let max, max < min { throw invalid("{\(min),\(max)} is out of order") }
        } else {
            return atom
        }
        _ = take("?")
        if peek("*") || peek("+") || peek("?") { throw refused("a quantifier of a quantifier") }
        return .repeating(atom, min, max)
    }

    private mutating func number() -> Int? {
        let start = position
        var value = 0
        while position < pattern.count, (0x30...0x39).contains(pattern[position]) {
            value = Swift.min(value * 10 + Int(pattern[position] - 0x30), 1_000_000_000)
            position += 1
        }
        return position > start ? value : nil
    }

    private mutating func atom() throws -> GrammarExpression {
        let c = pattern[position]
        switch Unicode.Scalar(c) {
        case "(":
            position += 1
            if take("?") {
                if take("<") {
                    if peek("=") || peek("!") { throw refused("lookbehind") }
                    while position < pattern.count, !peek(">") { position += 1 }
                    guard take(">") else { throw invalid("'>' is missing") }
                } else if !take(":") {
                    throw refused("'(?' other than '(?:'")
                }
            }
            let inner = try alternatives(top: false)
            guard take(")") else { throw invalid("')' is missing") }
            return inner
        case "[": return Self.encoded(try characterClass())
        case ".":
            position += 1
            return Self.encoded(
                ScalarSet([10...10, 13...13, 0x2028...0x2029]).inverted)
        case "\\":
            position += 1
            return Self.encoded(try escape(inClass: false))
        case "^", "$": throw refused("an anchor inside the pattern")
        case "*", "+", "?": throw invalid("nothing to repeat")
        default:
            position += 1
            return Self.encoded(ScalarSet([c...c]))
        }
    }

    private static let digits = ScalarSet([0x30...0x39])
    private static let word = ScalarSet([0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A])
    private static let spaces = ScalarSet([
        0x09...0x0D, 0x20...0x20, 0xA0...0xA0, 0x1680...0x1680, 0x2000...0x200A, 0x2028...0x2029,
        0x202F...0x202F, 0x205F...0x205F, 0x3000...0x3000,
    ])

    private mutating func escape(inClass: Bool) throws -> ScalarSet {
        guard position < pattern.count else { throw invalid("nothing follows '\\'") }
        let c = pattern[position]
        position += 1
        func one(_ value: UInt32) -> ScalarSet { ScalarSet([value...value]) }
        switch Unicode.Scalar(c) {
        case "d": return Self.digits
        case "D": return Self.digits.inverted
        case "w": return Self.word
        case "W": return Self.word.inverted
        case "s": return Self.spaces
        case "S":
            return Self.spaces.union(ScalarSet([0x1C...0x1F, 0x85...0x85, 0xFEFF...0xFEFF]))
                .inverted
        case "t": return one(9)
        case "n": return one(10)
        case "v": return one(11)
        case "f": return one(12)
        case "r": return one(13)
        case "0": return one(0)
        case "b" where inClass: return one(8)
        case "x": return one(try hexadecimal(2))
        case "u":
            if take("{") {
                var value: UInt32 = 0
                while position < pattern.count, !peek("}") {
                    value = value << 4 | (try hexadecimal(1))
                    guard value <= 0x10FFFF else { throw invalid("no such code point") }
                }
                guard take("}") else { throw invalid("'}' is missing") }
                return one(value)
            }
            return one(try hexadecimal(4))
        default:
            let isLetterOrDigit = Self.word.contains(c) && c != 0x5F
            if isLetterOrDigit || c > 0x7F {
                throw refused("'\\\(Unicode.Scalar(c).map { String(Character($0)) } ?? "")'")
            }
            return one(c)
        }
    }

    private mutating func hexadecimal(_ count: Int) throws -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<count {
            guard position < pattern.count, let scalar = Unicode.Scalar(pattern[position]),
                let digit = Character(scalar).hexDigitValue
            else { throw invalid("hexadecimal digits are missing") }
            value = value << 4 | UInt32(digit)
            position += 1
        }
        return value
    }

    private mutating func characterClass() throws -> ScalarSet {
        position += 1
        let inverted = take("^")
        var ranges: [ClosedRange<UInt32>] = []
        while !take("]") {
            guard position < pattern.count else { throw invalid("']' is missing") }
            let low = try classMember()
            guard low.count == 1, position + 1 < pattern.count, peek("-"),
                pattern[position + 1] != 0x5D
            else {
                ranges += low.set.ranges
                continue
            }
            position += 1
            let high = try classMember()
            guard high.count == 1, let from = low.set.ranges.first?.lowerBound,
                let to = high.set.ranges.first?.lowerBound, from <= to
            else { throw invalid("a range is out of order") }
            ranges.append(from...to)
        }
        let set = ScalarSet(ranges)
        return inverted ? set.inverted : set
    }

    private mutating func classMember() throws -> (set: ScalarSet, count: Int) {
        let c = pattern[position]
        position += 1
        if c == 0x5C {
            let set = try escape(inClass: true)
            let single = set.ranges.count == 1 && set.ranges[0].count == 1
            return (set, single ? 1 : 2)
        }
        return (ScalarSet([c...c]), 1)
    }
}
