/// The members of an object, in any order.
///
/// What may follow depends on the members that were written. A node for each set of them would be
/// far too many, so a matcher makes a node when a text gets there (``MembersState``).
struct GrammarMembers: Sendable {
    /// For each member the rule that reads it as the first one, and the rule behind another one.
    var first: [Int32]
    var later: [Int32]
    var isRequired: [Bool]
    /// The rules of a member with any other name; -1 where there is none.
    var firstExtra: Int32
    var laterExtra: Int32
    /// The node that closes the object.
    var close: Int32
    /// Members that the object has at least, and at most.
    var low: Int
    var high: Int?
    /// Members that can be completed; the others are never begun.
    var isUsable: [Bool] = []
    var isExtraUsable = false

    var byteCount: Int { first.count * 10 + 64 }

    /// Whether some object can be completed when only such rules can.
    func isProductive(close: Bool, rule isUsable: (Int32) -> Bool) -> Bool {
        guard close else { return false }
        var available = firstExtra >= 0 && isUsable(firstExtra) && isUsable(laterExtra) ? 1 : 0
        var required = 0
        for index in first.indices {
            let usable = isUsable(first[index]) && isUsable(later[index])
            if isRequired[index] {
                guard usable else { return false }
                required += 1
            }
            if usable { available += 1 }
        }
        return available >= low && max(required, low) <= high ?? Int.max
    }
}

/// How far the members of one object have come.
struct MembersState: Hashable, Sendable {
    /// Which of the program's objects.
    var object: Int32
    /// One bit for each member that was written.
    var written: [UInt64]
    /// Members with other names, counted as far as it matters.
    var extras: Int32 = 0

    init(_ object: Int32, members: Int) {
        self.object = object
        written = [UInt64](repeating: 0, count: (members + 63) / 64)
    }

    func has(_ member: Int) -> Bool { written[member >> 6] >> UInt64(member & 63) & 1 == 1 }

    func adding(_ member: Int) -> MembersState {
        var state = self
        state.written[member >> 6] |= 1 << UInt64(member & 63)
        return state
    }

    /// What may come next.
    ///
    /// Names of other members may repeat, which a reader takes for one member: of those only the
    /// first counts towards the least number, all count towards the greatest.
    func options(_ object: GrammarMembers) -> (closes: Bool, members: [Int], extra: MembersState?) {
        let count = written.reduce(0) { $0 + $1.nonzeroBitCount }
        var missing = 0
        var open: [Int] = []
        for member in object.first.indices where !has(member) {
            if object.isRequired[member] { missing += 1 }
            if object.isUsable[member] { open.append(member) }
        }
        let total = count + Int(extras)
        let distinct = count + min(Int(extras), 1)
        let need = max(missing, object.low - distinct)
        let spare = (object.high ?? Int.max) - total - need
        var extra: MembersState?
        if object.isExtraUsable, spare > 0 || (spare == 0 && extras == 0 && need > missing) {
            extra = self
            extra!.extras = object.high == nil ? 1 : extras + 1
        }
        if spare <= 0 {
            // Only what is needed anyway.
            open = open.filter { object.isRequired[$0] || need > missing }
            if spare < 0 { open = [] }
        }
        return (need <= 0, open, extra)
    }

    /// Whether a comma stands in front of the next member.
    var isBegun: Bool { extras > 0 || written.contains { $0 != 0 } }
}
