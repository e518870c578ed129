/// A piece of a grammar before it is compiled to nodes.
indirect enum GrammarExpression: Sendable {
    /// One byte of the set.
    case bytes(ByteSet)
    case literal([UInt8])
    /// One code point of the set in UTF-8.
    case scalar(ScalarSet)
    case sequence([GrammarExpression])
    case choice([GrammarExpression])
    /// The rule of this index.
    case rule(Int)
    case repeating(GrammarExpression, Int, Int?)
    /// One of many literals; prefixes are shared.
    case oneOf([[UInt8]])
    /// A regular language that was determined before.
    case automaton(ByteAutomaton)
    /// The members of an object in any order, and its closing brace.
    case members(MembersExpression)
    /// So many characters of a JSON string with all its escapes, then the closing quote.
    case stringTail(min: Int, max: Int?)

    /// Rules of the members, as the first one and behind another one; those of other names may be
    /// missing.
    struct MembersExpression: Sendable {
        var first: [Int]
        var later: [Int]
        var isRequired: [Bool]
        var extra: (first: Int, later: Int)?
        var counts: (min: Int, max: Int?)
    }

    static let empty = GrammarExpression.sequence([])
    static let never = GrammarExpression.choice([])

    static func text(_ string: String) -> GrammarExpression { .literal(Array(string.utf8)) }

    static func optional(_ expression: GrammarExpression) -> GrammarExpression {
        .repeating(expression, 0, 1)
    }

    static func any(_ expression: GrammarExpression) -> GrammarExpression {
        .repeating(expression, 0, nil)
    }

    static let digit = GrammarExpression.bytes(ByteSet(0x30...0x39))

    /// Whether every character that stands unescaped in a JSON string matches on its own.
    var coversPlain: Bool {
        switch self {
        case .scalar(let set): return set.isSuperset(of: .ordinary)
        case .choice(let options): return options.contains { $0.coversPlain }
        case .sequence(let parts): return parts.count == 1 && parts[0].coversPlain
        default: return false
        }
    }
}
