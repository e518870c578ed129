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

    let program: GrammarProgram
    private(set) var frameNode: [Int32] = [-1, -1]
    private(set) var frameParent: [Int32] = [-1, -1]
    private var frames: [UInt64: Int32] = [:]
    private var seen: Set<UInt64> = []
    private var work: [UInt64] = []

    init(program: GrammarProgram) {
        self.program = program
    }

    var frameCount: Int { frameNode.count }

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
