/// Turns expressions into nodes, from the end of a text to its beginning.
struct GrammarProgramBuilder {
    var program = GrammarProgram.blank
    private var setIndices: [ByteSet: Int32] = [:]
    private var work = 0

    mutating func add(
        _ operation: GrammarProgram.Operation, _ first: Int32, _ second: Int32, plain: Int32 = 0
    ) throws -> Int32 {
        guard program.operations.count < GrammarLimits.nodes else {
            throw GrammarError("the grammar needs more than \(GrammarLimits.nodes) nodes")
        }
        program.operations.append(operation)
        program.first.append(first)
        program.second.append(second)
        program.plain.append(plain)
        return Int32(program.operations.count - 1)
    }

    mutating func byte(_ set: ByteSet, _ next: Int32, plain: Int32 = 0) throws -> Int32 {
        let index: Int32
        if let known = setIndices[set] {
            index = known
        } else {
            index = Int32(program.sets.count)
            program.sets.append(set)
            setIndices[set] = index
        }
        return try add(.byte, index, next, plain: plain)
    }

    mutating func byte(_ range: ClosedRange<UInt8>, _ next: Int32, plain: Int32 = 0) throws
        -> Int32
    {
        try byte(ByteSet(range), next, plain: plain)
    }

    mutating func fork(_ targets: [Int32]) throws -> Int32 {
        if targets.count == 1 { return targets[0] }
        let start = Int32(program.targets.count)
        program.targets += targets
        return try add(.fork, start, Int32(targets.count))
    }

    /// The first node of `expression` when `next` follows it.
    ///
    /// - Parameter plain: how many characters of a JSON string may start here, for the node that
    ///   reads the first of them.
    mutating func compile(
        _ expression: GrammarExpression, next: Int32, plain: Int32 = 0
    ) throws -> Int32 {
        work += 1
        guard work < GrammarLimits.work else { throw GrammarError("the grammar is too large") }
        switch expression {
        case .bytes(let set): return try byte(set, next)
        case .literal(let bytes):
            var node = next
            for value in bytes.reversed() { node = try byte(value...value, node) }
            return node
        case .scalar(let set): return try scalar(set, next, plain)
        case .sequence(let parts):
            var node = next
            for part in parts.reversed() {
                node = try compile(part, next: node, plain: parts.count == 1 ? plain : 0)
            }
            return node
        case .choice(let options):
            return try fork(
                options.map {
                    try compile($0, next: next, plain: $0.coversPlain ? plain : 0)
                })
        case .rule(let index): return try add(.call, Int32(index), next)
        case .repeating(let body, let min, let max):
            return try repetition(body, min, max, next)
        case .oneOf(let literals):
            let sorted = literals.sorted { $0.lexicographicallyPrecedes($1) }
            return try trie(sorted[...], 0, next)
        case .automaton(let automaton): return try embed(automaton, next)
        case .stringTail(let min, let max):
            return try stringTail(min, max, next)
        case .members(let members): return try self.members(members, next)
        }
    }

    private mutating func repetition(
        _ body: GrammarExpression, _ min: Int, _ max: Int?, _ next: Int32
    ) throws -> Int32 {
        let limit = GrammarLimits.repetitions
        guard min >= 0, min <= limit, max ?? 0 <= limit else {
            throw GrammarError("a repetition of more than \(limit) times is not supported")
        }
        let plain = body.coversPlain && max == nil ? GrammarProgram.unlimited : 0
        // How many characters are left counts where what follows is none of them.
        let counts = body.coversPlain && max != nil && endsPlain(next)
        var remaining: Int32 = 0
        var node = next
        if let max {
            guard max >= min else { return try add(.fail, 0, 0) }
            for _ in min..<max {
                if counts { remaining += 1 }
                node = try fork([compile(body, next: node, plain: remaining), next])
            }
        } else {
            let start = Int32(program.targets.count)
            program.targets += [0, next]
            let loop = try add(.fork, start, 2)
            program.targets[Int(start)] = try compile(body, next: loop, plain: plain)
            node = loop
        }
        for _ in 0..<min {
            if counts { remaining += 1 }
            node = try compile(body, next: node, plain: max == nil ? plain : remaining)
        }
        return node
    }

    /// Whether a node reads a byte with which no unescaped character of a string begins.
    private func endsPlain(_ node: Int32) -> Bool {
        program.operations[Int(node)] == .byte
            && !program.sets[Int(program.first[Int(node)])].intersects(.plainFirst)
    }

    private mutating func members(
        _ members: GrammarExpression.MembersExpression, _ next: Int32
    ) throws -> Int32 {
        program.members.append(
            GrammarMembers(
                first: members.first.map { Int32($0) }, later: members.later.map { Int32($0) },
                isRequired: members.isRequired, firstExtra: Int32(members.extra?.first ?? -1),
                laterExtra: Int32(members.extra?.later ?? -1),
                close: try compile(.text("}"), next: next), low: members.counts.min,
                high: members.counts.max))
        return try add(.members, Int32(program.members.count - 1), 0)
    }

