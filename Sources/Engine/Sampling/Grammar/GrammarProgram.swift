/// A grammar as nodes of a pushdown automaton over bytes.
///
/// A node is a byte to read, a call of a rule, a fork, the members of an object, or the return from
/// a rule. Nodes that can
/// lead to no complete text are turned into dead ends, so whatever can go on can also end.
struct GrammarProgram: Sendable {
    enum Operation: UInt8 { case byte, call, fork, members, leave, fail }

    /// The mark of a node from which characters of a JSON string may follow without limit.
    static let unlimited = Int32.max

    var operations: [Operation] = []
    /// Byte: index of the set. Call: the rule. Fork: start of its targets. Members: the object.
    var first: [Int32] = []
    /// Byte and call: the node that follows. Fork: the number of targets.
    var second: [Int32] = []
    /// How many unescaped characters of a JSON string may start here; 0 when unknown.
    var plain: [Int32] = []
    var targets: [Int32] = []
    var members: [GrammarMembers] = []
    var sets: [ByteSet] = []
    var entries: [Int32] = []
    var root = 0

    /// The equivalence class of each byte, and one byte of each class.
    var classes: [UInt8] = []
    var representatives: [UInt8] = []

    /// Compiles rules to nodes.
    ///
    /// - Throws: ``GrammarError`` when the grammar is too large, calls itself without reading
    ///   anything, or matches no text at all.
    init(
        rules: [GrammarExpression], names: [String], root: Int
    ) throws {
        var builder = GrammarProgramBuilder()
        for rule in rules {
            let leave = try builder.add(.leave, 0, 0)
            builder.program.entries.append(try builder.compile(rule, next: leave))
        }
        self = builder.program
        self.root = root
        try refuseLeftRecursion(names)
        guard removeDeadEnds() else { throw GrammarError.matchesNothing }
        splitIntoClasses()
    }

    /// Bytes of the tables.
    var byteCount: Int {
        operations.count + 4 * (first.count + second.count + plain.count + targets.count)
            + MemoryLayout<ByteSet>.stride * sets.count + 4 * entries.count
            + classes.count + representatives.count
            + members.reduce(0) { $0 + $1.byteCount }
    }

    private init() {}

    static let blank = GrammarProgram()

    private mutating func splitIntoClasses() {
        var signature: [UInt8: Int] = [:]
        var numbers = [Int](repeating: 0, count: 256)
        var count = 1
        for set in sets where count < 256 {
            var renamed: [Int: Int] = [:]
            var fresh: [Int] = []
            for byte in 0...255 {
                let key = numbers[byte] * 2 + (set.contains(UInt8(byte)) ? 1 : 0)
                if let number = renamed[key] {
                    fresh.append(number)
                } else {
                    renamed[key] = renamed.count
                    fresh.append(renamed.count - 1)
                }
            }
            numbers = fresh
            count = renamed.count
        }
        classes = numbers.map { UInt8($0) }
        for byte in 0...255 where signature[classes[byte]] == nil {
            signature[classes[byte]] = byte
        }
        representatives = (0..<count).map { UInt8(signature[UInt8($0)] ?? 0) }
    }

