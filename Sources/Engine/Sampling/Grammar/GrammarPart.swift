/// A grammar put together from texts and schemas.
public indirect enum GrammarPart: Sendable {
    case text(String)
    /// Nothing, a blank, or a line break with its indentation.
    case space
    /// A value that a JSON schema, given as JSON text, allows.
    case schema([UInt8])
    /// Any text, and the first `end` behind it, which is not empty.
    case freeText(before: String)
    case sequence([GrammarPart])
    case choice([GrammarPart])
    case any(GrammarPart)
}

extension Grammar {
    /// The texts that have the shape of `part`.
    ///
    /// - Throws: ``GrammarError`` that names the keyword that is not supported, or the limit.
    public convenience init(_ part: GrammarPart) throws {
        var rules: [GrammarExpression] = [.empty]
        rules[0] = try Self.expression(part, &rules)
        try self.init(rules: rules, names: [], root: 0)
    }

    private static func expression(
        _ part: GrammarPart, _ rules: inout [GrammarExpression]
    ) throws -> GrammarExpression {
        switch part {
        case .text(let text): return .text(text)
        case .space: return JSONRules.wideSpace
        case .schema(let bytes):
            let document = try OrderedJSON(parsing: bytes)
            var compiler = SchemaCompiler(document: document, root: document.root)
            let (compiled, _, start) = try compiler.compile()
            let offset = rules.count
            rules += compiled.map { $0.shifted(by: offset) }
            return .rule(start + offset)
        case .freeText(let end): return .automaton(freeText(before: Array(end.utf8)))
        case .sequence(let parts): return .sequence(try parts.map { try expression($0, &rules) })
        case .choice(let parts): return .choice(try parts.map { try expression($0, &rules) })
        case .any(let part): return .any(try expression(part, &rules))
        }
    }

    /// The search for `end`, which stops at its first occurrence; state n has seen n bytes of it.
    private static func freeText(before end: [UInt8]) -> ByteAutomaton {
        var automaton = ByteAutomaton()
        for count in 0...end.count { _ = automaton.addState(accepting: count == end.count) }
        for state in end.indices {
            for byte in UInt8.min...UInt8.max {
                let seen = end[..<state] + [byte]
                var length = min(seen.count, end.count)
                while length > 0, !end.prefix(length).elementsEqual(seen.suffix(length)) {
                    length -= 1
                }
                automaton.connect(state, byte, length)
            }
        }
        return automaton
    }
}

extension GrammarExpression {
    /// With other numbers for the rules.
    fileprivate func shifted(by offset: Int) -> GrammarExpression {
        switch self {
        case .rule(let number): return .rule(number + offset)
        case .sequence(let parts): return .sequence(parts.map { $0.shifted(by: offset) })
        case .choice(let options): return .choice(options.map { $0.shifted(by: offset) })
        case .repeating(let body, let low, let high):
            return .repeating(body.shifted(by: offset), low, high)
        case .members(var members):
            members.first = members.first.map { $0 + offset }
            members.later = members.later.map { $0 + offset }
            members.extra = members.extra.map { ($0.first + offset, $0.later + offset) }
            return .members(members)
        default: return self
        }
    }
}