    private mutating func scalar(_ set: ScalarSet, _ next: Int32, _ plain: Int32) throws -> Int32 {
        // Equal tails are shared: the last bytes of most characters are the same ranges.
        var shared: [[ClosedRange<UInt8>]: Int32] = [[]: next]
        var single = ByteSet()
        var heads: [Int32] = []
        var byTail: [Int32: ByteSet] = [:]
        var order: [Int32] = []
        for sequence in set.utf8Sequences {
            if sequence.count == 1 {
                single.formUnion(ByteSet(sequence[0]))
                continue
            }
            var tail: [ClosedRange<UInt8>] = []
            var node = next
            for range in sequence.dropFirst().reversed() {
                tail.append(range)
                if let known = shared[tail] {
                    node = known
                } else {
                    node = try byte(range, node)
                    shared[tail] = node
                }
            }
            if byTail[node] == nil { order.append(node) }
            byTail[node, default: ByteSet()].formUnion(ByteSet(sequence[0]))
        }
        if !single.isEmpty { heads.append(try byte(single, next, plain: plain)) }
        for node in order { heads.append(try byte(byTail[node]!, node, plain: plain)) }
        return try fork(heads)
    }

    /// Sorted literals that agree in their first `depth` bytes, as a tree.
    private mutating func trie(_ literals: ArraySlice<[UInt8]>, _ depth: Int, _ next: Int32) throws
        -> Int32
    {
        // A run without branches is built without recursion, so a long literal cannot overflow.
        guard let first = literals.first, let last = literals.last else {
            return try add(.fail, 0, 0)
        }
        var common = depth
        while common < first.count, common < last.count, first[common] == last[common] {
            common += 1
        }
        guard common - depth < GrammarLimits.nodes else { throw GrammarError("too long a text") }
        var options: [Int32] = []
        var index = literals.startIndex
        while index < literals.endIndex, literals[index].count == common { index += 1 }
        if index > literals.startIndex { options.append(next) }
        trieDepth += 1
        defer { trieDepth -= 1 }
        guard trieDepth < 250 else {
            throw GrammarError("enum values branch at more than 250 places in a row")
        }
        while index < literals.endIndex {
            let value = literals[index][common]
            var end = index + 1
            while end < literals.endIndex, literals[end][common] == value { end += 1 }
            options.append(
                try byte(value...value, trie(literals[index..<end], common + 1, next)))
            index = end
        }
        var node = try fork(options)
        for value in first[depth..<common].reversed() { node = try byte(value...value, node) }
        return node
    }
    private var trieDepth = 0

    private mutating func embed(_ automaton: ByteAutomaton, _ next: Int32) throws -> Int32 {
        let plainLoops = automaton.plainLoops()
        let count = automaton.count
        var forks: [Int] = []
        var nodes: [Int32] = []
        for _ in 0..<count {
            forks.append(program.operations.count)
            nodes.append(try add(.fork, 0, 0))
        }
        for state in 0..<count {
            var options: [Int32] = []
            let plain = plainLoops[state] ? GrammarProgram.unlimited : 0
            for (set, target) in automaton.arcs(from: state) {
                options.append(try byte(set, nodes[target], plain: plain))
            }
            if automaton.accepting[state] { options.append(next) }
            program.first[forks[state]] = Int32(program.targets.count)
            program.second[forks[state]] = Int32(options.count)
            program.targets += options
        }
        return count == 0 ? try add(.fail, 0, 0) : nodes[0]
    }

    private mutating func stringTail(_ min: Int, _ max: Int?, _ next: Int32) throws -> Int32 {
        let limit = GrammarLimits.repetitions
        guard min <= limit, max ?? 0 <= limit else {
            throw GrammarError(
                "a string length of more than \(limit) characters (minLength, maxLength) is not "
                    + "supported")
        }
        let quote = try byte(0x22...0x22, next)
        var node = quote
        if let max {
            guard max >= min else { return try add(.fail, 0, 0) }
            for remaining in 0..<max {
                let character = try stringCharacter(node, plain: Int32(remaining) + 1)
                let position = max - remaining - 1
                node = position >= min ? try fork([character, quote]) : character
            }
        } else {
            let start = Int32(program.targets.count)
            program.targets += [0, quote]
            let loop = try add(.fork, start, 2)
            program.targets[Int(start)] = try stringCharacter(
                loop, plain: GrammarProgram.unlimited)
            node = loop
            for _ in 0..<min {
                node = try stringCharacter(node, plain: GrammarProgram.unlimited)
            }
        }
        return node
    }

    /// One character of a JSON string: as it is, or escaped; surrogates only as a pair.
    private mutating func stringCharacter(_ next: Int32, plain: Int32) throws -> Int32 {
        let unescaped = try scalar(.plain, next, plain)
        let hex = ByteSet(Array("0123456789abcdefABCDEF".utf8))
        let h1 = try byte(hex, next)
        let h2 = try byte(hex, h1)
        let h3 = try byte(hex, h2)
        let basic = try byte(ByteSet(Array("0123456789abcefABCEF".utf8)), h3)
        let belowSurrogates = try byte(ByteSet(Array("01234567".utf8)), h2)
        let surrogateD = ByteSet(Array("dD".utf8))
        let d = try byte(surrogateD, belowSurrogates)
        let low = try byte(
            surrogateD, byte(ByteSet(Array("cdefCDEF".utf8)), h2))
        let lowEscape = try byte(0x5C...0x5C, byte(0x75...0x75, low))
        let high = try byte(
            surrogateD,
            byte(ByteSet(Array("89abAB".utf8)), byte(hex, byte(hex, lowEscape))))
        let unicode = try byte(0x75...0x75, fork([basic, d, high]))
        let simple = try byte(ByteSet(Array("\"\\/bfnrt".utf8)), next)
        let escaped = try byte(0x5C...0x5C, fork([simple, unicode]))
        return try fork([unescaped, escaped])
    }
}
