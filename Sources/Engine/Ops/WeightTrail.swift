/// In which order a step reads the weights, learnt from the step before: so that members that wait can ask
/// for what they read next. A wrong guess costs nothing but some reading.
struct WeightTrail {
    private var stretches: [WorkerTeam.Stretches] = []
    private var place = 0

    /// A step's matrices are no more.
    private static let most = 1 << 14

    /// Notes that a matrix is read now.
    ///
    /// - Returns: what is read after it.
    mutating func pass(_ now: WorkerTeam.Stretches) -> WorkerTeam.Stretches {
        if let first = stretches.first, unsafe first.base == now.base { place = 0 }
        if place < stretches.count, unsafe stretches[place].base == now.base {
            stretches[place] = now
        } else {
            stretches.removeSubrange(min(place, stretches.count)...)
            if stretches.count >= Self.most { stretches = [] }
            stretches.append(now)
            place = stretches.count - 1
        }
        place += 1
        // After the last one the next step begins.
        return stretches[place < stretches.count ? place : 0]
    }
}
