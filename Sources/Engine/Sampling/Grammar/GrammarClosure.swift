/// The stacks of a grammar and how they move over a byte.
///
/// An item is a node to read at (low half) and the frame to return to (high half). Frames are kept
/// once: equal stacks are the same number.
struct GrammarClosure {
    /// The frame below the root rule, and the one below a part that is looked at on its own.
    static let bottom: UInt64 = 0
    static let hole: UInt64 = 1

    /// The text may end here.
    static let ends: UInt8 = 1
    /// The part that is looked at on its own may end here.
    static let leaves: UInt8 = 2
    /// Nothing more can be read.
    static let stops: UInt8 = 4

    let program: GrammarProgram
    private(set) var frameNode: [Int32] = [-1, -1]
    private(set) var frameParent: [Int32] = [-1, -1]
    private var frames: [UInt64: Int32] = [:]
    /// Objects in the making are nodes behind those of the program.
    private var objects: [MembersState] = []
    private var objectNodes: [MembersState: Int32] = [:]
    private var seen: Set<UInt64> = []
    private var work: [UInt64] = []

    init(program: GrammarProgram) {
        self.program = program
    }

    var frameCount: Int { frameNode.count }
    var objectCount: Int { objects.count }

    private mutating func node(of object: MembersState) -> Int32 {
        if let known = objectNodes[object] { return known }
        let node = Int32(program.operations.count + objects.count)
        objects.append(object)
        objectNodes[object] = node
        return node
    }

    /// The node that stands for a node of another closure of the same program.
    mutating func node(_ node: Int32, of other: GrammarClosure) -> Int32 {
        let number = Int(node) - program.operations.count
        return number < 0 ? node : self.node(of: other.objects[number])
    }

    /// Follows an object to its next members and to its end.
    private mutating func open(_ state: MembersState, _ frame: UInt64) {
        let object = program.members[Int(state.object)]
        let (closes, members, extra) = state.options(object)
        if closes { work.append(frame << 32 | UInt64(object.close)) }
        let isBegun = state.isBegun
        for member in members {
            let inner = self.frame(node(of: state.adding(member)), frame)
            let rule = isBegun ? object.later[member] : object.first[member]
            work.append(inner << 32 | UInt64(program.entries[Int(rule)]))
        }
        if let extra {
            let inner = self.frame(node(of: extra), frame)
            let rule = isBegun ? object.laterExtra : object.firstExtra
            work.append(inner << 32 | UInt64(program.entries[Int(rule)]))
        }
    }

    mutating func frame(_ node: Int32, _ parent: UInt64) -> UInt64 {
        let key = parent << 32 | UInt64(node)
        if let known = frames[key] { return UInt64(known) }
        let number = Int32(frameNode.count)
        frameNode.append(node)
        frameParent.append(Int32(parent))
        frames[key] = number
        return UInt64(number)
    }

    mutating func start() -> (items: [UInt64], flags: UInt8) {
        work.append(UInt64(program.entries[program.root]))
        return close()
    }

    /// What follows the end of the rule above `frame`.
    mutating func after(_ frame: UInt64) -> (items: [UInt64], flags: UInt8) {
        work.append(
            UInt64(frameParent[Int(frame)]) << 32 | UInt64(frameNode[Int(frame)]))
        return close()
    }

    mutating func step(_ items: [UInt64], _ byte: UInt8) -> (items: [UInt64], flags: UInt8) {
        for item in items {
            let node = Int(item & 0xFFFF_FFFF)
            if program.sets[Int(program.first[node])].contains(byte) {
                work.append((item >> 32) << 32 | UInt64(program.second[node]))
            }
        }
        return work.isEmpty ? ([], 0) : close()
    }

    /// Follows everything in `work` up to the bytes to read.
    private mutating func close() -> (items: [UInt64], flags: UInt8) {
        seen.removeAll(keepingCapacity: true)
        var items: [UInt64] = []
        var flags: UInt8 = 0
        while let item = work.popLast() {
            let node = Int(item & 0xFFFF_FFFF)
            let frame = item >> 32
            if node >= program.operations.count {
                if seen.insert(item).inserted {
                    open(objects[node - program.operations.count], frame)
                }
                continue
            }
            switch program.operations[node] {
            case .fail: continue
            case .byte:
                if seen.insert(item).inserted {
                    items.append(item)
                    if items.count >= GrammarLimits.stacks { work.removeAll() }
                }
            case .fork:
                if !seen.insert(item).inserted { continue }
                let start = Int(program.first[node])
                for i in 0..<Int(program.second[node]) {
                    work.append(frame << 32 | UInt64(program.targets[start + i]))
                }
            case .call:
                if !seen.insert(item).inserted { continue }
                let next = program.second[node]
                // A call at the end of a rule needs no frame of its own.
                let inner =
                    program.operations[Int(next)] == .leave ? frame : self.frame(next, frame)
                work.append(inner << 32 | UInt64(program.entries[Int(program.first[node])]))
            case .members:
                let object = program.first[node]
                let members = program.members[Int(object)].first.count
                let start = self.node(of: MembersState(object, members: members))
                work.append(frame << 32 | UInt64(start))
            case .leave:
                if frame == Self.bottom {
                    flags |= Self.ends
                } else if frame == Self.hole {
                    flags |= Self.leaves
                } else {
                    work.append(
                        UInt64(frameParent[Int(frame)]) << 32
                            | UInt64(frameNode[Int(frame)]))
                }
            }
        }
        items.sort()
        return (items, flags)
    }
}
