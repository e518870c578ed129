/// Finds out whether values that a grammar makes for some schemas can satisfy others, for `oneOf`.
///
/// On the one side stand the texts that are made (properties that are not declared do not occur
/// there), on the other all values that are valid. What cannot be told counts as possible.
struct SchemaExclusion {
    let reader: SchemaReader
    private var document: OrderedJSON { reader.document }
    private static let depth = 8

    init(reader: SchemaReader) { self.reader = reader }

    /// Whether nothing that is made for `made` satisfies all of `others`.
    func excludes(_ made: [Int], _ others: [Int], depth: Int = 0) throws -> Bool {
        guard depth < Self.depth else { return false }
        let a = try reader.facts(of: made)
        let b = try reader.facts(of: others)
        if a.impossible || b.impossible { return true }
        if let values = a.enums.first {
            return try values.allSatisfy {
                try !reader.accepts(document[$0], made) || !reader.accepts(document[$0], others)
            }
        }
        if let values = b.enums.first {
            return try values.allSatisfy {
                try !reader.accepts(document[$0], others) || !reader.accepts(document[$0], made)
            }
        }
        for group in b.groups {
            let all = try group.options.allSatisfy {
                try excludes(made, [$0 * 2], depth: depth + 1)
            }
            if all { return true }
        }
        let shared = a.effectiveKinds.intersection(b.kinds)
        if try kinds(shared, a, b, depth) { return true }
        for group in a.groups {
            let base = a.schemas.map { $0 * 2 + 1 }
            let all = try group.options.allSatisfy {
                try excludes(base + [$0 * 2], others, depth: depth + 1)
            }
            if all { return true }
        }
        return false
    }

    /// A schema under which `made` excludes `others`: a property that tells them apart must be
    /// there, or one that the others need must not. Nil where there is none.
    func narrower(_ made: [Int], _ others: [Int]) throws -> OrderedJSON.Narrowing? {
        let a = try reader.facts(of: made)
        let b = try reader.facts(of: others)
        var shared = a.effectiveKinds.intersection(b.kinds)
        guard shared.contains(.object), a.enums.isEmpty, b.enums.isEmpty else { return nil }
        shared.remove(.object)
        guard try kinds(shared, a, b, 0) else { return nil }
        let required = Set(a.objects.flatMap(\.required))
        for key in a.objects.flatMap({ $0.properties.map(\.key) }) where !required.contains(key) {
            let schemas = try b.schemas(of: key)
            if schemas.isEmpty { continue }
            let isTold = try excludes(
                a.schemas(of: key).map { $0 * 2 }, schemas.map { $0 * 2 }, depth: 1)
            if isTold { return .require(key) }
        }
        let needed = b.objects.flatMap(\.required).first { !required.contains($0) }
        return needed.map { .forbid($0, isOpen: a.isOpen) }
    }

    /// Whether no value of these kinds belongs to both.
    private func kinds(
        _ shared: SchemaFacts.Kinds, _ a: SchemaFacts, _ b: SchemaFacts, _ depth: Int
    ) throws -> Bool {
        if shared.contains(.null) || shared.contains(.boolean) { return false }
        if shared.contains(.integer) || shared.contains(.fraction), !numbers(a, b) { return false }
        if shared.contains(.string), !strings(a, b) { return false }
        if shared.contains(.array), try !arrays(a, b, depth) { return false }
        if shared.contains(.object), try !objects(a, b, depth) { return false }
        return true
    }

    private func numbers(_ a: SchemaFacts, _ b: SchemaFacts) -> Bool {
        func ends(_ high: NumberBound?, before low: NumberBound?) -> Bool {
            guard let high, let low else { return false }
            if DecimalText.isBelow(high.value, low.value) { return true }
            return high.value == low.value && (high.exclusive || low.exclusive)
        }
        return ends(a.high, before: b.low) || ends(b.high, before: a.low)
    }

    private func strings(_ a: SchemaFacts, _ b: SchemaFacts) -> Bool {
        if let max = a.lengths.max, max < b.lengths.min { return true }
        if let max = b.lengths.max, max < a.lengths.min { return true }
        if a.patterns.isEmpty && b.patterns.isEmpty { return false }
        // What is too large to be compared is not told apart.
        guard let one = try? StringRules.automaton(a), let other = try? StringRules.automaton(b),
            let both = try? one.combined(with: other)
        else { return false }
        return !both.accepting.contains(true)
    }

    private func arrays(_ a: SchemaFacts, _ b: SchemaFacts, _ depth: Int) throws -> Bool {
        if let max = a.itemCounts.max, max < b.itemCounts.min { return true }
        if let max = b.itemCounts.max, max < a.itemCounts.min { return true }
        for position in 0..<min(a.itemCounts.min, 16) {
            let theirs = b.schemas(at: position)
            if theirs.isEmpty { continue }
            let isTold = try excludes(
                a.schemas(at: position).map { $0 * 2 }, theirs.map { $0 * 2 }, depth: depth + 1)
            if isTold { return true }
        }
        return false
    }

    private func objects(_ a: SchemaFacts, _ b: SchemaFacts, _ depth: Int) throws -> Bool {
        let required = Set(a.objects.flatMap(\.required))
        let declared = required.union(a.objects.flatMap { $0.properties.map(\.key) })
        for key in b.objects.flatMap(\.required) {
            let ours = try a.schemas(of: key)
            if ours.isEmpty, !declared.contains(key), !a.isOpen { return true }
            if try reader.facts(of: ours.map { $0 * 2 }).impossible { return true }
        }
        for key in required {
            let theirs = try b.schemas(of: key)
            if theirs.isEmpty {
                if b.closesObjects, b.groups.isEmpty { return true }
                continue
            }
            let isTold = try excludes(
                a.schemas(of: key).map { $0 * 2 }, theirs.map { $0 * 2 }, depth: depth + 1)
            if isTold { return true }
        }
        return false
    }
}

extension SchemaFacts {
    /// Whether properties that no keyword speaks of are made.
    var isOpen: Bool { objects.contains { $0.additional != nil } || !isClosed }
}

extension OrderedJSON {
    /// A schema for objects with, or without, one property.
    enum Narrowing {
        case require([UInt8])
        /// - Parameter isOpen: other properties stay allowed.
        case forbid([UInt8], isOpen: Bool)
    }

    /// - Returns: the number of its node.
    mutating func add(_ narrowing: Narrowing) -> Int {
        func member(_ key: String, _ value: Int) -> Member {
            Member(key: Array(key.utf8), value: value)
        }
        switch narrowing {
        case .require(let key):
            let list = add(.array([add(.string(key))]))
            return add(.object([member("required", list)]))
        case .forbid(let key, let isOpen):
            let properties = add(.object([Member(key: key, value: add(.bool(false)))]))
            var members = [member("properties", properties)]
            if isOpen { members.append(member("additionalProperties", add(.bool(true)))) }
            return add(.object(members))
        }
    }
}
