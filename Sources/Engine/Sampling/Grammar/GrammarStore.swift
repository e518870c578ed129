/// The states of a grammar that were met so far, with their transitions and masks.
///
/// A deterministic automaton that is built as texts need it. Masks are computed in two parts: what
/// a set of nodes allows whatever it stands in (kept per set of nodes), and the few tokens that go
/// on beyond the end of the rule they begin in, which depend on the stack below.
struct GrammarStore {
    static let dead: Int32 = -1
    static let unknown: Int32 = -2
    static let unknownReach = UInt8.max
    private static let longestReach: UInt8 = 64

    private struct Key: Hashable {
        var items: [UInt64]
        var flags: UInt8
    }

    /// What a set of nodes allows on its own.
    private struct PartMask {
        /// Dense, or nil when `tokens` says it all.
        var words: [UInt64]?
        var tokens: [Int32]
        /// The nodes of the tree at which the rule may have ended, with the tree below them to see.
        var pending: [Int32]
        var usesFull: Bool
    }

    private(set) var closure: GrammarClosure
    let vocabulary: GrammarVocabulary?
    private var index: [Key: Int32] = [:]
    private var items: [[UInt64]] = []
    private(set) var flags: [UInt8] = []
    private var transitions: [Int32] = []
    private let classCount: Int
    private let classes: [UInt8]
    /// For each state and each set of kinds, how many bytes of these kinds it can read; as many as
    /// `longestReach` stand for any number up to the longest token that is taken at once.
    private var reaches: [UInt8] = []
    private var kindBytes: [UInt8: [UInt8]] = [:]
    private var parts: [[UInt64]: PartMask] = [:]
    private var masks: [Int32: [UInt64]] = [:]
    private var path: [Int32] = []

    init(program: GrammarProgram, vocabulary: GrammarVocabulary?) {
        closure = GrammarClosure(program: program)
        self.vocabulary = vocabulary
        classCount = program.representatives.count
        classes = program.classes
        path = [Int32](
            repeating: 0,
            count: max(vocabulary?.full.maxDepth ?? 0, vocabulary?.unplain.maxDepth ?? 0) + 2)
    }

    var stateCount: Int { items.count }

    /// Whether the store has grown so far that a fresh one should take over.
    var isFull: Bool {
        items.count > GrammarLimits.storedStates || closure.frameCount > 4_000_000
            || closure.objectCount > 1_000_000
    }

    /// Bytes of states, frames and masks, about: sets of nodes count as eight.
    var byteCount: Int {
        let words = vocabulary?.maskWords ?? 0
        return items.count * 128 + 4 * transitions.count + reaches.count + closure.frameCount * 32
            + closure.objectCount * 128
            + (masks.count + parts.count) * 8 * (words + 8)
    }

    mutating func startState() -> Int32 {
        let (items, flags) = closure.start()
        return intern(items, flags)
    }

    private mutating func intern(_ items: [UInt64], _ flags: UInt8) -> Int32 {
        if items.isEmpty && flags == 0 { return Self.dead }
        let key = Key(items: items, flags: flags)
        if let known = index[key] { return known }
        let state = Int32(self.items.count)
        self.items.append(items)
        self.flags.append(items.isEmpty ? flags | GrammarClosure.stops : flags)
        transitions.append(contentsOf: repeatElement(Self.unknown, count: classCount))
        if vocabulary != nil {
            reaches.append(contentsOf: repeatElement(Self.unknownReach, count: 256))
        }
        index[key] = state
        return state
    }

    /// Takes over a state of another store of the same grammar.
    mutating func adopt(_ state: Int32, of other: GrammarStore) -> Int32 {
        var known: [UInt64: UInt64] = [GrammarClosure.bottom: GrammarClosure.bottom]
        var adopted: [UInt64] = []
        for item in other.items[Int(state)] {
            // From the bottom of the stack upwards.
            var chain: [UInt64] = []
            var frame = item >> 32
            while known[frame] == nil {
                chain.append(frame)
                frame = UInt64(other.closure.frameParent[Int(frame)])
            }
            for missing in chain.reversed() {
                let parent = known[UInt64(other.closure.frameParent[Int(missing)])] ?? 0
                let node = closure.node(other.closure.frameNode[Int(missing)], of: other.closure)
                known[missing] = closure.frame(node, parent)
            }
            adopted.append((known[item >> 32] ?? 0) << 32 | item & 0xFFFF_FFFF)
        }
        return intern(
            adopted.sorted(), other.flags[Int(state)] & ~GrammarClosure.stops)
    }

    mutating func next(_ state: Int32, _ byte: UInt8) -> Int32 {
        let slot = Int(state) * classCount + Int(classes[Int(byte)])
        let known = transitions[slot]
        if known != Self.unknown { return known }
        if items.count >= GrammarLimits.walkedStates { return Self.dead }
        let (reached, flags) = closure.step(items[Int(state)], byte)
        let target = intern(reached, flags)
        transitions[slot] = target
        return target
    }

    /// The bytes that may come next, when there is exactly one.
    mutating func onlyByte(_ state: Int32) -> UInt8? {
        if flags[Int(state)] != 0 { return nil }
        var only: UInt8?
        let program = closure.program
        var union = ByteSet()
        for item in items[Int(state)] {
            union.formUnion(program.sets[Int(program.first[Int(item & 0xFFFF_FFFF)])])
        }
        for byte in UInt8.min...UInt8.max where union.contains(byte) {
            if only != nil { return nil }
            only = byte
        }
        return only
    }

