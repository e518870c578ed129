/// Turns a JSON schema into the rules of a grammar.
///
/// A rule stands for a set of schemas that must hold together, so recursion through `$ref` becomes
/// recursion of rules, and `allOf` needs no rule of its own.
struct SchemaCompiler {
    private(set) var reader: SchemaReader
    var rules: [GrammarExpression?] = []
    private var known: [[Int]: Int] = [:]
    private var queue: [(rule: Int, schemas: [Int])] = []
    private var combinations = 0
    private var comparisons = 0
    let json: JSONRules
    var document: OrderedJSON { reader.document }
    var gap: GrammarExpression { .rule(json.space) }

    init(document: OrderedJSON, root: Int) {
        reader = SchemaReader(document: document, root: root)
        json = JSONRules(firstRule: 0, space: JSONRules.wideSpace)
        rules = json.rules
    }

    mutating func compile() throws -> (
        rules: [GrammarExpression], names: [String], root: Int
    ) {
        let start = try rule(for: [reader.root * 2])
        var next = 0
        while next < queue.count {
            let (rule, schemas) = queue[next]
            rules[rule] = try expression(for: schemas)
            next += 1
        }
        return (rules.map { $0 ?? .never }, json.names, start)
    }

    mutating func addRule() throws -> Int {
        guard rules.count < GrammarLimits.rules else {
            throw GrammarError("the schema needs more than \(GrammarLimits.rules) rules")
        }
        rules.append(nil)
        return rules.count - 1
    }

    /// The rule for values that satisfy all of `schemas`.
    mutating func rule(for schemas: [Int]) throws -> Int {
        if schemas.isEmpty { return json.value }
        let key = Array(Set(schemas)).sorted()
        if let rule = known[key] { return rule }
        let rule = try addRule()
        known[key] = rule
        queue.append((rule, key))
        return rule
    }

    private mutating func expression(for schemas: [Int]) throws -> GrammarExpression {
        let facts = try reader.facts(of: schemas)
        if facts.impossible { return .never }
        if !facts.groups.isEmpty {
            return try alternatives(facts)
        }
        if !facts.enums.isEmpty { return try enumeration(facts) }
        if facts.isFree { return .rule(json.value) }
        let kinds = facts.effectiveKinds
        var options: [GrammarExpression] = []
        if kinds.contains(.null) { options.append(.text("null")) }
        if kinds.contains(.boolean) { options += [.text("true"), .text("false")] }
        if kinds.contains(.integer) { options.append(try number(facts, kinds)) }
        if kinds.contains(.string) { options.append(try string(facts)) }
        if kinds.contains(.array) { options.append(try array(facts)) }
        if kinds.contains(.object) { options.append(try object(facts)) }
        return .choice(options)
    }

    // MARK: Alternatives

    /// One choice of each group after the other; those of an exclusive group never at once.
    private mutating func alternatives(_ facts: SchemaFacts) throws -> GrammarExpression {
        var products: [(schemas: [Int], picks: [Int])] = [(facts.schemas.map { $0 * 2 + 1 }, [])]
        for group in facts.groups {
            products = products.flatMap { product in
                group.options.indices.map {
                    (product.schemas + [group.options[$0] * 2], product.picks + [$0])
                }
            }
            guard products.count <= max(GrammarLimits.combinations, group.options.count) else {
                throw GrammarError(
                    "anyOf and oneOf make more than \(GrammarLimits.combinations) combinations")
            }
        }
        combinations += products.count
        guard combinations < 50_000 else {
            throw GrammarError("anyOf and oneOf make too many combinations")
        }
        for (number, group) in facts.groups.enumerated()
        where try group.isExclusive && !areConstants(group.options) {
            for index in products.indices {
                let pick = products[index].picks[number]
                for other in group.options.indices where other != pick {
                    try exclude(group.options[other], from: &products[index].schemas) {
                        "the schema keyword 'oneOf' is supported where no two alternatives can hold "
                            + "at once, which cannot be told for number \(pick + 1) and number "
                            + "\(other + 1) here; 'anyOf' allows both"
                    }
                }
            }
        }
        return .choice(try products.map { .rule(try rule(for: $0.schemas)) })
    }

    /// Whether all alternatives are scalars, each another one.
    private func areConstants(_ options: [Int]) throws -> Bool {
        var seen: Set<[UInt8]> = []
        for option in options {
            guard let values = try reader.facts(of: [option * 2]).enums.first else { return false }
            var own: Set<[UInt8]> = []
            for value in values {
                switch document[value] {
                case .array, .object: return false
                case .number(let text): own.insert(try DecimalText(text, keyword: "enum").plain)
                default: own.insert(canonical(value))
                }
            }
            guard seen.isDisjoint(with: own) else { return false }
            seen.formUnion(own)
        }
        return true
    }

    /// Sees to it that what satisfies `schemas` never satisfies `other`.
    private mutating func exclude(
        _ other: Int, from schemas: inout [Int], refusal: () -> String
    ) throws {
        comparisons += 1
        guard comparisons < 20_000 else {
            throw GrammarError("the schema keyword 'oneOf' has too many alternatives")
        }
        let exclusion = SchemaExclusion(reader: reader)
        if try exclusion.excludes(schemas, [other * 2]) { return }
        guard let narrower = try exclusion.narrower(schemas, [other * 2]) else {
            throw GrammarError(refusal())
        }
        schemas.append(reader.add(narrower) * 2)
    }

    // MARK: Values

