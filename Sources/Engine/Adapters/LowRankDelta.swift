/// What adapters add to a matrix: y += up (down x), in F32, the scale being part of `up`.
///
/// Several adapters of one matrix lie side by side: their ranks add up.
final class LowRankDelta: Sendable {
    let down: Weight  // (rank, columns)
    let up: Weight  // (rows, rank)

    init(down: Weight, up: Weight) {
        self.down = down
        self.up = up
    }

    var rank: Int { down.rows }

    /// Of some of the outputs.
    func rows(_ range: Range<Int>, _ name: String) -> LowRankDelta {
        LowRankDelta(down: down, up: up.rows(range, name))
    }
}