    /// The tokens allowed in `state`.
    mutating func mask(_ state: Int32) -> [UInt64] {
        guard let vocabulary else { return [] }
        if let known = masks[state] { return known }
        var mask = [UInt64](repeating: 0, count: vocabulary.maskWords)
        if flags[Int(state)] & GrammarClosure.ends != 0 {
            for token in vocabulary.endTokens { mask[token >> 6] |= 1 << UInt64(token & 63) }
        }
        let all = items[Int(state)]
        var start = 0
        while start < all.count {
            let frame = all[start] >> 32
            var end = start
            while end < all.count, all[end] >> 32 == frame { end += 1 }
            let nodes = all[start..<end].map { GrammarClosure.hole << 32 | $0 & 0xFFFF_FFFF }
            let part = partMask(nodes, vocabulary)
            if let words = part.words {
                for i in mask.indices { mask[i] |= words[i] }
            } else {
                for token in part.tokens { mask[Int(token) >> 6] |= 1 << UInt64(token & 63) }
            }
            if frame != GrammarClosure.bottom, !part.pending.isEmpty {
                let (reached, flags) = closure.after(frame)
                let below = intern(reached, flags)
                if below >= 0 {
                    let tree = part.usesFull ? vocabulary.full : vocabulary.unplain
                    var ignored: [Int32] = []
                    for node in part.pending {
                        walk(tree, below: node, from: below, into: &mask, pending: &ignored)
                    }
                }
            }
            start = end
        }
        if masks.count >= 256 { masks.removeAll(keepingCapacity: true) }
        masks[state] = mask
        return mask
    }

    private mutating func partMask(_ nodes: [UInt64], _ vocabulary: GrammarVocabulary) -> PartMask {
        if let known = parts[nodes] { return known }
        let (limit, exact) = plainReach(nodes)
        let usesFull = limit == 0 || !(exact || limit == GrammarProgram.unlimited)
        var mask =
            limit == 0
            ? [UInt64](repeating: 0, count: vocabulary.maskWords) : vocabulary.plainMask(limit)
        var pending: [Int32] = []
        let state = intern(nodes, 0)
        let tree = usesFull ? vocabulary.full : vocabulary.unplain
        walk(tree, below: 0, from: state, into: &mask, pending: &pending)
        var part = PartMask(words: nil, tokens: [], pending: pending, usesFull: usesFull)
        let allowed = mask.reduce(0) { $0 + $1.nonzeroBitCount }
        if allowed > 4096 {
            part.words = mask
        } else {
            part.tokens.reserveCapacity(allowed)
            for (i, word) in mask.enumerated() where word != 0 {
                var bits = word
                while bits != 0 {
                    part.tokens.append(Int32(i * 64 + bits.trailingZeroBitCount))
                    bits &= bits - 1
                }
            }
        }
        if parts.count >= 2048 { parts.removeAll(keepingCapacity: true) }
        parts[nodes] = part
        return part
    }

    /// How many unescaped characters may follow in any order, and whether no more than that may.
    private func plainReach(_ nodes: [UInt64]) -> (limit: Int32, exact: Bool) {
        let program = closure.program
        var limit: Int32 = 0
        var lowest = Int32.max
        for item in nodes {
            let node = Int(item & 0xFFFF_FFFF)
            guard program.sets[Int(program.first[node])].intersects(.plainFirst) else { continue }
            limit = max(limit, program.plain[node])
            lowest = min(lowest, program.plain[node])
        }
        return (limit, limit > 0 && lowest == limit)
    }

    /// Adds the tokens below a node of the tree that can be read from `start`.
    private mutating func walk(
        _ tree: TokenTrie, below node: Int32, from start: Int32, into mask: inout [UInt64],
        pending: inout [Int32]
    ) {
        path[Int(tree.nodes[Int(node)].depth)] = start
        var walk = GrammarWalk(at: Int(node) + 1, to: Int(tree.nodes[Int(node)].end))
        while walk.at < walk.stop {
            walk.run(
                tree, classes, classCount, transitions, flags, reaches, &path, &mask, &pending)
            switch walk.need {
            case .nothing: break
            case .transition(let state): _ = next(state, tree.nodes[walk.at].byte)
            case .reach(let state): findReach(of: state, tree.nodes[walk.at].kinds)
            }
        }
    }

    /// Finds out how many bytes of these kinds, whichever they are, a state can read.
    private mutating func findReach(of state: Int32, _ kinds: ByteKinds) {
        let representatives = representatives(of: kinds)
        var reach: UInt8 = 0
        var seen: Set<Int32> = [state]
        var current = [state]
        search: while reach < Self.longestReach {
            var following: [Int32] = []
            for from in current {
                for byte in representatives {
                    let target = next(from, byte)
                    if target < 0 { break search }
                    if seen.insert(target).inserted { following.append(target) }
                }
            }
            reach += 1
            if following.isEmpty {
                reach = Self.longestReach
                break
            }
            current = following
        }
        reaches[Int(state) << 8 | Int(kinds.rawValue)] = reach
    }

    /// One byte of each class that has bytes of these kinds.
    private mutating func representatives(of kinds: ByteKinds) -> [UInt8] {
        if let known = kindBytes[kinds.rawValue] { return known }
        var byClass: [UInt8: UInt8] = [:]
        for byte in UInt8.min...UInt8.max where kinds.contains(ByteKinds(of: byte)) {
            byClass[classes[Int(byte)]] = byte
        }
        let bytes = Array(byClass.values)
        kindBytes[kinds.rawValue] = bytes
        return bytes
    }
}
