import Testing

@testable import Serving

@Suite struct BatchPlanTests {
    @Test func `a lone prompt takes the whole batch`() {
        #expect(BatchPlan.shares(pending: [1000], decoding: [false], batchSize: 512) == [512])
        #expect(BatchPlan.shares(pending: [100], decoding: [false], batchSize: 512) == [100])
    }

    @Test func `decoding sequences go on while a long prompt is read`() {
        let shares = BatchPlan.shares(
            pending: [1, 5000, 1], decoding: [true, false, true], batchSize: 512)
        #expect(shares == [1, 510, 1])
    }

    @Test func `prompts share equally and short ones leave the rest to the others`() {
        #expect(
            BatchPlan.shares(
                pending: [1000, 10, 1000], decoding: [false, false, false], batchSize: 512)
                == [251, 10, 251])
    }

    @Test func `everybody gets a turn when the batch is smaller than the number of sequences`() {
        var served = [0, 0, 0]
        for round in 0..<3 {
            let shares = BatchPlan.shares(
                pending: [1, 1, 1], decoding: [true, true, true], batchSize: 1, first: round)
            #expect(shares.reduce(0, +) == 1)
            for index in 0..<3 { served[index] += shares[index] }
        }
        #expect(served == [1, 1, 1])
    }

    @Test func `a batch full of decoders makes no progress on prompts, the turn after does`() {
        let pending = [1, 1, 40]
        let decoding = [true, true, false]
        let shares = BatchPlan.shares(pending: pending, decoding: decoding, batchSize: 2)
        #expect(shares == [1, 1, 0])
        #expect(BatchPlan.shares(pending: pending, decoding: decoding, batchSize: 3) == [1, 1, 1])
    }

    @Test func `shares never exceed the batch, the pending tokens or the prompts' part`() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<500 {
            let count = Int.random(in: 1...9, using: &generator)
            let decoding = (0..<count).map { _ in Bool.random(using: &generator) }
            let pending = decoding.map { $0 ? 1 : Int.random(in: 1...900, using: &generator) }
            let batch = Int.random(in: 1...700, using: &generator)
            let shares = BatchPlan.shares(
                pending: pending, decoding: decoding, batchSize: batch,
                first: Int.random(in: 0..<count, using: &generator))
            #expect(shares.reduce(0, +) <= batch)
            #expect(shares.reduce(0, +) > 0)
            #expect(zip(shares, pending).allSatisfy { $0 <= $1 && $0 >= 0 })
            if decoding.contains(true) {
                let prompts = shares.indices.filter { !decoding[$0] }.map { shares[$0] }
                #expect(prompts.reduce(0, +) <= BatchPlan.promptShare)
            }
        }
    }
}
