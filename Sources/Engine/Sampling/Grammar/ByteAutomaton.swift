/// A deterministic automaton over bytes, for the languages that must be intersected.
///
/// State 0 is the start; -1 stands for no way on.
struct ByteAutomaton: Sendable {
    private(set) var transitions: [[Int32]] = []
    private(set) var accepting: [Bool] = []

    var count: Int { accepting.count }

    init() {}

    mutating func addState(accepting: Bool) -> Int {
        transitions.append([Int32](repeating: -1, count: 256))
        self.accepting.append(accepting)
        return count - 1
    }

    mutating func connect(_ from: Int, _ byte: UInt8, _ to: Int) {
        transitions[from][Int(byte)] = Int32(to)
    }

    /// Determines an expression without rule calls.
    ///
    /// - Throws: ``GrammarError`` when it needs too many states.
    init(_ expression: GrammarExpression) throws {
        let program: GrammarProgram
        do {
            program = try GrammarProgram(rules: [expression], names: [], root: 0)
        } catch let error as GrammarError where error == .matchesNothing {
            return
        }
        var closure = GrammarClosure(program: program)
        var index: [[UInt64]: Int] = [:]
        var sets: [(items: [UInt64], accepts: Bool)] = []
        let start = closure.start()
        sets.append((start.items, start.flags != 0))
        index[start.items + [start.flags != 0 ? 1 : 0]] = addState(accepting: start.flags != 0)
        var next = 0
        var work = 0
        while next < sets.count {
            let items = sets[next].items
            var byClass: [Int32] = []
            for representative in program.representatives {
                work += items.count
                let (reached, flags) = closure.step(items, representative)
                if reached.isEmpty && flags == 0 {
                    byClass.append(-1)
                    continue
                }
                let key = reached + [flags != 0 ? 1 : 0]
                if let known = index[key] {
                    byClass.append(Int32(known))
                } else {
                    let state = addState(accepting: flags != 0)
                    index[key] = state
                    sets.append((reached, flags != 0))
                    byClass.append(Int32(state))
                }
            }
            guard count <= GrammarLimits.automatonStates, work < 20_000_000 else {
                throw GrammarError("a pattern is too complex")
            }
            for byte in 0..<256 { transitions[next][byte] = byClass[Int(program.classes[byte])] }
            next += 1
        }
    }

    /// The texts that both take, or with `excluding` those that `other` does not take.
    func combined(with other: ByteAutomaton, excluding: Bool = false) throws -> ByteAutomaton {
        var result = ByteAutomaton()
        if count == 0 { return result }
        if other.count == 0 { return excluding ? self : result }
        var index: [Int: Int] = [:]
        var pairs: [(Int32, Int32)] = []
        func accepts(_ a: Int32, _ b: Int32) -> Bool {
            accepting[Int(a)] && (b >= 0 && other.accepting[Int(b)]) != excluding
        }
        pairs.append((0, 0))
        index[0] = result.addState(accepting: accepts(0, 0))
        let width = other.count + 1
        index[1] = index.removeValue(forKey: 0)
        var next = 0
        while next < pairs.count {
            let (a, b) = pairs[next]
            for byte in 0..<256 {
                let toA = transitions[Int(a)][byte]
                let toB = b < 0 ? -1 : other.transitions[Int(b)][byte]
                if toA < 0 || (toB < 0 && !excluding) { continue }
                let key = Int(toA) * width + Int(toB) + 1
                let state: Int
                if let known = index[key] {
                    state = known
                } else {
                    state = result.addState(accepting: accepts(toA, toB))
                    index[key] = state
                    pairs.append((toA, toB))
                }
                result.transitions[next][byte] = Int32(state)
            }
            guard result.count <= GrammarLimits.automatonStates else {
                throw GrammarError("constraints are too complex to be combined")
            }
            next += 1
        }
        return result
    }

    func accepts(_ text: [UInt8]) -> Bool {
        if count == 0 { return false }
        var state: Int32 = 0
        for byte in text {
            state = transitions[Int(state)][Int(byte)]
            if state < 0 { return false }
        }
        return accepting[Int(state)]
    }

    func arcs(from state: Int) -> [(ByteSet, Int)] {
        var sets: [Int32: ByteSet] = [:]
        var order: [Int32] = []
        for byte in 0..<256 {
            let target = transitions[state][byte]
            if target < 0 { continue }
            if sets[target] == nil { order.append(target) }
            sets[target, default: ByteSet()].insert(UInt8(byte))
        }
        return order.map { (sets[$0]!, Int($0)) }
    }

    /// For each state, whether characters of a JSON string may follow it without end.
    func plainLoops() -> [Bool] {
        let sequences = ScalarSet.ordinary.utf8Sequences
        /// The states after one unescaped character; nil when one of them leads nowhere.
        let reach: [Set<Int32>?] = (0..<count).map { state in
            var all: Set<Int32> = []
            for sequence in sequences {
                var current: Set<Int32> = [Int32(state)]
                for range in sequence {
                    var following: Set<Int32> = []
                    for from in current {
                        for byte in range {
                            let target = transitions[Int(from)][Int(byte)]
                            if target < 0 { return nil }
                            following.insert(target)
                        }
                    }
                    current = following
                }
                all.formUnion(current)
            }
            return all
        }
        var holds = reach.map { $0 != nil }
        var changed = true
        while changed {
            changed = false
            for state in (0..<count).reversed() where holds[state] {
                if reach[state]!.contains(where: { !holds[Int($0)] }) {
                    holds[state] = false
                    changed = true
                }
            }
        }
        return holds
    }
}
