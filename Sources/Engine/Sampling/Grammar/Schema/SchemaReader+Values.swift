extension SchemaReader {
    /// Whether a value of the document satisfies all of `schemas`.
    ///
    /// - Throws: ``GrammarError`` for schemas that are refused or refer to themselves without end.
    func accepts(_ value: OrderedJSON.Node, _ schemas: [Int], depth: Int = 0) throws -> Bool {
        guard depth < GrammarLimits.depth else {
            throw GrammarError("enum or const: the schemas that hold for a value have no end")
        }
        if schemas.isEmpty { return true }
        let facts = try facts(of: schemas)
        if facts.impossible { return false }
        guard try facts.kinds.contains(kind(of: value)) else { return false }
        for values in facts.enums {
            guard try values.contains(where: { try isEqual(document[$0], value) }) else {
                return false
            }
        }
        let holds =
            switch value {
            case .string(let text): try accepts(text: text, facts)
            case .number(let text): try accepts(number: text, facts)
            case .array(let elements): try accepts(elements: elements, facts, depth)
            case .object(let members): try accepts(members: members, facts, depth)
            case .null, .bool: true
            }
        guard holds else { return false }
        for group in facts.groups {
            var count = 0
            for option in group.options where try accepts(value, [option * 2], depth: depth + 1) {
                count += 1
            }
            guard count == 1 || (count > 1 && !group.isExclusive) else { return false }
        }
        return true
    }

    private func kind(of value: OrderedJSON.Node) throws -> SchemaFacts.Kinds {
        switch value {
        case .null: .null
        case .bool: .boolean
        case .number(let text):
            try DecimalText(text, keyword: "enum").fraction.isEmpty ? .integer : .fraction
        case .string: .string
        case .array: .array
        case .object: .object
        }
    }

    private func accepts(text: [UInt8], _ facts: SchemaFacts) throws -> Bool {
        let length = String(decoding: text, as: UTF8.self).unicodeScalars.count
        guard length >= facts.lengths.min, length <= facts.lengths.max ?? length else {
            return false
        }
        let inside = PatternParser.encoded(text)
        return try facts.patterns.allSatisfy {
            try ByteAutomaton(PatternParser.parse($0)).accepts(inside)
        }
    }

    private func accepts(number text: [UInt8], _ facts: SchemaFacts) throws -> Bool {
        let number = try DecimalText(text, keyword: "enum")
        if let low = facts.low {
            if DecimalText.isBelow(number, low.value) { return false }
            if low.exclusive, !DecimalText.isBelow(low.value, number) { return false }
        }
        if let high = facts.high {
            if DecimalText.isBelow(high.value, number) { return false }
            if high.exclusive, !DecimalText.isBelow(number, high.value) { return false }
        }
        return try facts.multiples.allSatisfy {
            try NumberRules.multiples(of: $0).accepts(number.plain)
        }
    }

    private func accepts(elements: [Int], _ facts: SchemaFacts, _ depth: Int) throws -> Bool {
        guard elements.count >= facts.itemCounts.min,
            elements.count <= facts.itemCounts.max ?? elements.count
        else { return false }
        for (position, element) in elements.enumerated() {
            let schemas = facts.schemas(at: position)
            if schemas.isEmpty, facts.closesArrays { return false }
            guard try accepts(document[element], schemas.map { $0 * 2 }, depth: depth + 1) else {
                return false
            }
        }
        return true
    }

    private func accepts(
        members: [OrderedJSON.Member], _ facts: SchemaFacts, _ depth: Int
    ) throws -> Bool {
        let keys = Set(members.map(\.key))
        guard keys.count >= facts.propertyCounts.min,
            keys.count <= facts.propertyCounts.max ?? keys.count,
            facts.objects.allSatisfy({ keys.isSuperset(of: $0.required) })
        else { return false }
        for member in members {
            let schemas = try facts.schemas(of: member.key)
            if schemas.isEmpty, facts.closesObjects { return false }
            guard
                try accepts(document[member.value], schemas.map { $0 * 2 }, depth: depth + 1),
                try accepts(
                    .string(member.key), facts.objects.compactMap(\.names).map { $0 * 2 },
                    depth: depth + 1)
            else { return false }
        }
        return true
    }

    /// Equal as JSON values: 1 is 1.0, and the order of members does not count.
    func isEqual(_ a: OrderedJSON.Node, _ b: OrderedJSON.Node) throws -> Bool {
        switch (a, b) {
        case (.number(let x), .number(let y)):
            return try DecimalText(x, keyword: "enum") == DecimalText(y, keyword: "enum")
        case (.array(let x), .array(let y)):
            guard x.count == y.count else { return false }
            for (one, other) in zip(x, y) {
                guard try isEqual(document[one], document[other]) else { return false }
            }
            return true
        case (.object(let x), .object(let y)):
            guard Set(x.map(\.key)) == Set(y.map(\.key)) else { return false }
            for one in x {
                guard let other = y.last(where: { $0.key == one.key }),
                    try isEqual(document[one.value], document[other.value])
                else { return false }
            }
            return true
        default: return a == b
        }
    }
}

extension SchemaFacts {
    /// The schemas that hold for the element at a position.
    func schemas(at position: Int) -> [Int] {
        arrays.compactMap { part in
            position < part.prefix.count ? part.prefix[position] : part.rest
        }
    }

    /// The schemas that hold for the value of a property.
    func schemas(of key: [UInt8]) throws -> [Int] {
        let text = PatternParser.encoded(key)
        var schemas: [Int] = []
        for part in objects {
            var covering = part.properties.filter { $0.key == key }.suffix(1).map(\.schema)
            for (pattern, schema) in part.patterns
            where try ByteAutomaton(PatternParser.parse(pattern)).accepts(text) {
                covering.append(schema)
            }
            schemas += covering.isEmpty ? part.additional.map { [$0] } ?? [] : covering
        }
        return schemas
    }
}