    private func enumeration(_ facts: SchemaFacts) throws -> GrammarExpression {
        var scalars: [[UInt8]] = []
        var options: [GrammarExpression] = []
        let schemas = facts.schemas.map { $0 * 2 + 1 }
        for value in facts.enums[0] where try reader.accepts(document[value], schemas) {
            switch document[value] {
            case .array, .object: options.append(constant(value))
            default: scalars.append(canonical(value))
            }
        }
        if !scalars.isEmpty { options.append(.oneOf(Array(Set(scalars)))) }
        return .choice(options)
    }

    /// A scalar as it is written.
    private func canonical(_ node: Int) -> [UInt8] {
        switch document[node] {
        case .null: Array("null".utf8)
        case .bool(let flag): Array((flag ? "true" : "false").utf8)
        case .number(let text): text
        case .string(let bytes): [0x22] + PatternParser.encoded(bytes) + [0x22]
        case .array, .object: []
        }
    }

    private func constant(_ node: Int) -> GrammarExpression {
        func list(_ open: String, _ parts: [GrammarExpression], _ close: String)
            -> GrammarExpression
        {
            var sequence: [GrammarExpression] = [.text(open), gap]
            for (i, part) in parts.enumerated() {
                if i > 0 { sequence += [.text(","), gap] }
                sequence += [part, gap]
            }
            return .sequence(sequence + [.text(close)])
        }
        switch document[node] {
        case .array(let elements): return list("[", elements.map { constant($0) }, "]")
        case .object(let members):
            return list(
                "{",
                members.map { member in
                    .sequence([
                        .literal([0x22] + PatternParser.encoded(member.key) + [0x22]), gap,
                        .text(":"), gap, constant(member.value),
                    ])
                }, "}")
        default: return .literal(canonical(node))
        }
    }

    private func number(_ facts: SchemaFacts, _ kinds: SchemaFacts.Kinds) throws
        -> GrammarExpression
    {
        var base: GrammarExpression
        if !kinds.contains(.fraction) {
            var low = facts.low.map { $0.value.rounded(up: true) }
            if let bound = facts.low, bound.exclusive, bound.value.fraction.isEmpty {
                low = low.map { $0 + 1 }
            }
            var high = facts.high.map { $0.value.rounded(up: false) }
            if let bound = facts.high, bound.exclusive, bound.value.fraction.isEmpty {
                high = high.map { $0 - 1 }
            }
            if low == nil && high == nil && facts.multiples.isEmpty { return JSONRules.integer }
            base = NumberRules.integer(low: low, high: high)
        } else {
            if facts.low == nil && facts.high == nil && facts.multiples.isEmpty {
                return .rule(json.value + 4)
            }
            base = try NumberRules.number(low: facts.low, high: facts.high)
        }
        if facts.multiples.isEmpty { return base }
        var automaton = try ByteAutomaton(base)
        for unit in facts.multiples {
            automaton = try automaton.combined(with: NumberRules.multiples(of: unit))
        }
        return .automaton(automaton)
    }

    private func string(_ facts: SchemaFacts) throws -> GrammarExpression {
        let (min, max) = facts.lengths
        let limited = min > 0 || max != nil
        if facts.patterns.isEmpty {
            return limited
                ? .sequence([.text("\""), .stringTail(min: min, max: max)]) : .rule(json.string)
        }
        let inside: GrammarExpression =
            facts.patterns.count == 1 && !limited
            ? try PatternParser.parse(facts.patterns[0])
            : try StringRules.automaton(facts).map { .automaton($0) } ?? PatternParser.anything
        return .sequence([.text("\""), inside, .text("\"")])
    }

    // MARK: Arrays

    private mutating func array(_ facts: SchemaFacts) throws -> GrammarExpression {
        let (min, max) = facts.itemCounts
        if let max, max < min { return .never }
        let fixed = facts.arrays.map(\.prefix.count).max() ?? 0
        let others = facts.arrays.compactMap { $0.rest.map { $0 * 2 } }
        let rest: Int
        if others.isEmpty, facts.closesArrays {
            rest = try addRule()
        } else {
            rest = try rule(for: others)
        }
        func element(_ rule: Int, comma: Bool) -> GrammarExpression {
            .sequence(comma ? [.text(","), gap, .rule(rule), gap] : [.rule(rule), gap])
        }
        var following: GrammarExpression
        if fixed == 0 {
            let more = GrammarExpression.repeating(
                element(rest, comma: true), Swift.max(0, min - 1), max.map { Swift.max(0, $0 - 1) })
            let some = GrammarExpression.sequence([element(rest, comma: false), more, .text("]")])
            following = .choice((min == 0 ? [.text("]")] : []) + (max == 0 ? [] : [some]))
        } else {
            following = .sequence([
                .repeating(
                    element(rest, comma: true), Swift.max(0, min - fixed),
                    max.map { Swift.max(0, $0 - fixed) }), .text("]"),
            ])
            for position in (0..<fixed).reversed() {
                var options: [GrammarExpression] = position >= min ? [.text("]")] : []
                if position < max ?? Int.max {
                    let schemas = facts.arrays.compactMap { part in
                        position < part.prefix.count ? part.prefix[position] : part.rest
                    }
                    let value = try rule(for: schemas.map { $0 * 2 })
                    let tail = try addRule()
                    rules[tail] = following
                    options.append(
                        .sequence([element(value, comma: position > 0), .rule(tail)]))
                }
                following = .choice(options)
            }
        }
        return .sequence([.text("["), gap, following])
    }
}
