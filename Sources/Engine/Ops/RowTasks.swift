/// How the rows of a matrix are cut into tasks: each member of the team has a share of neighbouring rows,
/// so that it reads one stream of memory, in chunks that others may take when they are done first.
///
/// Where memory sets the pace, the last chunk of a share is taken in a half, a quarter and two eighths,
/// so that members end within a few microseconds of each other, while most of the rows are in chunks
/// that are worth preparing an input for.
///
/// Tasks are numbered member by member, as ``WorkerTeam`` divides them.
struct RowTasks {
    let rows: Int
    private let members: Int
    /// Rows are cut at multiples of this, as the kernels take them.
    private let unit: Int
    /// Rows of a member's share.
    let share: Int
    /// Most rows of a task.
    let chunk: Int
    /// Chunks of a share that are tasks as they are: all, or all but the last one.
    private let whole: Int
    private let tapers: Bool
    /// Tasks of a share. Some of them may have no rows.
    var perMember: Int { whole + (tapers ? 4 : 0) }

    /// - Parameters:
    ///   - chunk: rows that a task should have at most; at least a unit is taken.
    ///   - tapers: whether the last chunk of a share is cut.
    init(rows: Int, members: Int, chunk: Int, unit: Int, tapers: Bool) {
        self.rows = rows
        self.members = members
        self.unit = unit
        self.tapers = tapers
        func up(_ count: Int) -> Int { (count + unit - 1) / unit * unit }
        share = up((rows + members - 1) / members)
        let chunks = max(1, (share + max(chunk, unit) - 1) / max(chunk, unit))
        self.chunk = up((share + chunks - 1) / chunks)
        whole = tapers ? chunks - 1 : chunks
    }

    var count: Int { members * perMember }

    /// The rows of a member's share.
    func range(of member: Int) -> Range<Int> {
        min(rows, member * share)..<min(rows, (member + 1) * share)
    }

    /// The rows of a member's task `index`, which is less than ``perMember``.
    func range(_ member: Int, _ index: Int) -> Range<Int> {
        let first = member * share
        let end = min(rows, first + share)
        return min(end, first + place(index))..<min(end, first + place(index + 1))
    }

    /// Where a task begins in its share.
    private func place(_ index: Int) -> Int {
        if index <= whole { return index * chunk }
        // 4, 6, 7 and 8 eighths.
        let eighths = index - whole >= 4 ? 8 : 8 - (8 >> (index - whole))
        return whole * chunk + chunk / unit * eighths / 8 * unit
    }
}
