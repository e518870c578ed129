/// The way of an automaton through the tree of a vocabulary.
///
/// The innermost loop of all masks: it passes hundreds of thousands of nodes where much is allowed.
struct GrammarWalk {
    /// The node to look at next, and the first one that is not to be seen any more.
    private(set) var at: Int
    let stop: Int
    /// Why the walk stands still at `at`.
    private(set) var need = Need.nothing

    enum Need {
        case nothing
        /// The state behind this one for the node's byte.
        case transition(Int32)
        /// How far this state, reached at the node, can read bytes of the kinds below the node.
        case reach(Int32)
    }

    /// Nodes below one from which on it is asked whether all of them can be taken.
    private static let worthwhile = 6

    init(at: Int, to stop: Int) {
        self.at = at
        self.stop = stop
    }

    /// Goes on to the end, or to a node for which something is not known yet.
    ///
    /// Where a state can read all bytes of the kinds below a node as far as they go, everything below
    /// is taken at once.
    ///
    /// - Parameters:
    ///   - reaches: 256 numbers for each state, by kinds.
    ///   - path: the state at each depth above the node.
    ///   - mask: gets the bits of the tokens that end at nodes that can be read.
    ///   - pending: gets the nodes at which the part that is looked at may end.
    mutating func run(
        _ tree: TokenTrie, _ classes: [UInt8], _ classCount: Int, _ transitions: [Int32],
        _ flags: [UInt8], _ reaches: [UInt8], _ path: inout [Int32], _ mask: inout [UInt64],
        _ pending: inout [Int32]
    ) {
        let nodes = tree.nodes.span
        let tokens = tree.tokens.span
        let classes = classes.span
        let transitions = transitions.span
        let flags = flags.span
        let reaches = reaches.span
        need = .nothing
        var path = path.mutableSpan
        var mask = mask.mutableSpan
        var at = at
        while at < stop {
            let node = nodes[at]
            let depth = Int(node.depth)
            let before = path[depth - 1]
            let next = transitions[Int(before) * classCount + Int(classes[Int(node.byte)])]
            if next < 0 {
                if next == GrammarStore.unknown {
                    need = .transition(before)
                    break
                }
                at = Int(node.end)
                continue
            }
            var last = at + 1
            if Int(node.end) - at > Self.worthwhile {
                let reach = reaches[Int(next) << 8 | Int(node.kinds.rawValue)]
                if reach == GrammarStore.unknownReach {
                    need = .reach(next)
                    break
                }
                if reach >= node.height { last = Int(node.end) }
            }
            for position in Int(node.start)..<Int(nodes[last].start) {
                let token = tokens[position]
                mask[Int(token) >> 6] |= 1 << UInt64(token & 63)
            }
            if last != at + 1 {
                at = last
                continue
            }
            path[depth] = next
            let traits = flags[Int(next)]
            if traits & (GrammarClosure.leaves | GrammarClosure.stops) == 0 {
                at += 1
                continue
            }
            if traits & GrammarClosure.leaves != 0, Int(node.end) > at + 1 {
                pending.append(Int32(at))
            }
            at = traits & GrammarClosure.stops != 0 ? Int(node.end) : at + 1
        }
        self.at = at
    }
}
