extension SchemaCompiler {
    /// Up to so many declared properties may come in any order.
    private static let unorderedProperties = 8
    /// Beyond so many rules, properties come in the order they are declared in.
    private static let unorderedRules = 40_000

    mutating func object(_ facts: SchemaFacts) throws -> GrammarExpression {
        let parts = facts.objects
        if parts.isEmpty, facts.propertyCounts == (0, nil) { return .rule(json.object) }
        var automata: [(automaton: ByteAutomaton, schema: Int, part: Int)] = []
        for (number, part) in parts.enumerated() {
            for (pattern, schema) in part.patterns {
                automata.append((try ByteAutomaton(PatternParser.parse(pattern)), schema, number))
            }
        }
        guard automata.count <= 4 else {
            throw GrammarError("patternProperties with more than 4 patterns is not supported")
        }
        var keys: [[UInt8]] = []
        var declared: Set<[UInt8]> = []
        for key in parts.flatMap({ $0.properties.map(\.key) }) + parts.flatMap(\.required)
        where declared.insert(key).inserted {
            keys.append(key)
        }
        let named = parts.map { Dictionary($0.properties.map { ($0.key, $0.schema) }) { $1 } }
        let isClosed = parts.contains { !$0.properties.isEmpty || !$0.patterns.isEmpty }
        let explicit = parts.contains { $0.additional != nil }

        var members: [Int] = []
        for key in keys {
            let text = PatternParser.encoded(key)
            var schemas: [Int] = []
            for (number, part) in parts.enumerated() {
                var covered = false
                if let schema = named[number][key] {
                    schemas.append(schema * 2)
                    covered = true
                }
                for pattern in automata where pattern.part == number {
                    if pattern.automaton.accepts(text) {
                        schemas.append(pattern.schema * 2)
                        covered = true
                    }
                }
                if !covered, let additional = part.additional { schemas.append(additional * 2) }
            }
            let member = try addRule()
            rules[member] = try self.member(.literal(text), schemas)
            members.append(member)
        }
        var extras: [GrammarExpression] = []
        let allKeys = try automata.isEmpty && keys.isEmpty ? nil : otherKeys(than: keys)
        for subset in 1..<(1 << automata.count) where !automata.isEmpty {
            guard var keys = allKeys else { break }
            for (number, pattern) in automata.enumerated() {
                let excluding = subset >> number & 1 == 0
                keys = try keys.combined(with: pattern.automaton, excluding: excluding)
            }
            let matching = automata.indices.filter { subset >> $0 & 1 == 1 }
            var schemas = matching.map { automata[$0].schema * 2 }
            for (number, part) in parts.enumerated()
            where !matching.contains(where: { automata[$0].part == number }) {
                if let additional = part.additional { schemas.append(additional * 2) }
            }
            extras.append(try member(.automaton(keys), schemas))
        }
        if explicit || !isClosed {
            let schemas = parts.compactMap(\.additional)
            if !schemas.contains(where: { document[$0] == .bool(false) }) {
                var free: GrammarExpression?
                if var keys = allKeys {
                    for pattern in automata {
                        keys = try keys.combined(with: pattern.automaton, excluding: true)
                    }
                    free = .automaton(keys)
                }
                extras.append(try member(free, schemas.map { $0 * 2 }))
            }
        }
        let required = Set(parts.flatMap(\.required))
        return .sequence([
            .text("{"), gap,
            try arrange(members, keys.map { required.contains($0) }, extras, facts.propertyCounts),
        ])
    }

    /// A member; without `key` that of any name.
    private mutating func member(_ key: GrammarExpression?, _ schemas: [Int]) throws
        -> GrammarExpression
    {
        let name: GrammarExpression =
            key.map { .sequence([.text("\""), $0, .text("\"")]) } ?? .rule(json.string)
        return .sequence([name, gap, .text(":"), gap, .rule(try rule(for: schemas)), gap])
    }

