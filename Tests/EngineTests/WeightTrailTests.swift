import Testing

@testable import Engine

@Suite struct WeightTrailTests {
    /// Steps over matrices at places that are never read.
    private func bases(_ trail: inout WeightTrail, _ places: [Int]) -> [Int] {
        places.map { place in
            let next = unsafe trail.pass(
                WorkerTeam.Stretches(base: UnsafeRawPointer(bitPattern: place), share: 64))
            return unsafe Int(bitPattern: next.base)
        }
    }

    @Test func `the second step knows what comes next, and the last matrix leads to the first`() {
        var trail = WeightTrail()
        _ = bases(&trail, [1, 2, 3, 4])
        #expect(bases(&trail, [1, 2, 3, 4]) == [2, 3, 4, 1])
    }

    @Test func `another order is learnt`() {
        var trail = WeightTrail()
        _ = bases(&trail, [1, 2, 3, 4])
        _ = bases(&trail, [1, 3, 5])
        #expect(bases(&trail, [1, 3, 5]) == [3, 5, 1])
        // A step that ends early, and a longer one.
        _ = bases(&trail, [1, 3])
        #expect(bases(&trail, [1, 3, 5]) == [3, 5, 1])
        _ = bases(&trail, [1, 3, 5, 7])
        #expect(bases(&trail, [1, 3, 5, 7]) == [3, 5, 7, 1])
    }

    @Test func `a matrix that is read all the time, and steps without end, do no harm`() {
        var trail = WeightTrail()
        #expect(bases(&trail, [9, 9, 9]) == [9, 9, 9])
        #expect(bases(&trail, Array(1...100_000)).count == 100_000)
    }
}
