extension SchemaCompiler {
    mutating func object(_ facts: SchemaFacts) throws -> GrammarExpression {
        let parts = facts.objects
        if parts.isEmpty, facts.propertyCounts == (0, nil), !facts.closesObjects {
            return .rule(json.object)
        }
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
        let isClosed = facts.isClosed
        let explicit = parts.contains { $0.additional != nil }

        let names = parts.compactMap(\.names).map { $0 * 2 }

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
            let isName = try names.isEmpty || reader.accepts(.string(key), names)
            rules[member] = isName ? try self.member(.literal(text), schemas) : .never
            members.append(member)
        }
        var extras: [GrammarExpression] = []
        var allKeys = try automata.isEmpty && keys.isEmpty ? nil : otherKeys(than: keys)
        if !names.isEmpty, let allowed = try self.names(names) {
            allKeys = try (allKeys ?? otherKeys(than: [])).combined(with: allowed)
        }
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

    /// The texts that `propertyNames` allows, as they stand in a string; nil: all.
    private func names(_ schemas: [Int]) throws -> ByteAutomaton? {
        let facts = try reader.facts(of: schemas)
        guard facts.groups.isEmpty else {
            throw GrammarError(
                "the schema keyword 'propertyNames' with alternatives is not supported")
        }
        if facts.impossible || !facts.kinds.contains(.string) { return ByteAutomaton() }
        if let values = facts.enums.first {
            let texts = try values.compactMap { value -> [UInt8]? in
                guard case .string(let text) = document[value],
                    try reader.accepts(document[value], schemas)
                else { return nil }
                return PatternParser.encoded(text)
            }
            return try ByteAutomaton(.oneOf(texts))
        }
        return try StringRules.automaton(facts)
    }

    private func otherKeys(than keys: [[UInt8]]) throws -> ByteAutomaton {
        let all = try ByteAutomaton(PatternParser.anything)
        if keys.isEmpty { return all }
        return try all.combined(
            with: ByteAutomaton(.oneOf(keys.map { PatternParser.encoded($0) })), excluding: true)
    }

    /// The members of an object up to its closing brace, in any order.
    private mutating func arrange(
        _ members: [Int], _ required: [Bool], _ extras: [GrammarExpression],
        _ counts: (min: Int, max: Int?)
    ) throws -> GrammarExpression {
        guard extras.isEmpty || counts.min <= members.count + 1 else {
            throw GrammarError(
                "the schema keyword 'minProperties' with \(counts.min) is not supported where more "
                    + "than one of the properties is not declared")
        }
        let comma = GrammarExpression.sequence([.text(","), gap])
        func behindComma(_ rule: Int) throws -> Int {
            let later = try addRule()
            rules[later] = .sequence([comma, .rule(rule)])
            return later
        }
        var extra: (first: Int, later: Int)?
        if !extras.isEmpty {
            let rule = try addRule()
            rules[rule] = .choice(extras)
            extra = (rule, try behindComma(rule))
        }
        return .members(
            .init(
                first: members, later: try members.map { try behindComma($0) },
                isRequired: required, extra: extra, counts: counts))
    }
}
