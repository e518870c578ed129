import Testing

@testable import Serving

/// Prompts beside running streams, on machines made of two numbers.
@Suite struct StepPaceTests {
    /// A step costs its weights once, something for each sequence and something for each prompt
    /// token; short chunks pay for unpacking weights as well.
    struct Machine {
        var weights: Double
        var sequence = 0.0
        var prompt: Double
        var unpacking = 0.0

        func seconds(_ load: StepPace.Load) -> Double {
            weights + Double(load.decoding) * sequence + Double(load.promptTokens) * prompt
                + (load.promptTokens > 0 ? unpacking : 0)
        }
    }

    /// Quiet steps, then a prompt of 4000 tokens; seconds of the steps with prompts over those
    /// without.
    func slowdowns(_ machine: Machine, decoding: Int) -> [Double] {
        var pace = StepPace()
        let quiet = StepPace.Load(decoding: decoding, promptTokens: 0)
        pace.record(StepPace.Load(decoding: 0, promptTokens: 100), seconds: 100 * machine.prompt)
        for _ in 0..<50 { pace.record(quiet, seconds: machine.seconds(quiet)) }
        var left = 4000
        var result: [Double] = []
        while left > 0 {
            let share = min(left, pace.promptShare(beside: decoding))
            #expect(share > 0)
            let load = StepPace.Load(decoding: decoding, promptTokens: share)
            pace.record(load, seconds: machine.seconds(load))
            result.append(machine.seconds(load) / machine.seconds(quiet))
            left -= share
        }
        return result
    }

    @Test(arguments: [1, 3, 8])
    func `a long prompt slows others by less than three`(_ decoding: Int) {
        let machines = [
            // 900 tokens a second of prompts, 60 of answers; 5000 and 60; 150 and 40.
            Machine(weights: 0.016, sequence: 0.0005, prompt: 0.0011),
            Machine(weights: 0.016, sequence: 0.0005, prompt: 0.0002, unpacking: 0.004),
            Machine(weights: 0.025, sequence: 0.002, prompt: 0.0066 / 4),
        ]
        for machine in machines {
            let slowdowns = slowdowns(machine, decoding: decoding).sorted()
            #expect(slowdowns[slowdowns.count * 95 / 100] < 3)
            // No more careful than it has to be.
            #expect(slowdowns[slowdowns.count / 2] > 1.5)
        }
    }

    /// Eight requests at once: the first one's prompt is read alone, and those of the others wait then.
    @Test func `many short prompts do not wait for one stream`() {
        let machine = Machine(weights: 0.035, prompt: 0.001, unpacking: 0.03)
        var pace = StepPace()
        pace.record(StepPace.Load(decoding: 0, promptTokens: 64), seconds: 0.1)
        for _ in 0..<10 { pace.record(StepPace.Load(decoding: 1, promptTokens: 0), seconds: 0.035) }
        var left = 7 * 64
        var steps = 0
        while left > 0 {
            let share = min(left, pace.promptShare(beside: 1, waiting: 7))
            let load = StepPace.Load(decoding: 1, promptTokens: share)
            pace.record(load, seconds: machine.seconds(load))
            // As many times the patience with one prompt as there are prompts.
            #expect(machine.seconds(load) < 0.035 * (1 + 2 * 7))
            left -= share
            steps += 1
        }
        #expect(steps <= 4)
        // Beside as many streams as prompts nobody waits longer than for one prompt.
        #expect(pace.promptShare(beside: 7, waiting: 7) == pace.promptShare(beside: 1))
    }

    @Test func `chunks cost a fixed time as well`() {
        let machine = Machine(weights: 0.03, prompt: 0.0002, unpacking: 0.02)
        // No chunk is so small that it costs less than unpacking, and what long ones cost a token is
        // not taken for what short ones cost.
        #expect(slowdowns(machine, decoding: 1).allSatisfy { $0 < 3 })
    }

    @Test func `a machine that gets slower gets smaller chunks`() {
        var pace = StepPace()
        let quiet = StepPace.Load(decoding: 2, promptTokens: 0)
        for _ in 0..<10 { pace.record(quiet, seconds: 0.02) }
        func settle(_ seconds: Double) -> Int {
            for _ in 0..<60 {
                let share = pace.promptShare(beside: 2)
                pace.record(
                    StepPace.Load(decoding: 2, promptTokens: share),
                    seconds: 0.02 + Double(share) * seconds)
            }
            return pace.promptShare(beside: 2)
        }
        let fast = settle(0.0001)
        let slow = settle(0.001)
        #expect(fast == 240)
        #expect(slow == 16)
        #expect(settle(0.0001) == fast)
        // Even where a single token takes too long, the prompt goes on.
        #expect(settle(1) == 8)
        // And where tokens cost nothing, it takes all there is.
        #expect(settle(0) == BatchPlan.promptShare)
    }

    @Test func `a hiccup changes little`() {
        var pace = StepPace()
        for _ in 0..<20 {
            pace.record(StepPace.Load(decoding: 1, promptTokens: 0), seconds: 0.02)
            pace.record(StepPace.Load(decoding: 1, promptTokens: 48), seconds: 0.02 + 0.024)
        }
        let before = pace.promptShare(beside: 1)
        pace.record(StepPace.Load(decoding: 1, promptTokens: 48), seconds: 5)
        #expect(pace.promptShare(beside: 1) >= before / 2)
    }

    @Test func `without measurements it starts small`() {
        var pace = StepPace()
        #expect(pace.promptRate == nil)
        #expect(pace.promptShare(beside: 1) == StepPace.firstShare)
        // Guesses and short chunks tell nothing.
        pace.record(StepPace.Load(decoding: 1, promptTokens: 0, drafts: 3), seconds: 1)
        pace.record(StepPace.Load(decoding: 0, promptTokens: 5), seconds: 1)
        pace.record(StepPace.Load(decoding: 0, promptTokens: 100), seconds: 0)
        #expect(pace.promptRate == nil)
        #expect(pace.promptShare(beside: 1) == StepPace.firstShare)
        pace.record(StepPace.Load(decoding: 0, promptTokens: 100), seconds: 0.1)
        #expect(abs(pace.promptRate! - 1000) < 1e-6)
        // What was measured for one number of sequences serves for others.
        pace.record(StepPace.Load(decoding: 4, promptTokens: 0), seconds: 0.1)
        #expect(pace.promptShare(beside: 1) == pace.promptShare(beside: 4))
    }
}