    private func otherKeys(than keys: [[UInt8]]) throws -> ByteAutomaton {
        let all = try ByteAutomaton(PatternParser.anything)
        if keys.isEmpty { return all }
        return try all.combined(
            with: ByteAutomaton(.oneOf(keys.map { PatternParser.encoded($0) })), excluding: true)
    }

    /// The members of an object up to its closing brace.
    private mutating func arrange(
        _ members: [Int], _ required: [Bool], _ extras: [GrammarExpression],
        _ counts: (min: Int, max: Int?)
    ) throws -> GrammarExpression {
        let close = GrammarExpression.text("}")
        let comma = GrammarExpression.sequence([.text(","), gap])
        if counts.min > 0 || counts.max != nil {
            if members.isEmpty, extras.count == 1 {
                if let max = counts.max, max < counts.min { return .never }
                let more = GrammarExpression.repeating(
                    .sequence([comma, extras[0]]), max(0, counts.min - 1),
                    counts.max.map { max(0, $0 - 1) })
                let some = GrammarExpression.sequence([extras[0], more, close])
                return .choice((counts.min == 0 ? [close] : []) + (counts.max == 0 ? [] : [some]))
            }
            guard members.count <= Self.unorderedProperties, extras.isEmpty else {
                throw GrammarError(
                    "the schema keywords 'minProperties' and 'maxProperties' are not supported for "
                        + "more than \(Self.unorderedProperties) properties or together with "
                        + "additional ones")
            }
        }
        if members.count <= Self.unorderedProperties, rules.count < Self.unorderedRules {
            return try anyOrder(members, required, extras, counts)
        }
        let extraRule = try addRule()
        rules[extraRule] = .choice(extras)
        let last = try addRule()
        rules[last] = .choice([close, .sequence([comma, .rule(extraRule), .rule(last)])])
        var later = last
        var first = GrammarExpression.choice([
            close, .sequence([.rule(extraRule), .rule(last)]),
        ])
        for i in members.indices.reversed() {
            let firstRule = try addRule()
            rules[firstRule] = first
            let here = GrammarExpression.sequence([.rule(members[i]), .rule(later)])
            first = .choice(required[i] ? [here] : [here, .rule(firstRule)])
            let rest = try addRule()
            let another = GrammarExpression.sequence([comma, .rule(members[i]), .rule(later)])
            rules[rest] = .choice(required[i] ? [another] : [another, .rule(later)])
            later = rest
        }
        return first
    }

    /// One rule for each set of properties that may have been written.
    private mutating func anyOrder(
        _ members: [Int], _ required: [Bool], _ extras: [GrammarExpression],
        _ counts: (min: Int, max: Int?)
    ) throws -> GrammarExpression {
        let comma = GrammarExpression.sequence([.text(","), gap])
        let needed = required.indices.reduce(0) { $0 | (required[$1] ? 1 << $1 : 0) }
        let firstRule = rules.count
        for _ in 0..<(1 << members.count) { _ = try addRule() }
        var extra: Int?
        if !extras.isEmpty {
            let rule = try addRule()
            rules[rule] = .choice(extras)
            extra = rule
        }
        func ways(_ written: Int, comma: GrammarExpression) -> GrammarExpression {
            var options: [GrammarExpression] = []
            let count = written.nonzeroBitCount
            if written & needed == needed, count >= counts.min, count <= counts.max ?? count {
                options.append(.text("}"))
            }
            for i in members.indices where written >> i & 1 == 0 {
                options.append(
                    .sequence([comma, .rule(members[i]), .rule(firstRule + (written | 1 << i))]))
            }
            if let extra {
                options.append(.sequence([comma, .rule(extra), .rule(firstRule + written)]))
            }
            return .choice(options)
        }
        for written in 0..<(1 << members.count) {
            rules[firstRule + written] = ways(written, comma: comma)
        }
        return ways(0, comma: .empty)
    }
}