    /// Marks the nodes for which a property holds that spreads against the direction of reading.
    ///
    /// - Parameter byteSpreads: whether a byte has the property when what follows has it.
    private func spread(byteSpreads: Bool) -> [Bool] {
        let count = operations.count
        var degree = [Int32](repeating: 0, count: count + 1)
        func eachEdge(_ body: (_ from: Int, _ to: Int) -> Void) {
            for node in 0..<count {
                switch operations[node] {
                case .byte: if byteSpreads { body(node, Int(second[node])) }
                case .call:
                    body(node, Int(second[node]))
                    body(node, Int(entries[Int(first[node])]))
                case .fork:
                    for i in 0..<Int(second[node]) {
                        body(node, Int(targets[Int(first[node]) + i]))
                    }
                case .members:
                    let object = members[Int(first[node])]
                    body(node, Int(object.close))
                    for rule in object.first + object.later { body(node, Int(entries[Int(rule)])) }
                    if object.firstExtra >= 0 {
                        body(node, Int(entries[Int(object.firstExtra)]))
                        body(node, Int(entries[Int(object.laterExtra)]))
                    }
                case .leave, .fail: break
                }
            }
        }
        eachEdge { _, to in degree[to + 1] += 1 }
        for i in 0..<count { degree[i + 1] += degree[i] }
        var sources = [Int32](repeating: 0, count: Int(degree[count]))
        var fill = degree
        eachEdge { from, to in
            sources[Int(fill[to])] = Int32(from)
            fill[to] += 1
        }
        var holds = [Bool](repeating: false, count: count)
        var work: [Int] = []
        for node in 0..<count where operations[node] == .leave {
            holds[node] = true
            work.append(node)
        }
        while let node = work.popLast() {
            for i in Int(degree[node])..<Int(degree[node + 1]) {
                let from = Int(sources[i])
                if holds[from] { continue }
                if operations[from] == .call {
                    let entry = Int(entries[Int(first[from])])
                    if !holds[Int(second[from])] || !holds[entry] { continue }
                } else if operations[from] == .members {
                    let object = members[Int(first[from])]
                    let isProductive = object.isProductive(close: holds[Int(object.close)]) {
                        holds[Int(entries[Int($0)])]
                    }
                    if !isProductive { continue }
                }
                holds[from] = true
                work.append(from)
            }
        }
        return holds
    }

    private mutating func removeDeadEnds() -> Bool {
        let productive = spread(byteSpreads: true)
        for node in operations.indices where !productive[node] { operations[node] = .fail }
        func isUsable(_ rule: Int32) -> Bool { operations[Int(entries[Int(rule)])] != .fail }
        for index in members.indices {
            let object = members[index]
            members[index].isUsable = object.first.indices.map {
                isUsable(object.first[$0]) && isUsable(object.later[$0])
            }
            members[index].isExtraUsable =
                object.firstExtra >= 0 && isUsable(object.firstExtra)
                && isUsable(object.laterExtra)
        }
        return productive[Int(entries[root])]
    }

    private func refuseLeftRecursion(_ names: [String]) throws {
        let nullable = spread(byteSpreads: false)
        var color = [UInt8](repeating: 0, count: entries.count)
        var seen = [Int32](repeating: -1, count: operations.count)
        func leftCalls(_ rule: Int) -> [Int] {
            var calls: [Int] = []
            var work = [Int(entries[rule])]
            while let node = work.popLast() {
                if seen[node] == Int32(rule) { continue }
                seen[node] = Int32(rule)
                switch operations[node] {
                case .fork:
                    for i in 0..<Int(second[node]) {
                        work.append(Int(targets[Int(first[node]) + i]))
                    }
                case .call:
                    calls.append(Int(first[node]))
                    if nullable[Int(entries[Int(first[node])])] { work.append(Int(second[node])) }
                case .members:
                    let object = members[Int(first[node])]
                    calls += object.first.map { Int($0) }
                    if object.firstExtra >= 0 { calls.append(Int(object.firstExtra)) }
                case .byte, .leave, .fail: break
                }
            }
            return calls
        }
        for start in entries.indices where color[start] == 0 {
            var stack: [(rule: Int, calls: [Int])] = [(start, leftCalls(start))]
            color[start] = 1
            while !stack.isEmpty {
                guard let next = stack[stack.count - 1].calls.popLast() else {
                    color[stack[stack.count - 1].rule] = 2
                    stack.removeLast()
                    continue
                }
                if color[next] == 1 {
                    let name = next < names.count ? names[next] : "#\(next)"
                    throw GrammarError("rule '\(name)' is left-recursive")
                }
                if color[next] == 0 {
                    color[next] = 1
                    stack.append((next, leftCalls(next)))
                }
            }
        }
    }
}
