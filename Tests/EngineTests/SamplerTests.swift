import Engine
import Foundation
import Testing

@Suite struct SamplerTests {
    /// Made from a seed; distinct values with a few clear favourites.
    static func logits(_ count: Int, seed: UInt64 = 3) -> [Float] {
        var state = seed | 1
        return (0..<count).map { index in
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            let unit = Float(state >> 40) / Float(1 << 24)
            return (unit - 0.5) * 8 + (index % 97 == 5 ? 4 : 0)
        }
    }

    static func probabilities(_ logits: [Float]) -> [Double] {
        let best = Double(logits.max()!)
        let weights = logits.map { exp(Double($0) - best) }
        let total = weights.reduce(0, +)
        return weights.map { $0 / total }
    }

    /// Which tokens come out over many draws.
    static func support(_ options: SamplingOptions, _ logits: [Float], draws: Int) -> Set<Token> {
        var sampler = Sampler(options, vocabularySize: logits.count)
        var seen: Set<Token> = []
        for _ in 0..<draws {
            var copy = logits
            seen.insert(copy.withUnsafeMutableBufferPointer { sampler.sample($0) })
        }
        return seen
    }

    static func sample(_ sampler: inout Sampler, _ logits: [Float]) -> Token {
        var copy = logits
        return copy.withUnsafeMutableBufferPointer { sampler.sample($0) }
    }

    /// Everything off, so that one filter can be looked at.
    static func plain(seed: UInt32 = 11) -> SamplingOptions {
        var options = SamplingOptions()
        options.temperature = 1
        options.topK = 0
        options.topP = 1
        options.seed = seed
        return options
    }

    @Test(
        "temperature 0 takes the greatest logit, the first of equals",
        arguments: [1, 7, 500, 152_000])
    func greedy(_ count: Int) {
        var options = SamplingOptions()
        options.temperature = 0
        var logits = Self.logits(count)
        var sampler = Sampler(options, vocabularySize: count)
        #expect(Int(Self.sample(&sampler, logits)) == argmax(logits))
        logits[count / 2] = 50
        logits[count - 1] = 50
        logits[0] = .nan
        #expect(Int(Self.sample(&sampler, logits)) == max(count == 1 ? 0 : 1, count / 2))
    }

    @Test("top-k keeps exactly the k best", arguments: [1, 2, 5, 40], [64, 5000])
    func topK(_ k: Int, _ count: Int) {
        let logits = Self.logits(count).map { $0 * 0.05 }
        var options = Self.plain()
        options.topK = k
        let best = Set(
            logits.indices.sorted { logits[$0] > logits[$1] }.prefix(k).map { Token($0) })
        #expect(Self.support(options, logits, draws: 2000) == best)
    }

    @Test("top-p keeps up to and with the crossing token", arguments: [Float(0.1), 0.5, 0.9])
    func topP(_ p: Float) {
        let logits = Self.logits(24).map { $0 * 0.3 }
        var options = Self.plain()
        options.topP = p
        let probabilities = Self.probabilities(logits)
        var mass = 0.0
        var kept: Set<Token> = []
        for index in logits.indices.sorted(by: { logits[$0] > logits[$1] }) {
            if mass >= Double(p) { break }
            mass += probabilities[index]
            kept.insert(Token(index))
        }
        #expect(Self.support(options, logits, draws: 3000) == kept)
    }

    @Test("min-p keeps what is likely enough beside the best", arguments: [Float(0.05), 0.3, 1])
    func minP(_ p: Float) {
        let logits = Self.logits(24).map { $0 * 0.3 }
        var options = Self.plain()
        options.minP = p
        let probabilities = Self.probabilities(logits)
        let best = probabilities.max()!
        let kept = Set(
            logits.indices.filter { probabilities[$0] >= Double(p) * best * (1 - 1e-6) }
                .map { Token($0) })
        #expect(Self.support(options, logits, draws: 3000) == kept)
    }

    @Test("typical-p keeps what is closest to the entropy", arguments: [Float(0.2), 0.6, 0.95])
    func typicalP(_ p: Float) {
        let logits = Self.logits(24).map { $0 * 0.3 }
        var options = Self.plain()
        options.typicalP = p
        let probabilities = Self.probabilities(logits)
        let entropy = -probabilities.reduce(0) { $0 + $1 * log($1) }
        var mass = 0.0
        var kept: Set<Token> = []
        for index in logits.indices.sorted(by: {
            abs(-log(probabilities[$0]) - entropy) < abs(-log(probabilities[$1]) - entropy)
        }) {
            mass += probabilities[index]
            kept.insert(Token(index))
            if mass > Double(p) { break }
        }
        #expect(Self.support(options, logits, draws: 3000) == kept)
    }

    @Test("filters see probabilities before the temperature")
    func order() {
        // Flat at temperature 100, but top-p 0.5 keeps the favourite alone.
        let logits: [Float] = [5, 1, 1, 1]
        var options = Self.plain()
        options.temperature = 100
        options.topP = 0.5
        #expect(Self.support(options, logits, draws: 1000) == [0])
    }

    @Test("draws follow the distribution")
    func frequencies() {
        let logits: [Float] = [1, 0, 2, -1]
        var options = Self.plain()
        options.temperature = 0.7
        let expected = Self.probabilities(logits.map { $0 / 0.7 })
        var sampler = Sampler(options, vocabularySize: 4)
        var counts = [0.0, 0, 0, 0]
        for _ in 0..<10_000 { counts[Int(Self.sample(&sampler, logits))] += 1 }
        for (count, probability) in zip(counts, expected) {
            #expect(abs(count / 10_000 - probability) < 0.02)
        }
    }

    @Test("the first draws are those of MT19937 with this seed")
    func generator() {
        // Seed 5489 gives 3499211612, 581869302, 3890346734, 3586334585: two make one number.
        var options = Self.plain(seed: 5489)
        options.temperature = 1
        let count = 4096
        let flat = [Float](repeating: 0, count: count)
        var sampler = Sampler(options, vocabularySize: count)
        for (low, high) in [(3_499_211_612.0, 581_869_302.0), (3_890_346_734, 3_586_334_585)] {
            let unit = (low + high * 4_294_967_296) / 18_446_744_073_709_551_616
            #expect(
                Int(Self.sample(&sampler, flat)) == Int((unit * Double(count)).rounded(.up)) - 1)
        }
    }

    @Test("equal seeds give equal tokens, others do not")
    func seeds() {
        let logits = Self.logits(2000)
        func run(_ seed: UInt32?) -> [Token] {
            var options = SamplingOptions()
            options.seed = seed
            options.temperature = 2
            var sampler = Sampler(options, vocabularySize: logits.count)
            return (0..<50).map { _ in Self.sample(&sampler, logits) }
        }
        #expect(run(0) == run(0))
        #expect(run(42) == run(42))
        #expect(run(42) != run(43))
        #expect(run(nil) != run(nil))
    }

    @Test("penalties follow the window of latest tokens")
    func penalties() {
        var options = SamplingOptions()
        options.temperature = 0
        options.repeatPenalty = 2
        options.repeatLastN = 3
        var sampler = Sampler(options, vocabularySize: 3)
        let logits: [Float] = [4, 3, -1]
        #expect(Self.sample(&sampler, logits) == 0)
        sampler.accept(0)  // 4 / 2 < 3
        #expect(Self.sample(&sampler, logits) == 1)
        sampler.accept(1)  // 2, 1.5, -1
        #expect(Self.sample(&sampler, logits) == 0)
        sampler.accept(1)
        sampler.accept(1)  // 0 has left the window
        #expect(Self.sample(&sampler, [2, 3, -1]) == 0)
        // A negative logit is multiplied.
        sampler.accept(2)
        #expect(Self.sample(&sampler, [-1.5, -9, -1]) == 0)
    }

    @Test("presence counts once, frequency every time")
    func counts() {
        var options = SamplingOptions()
        options.temperature = 0
        options.presencePenalty = 1
        var sampler = Sampler(options, vocabularySize: 2)
        for _ in 0..<5 { sampler.accept(0) }
        #expect(Self.sample(&sampler, [2.5, 1]) == 0)
        #expect(Self.sample(&sampler, [1.9, 1]) == 1)
        options.presencePenalty = 0
        options.frequencyPenalty = 1
        sampler = Sampler(options, vocabularySize: 2)
        for _ in 0..<5 { sampler.accept(0) }
        #expect(Self.sample(&sampler, [5.5, 1]) == 1)
        #expect(Self.sample(&sampler, [6.5, 1]) == 0)
        // Tokens outside the vocabulary and a window of nothing do no harm.
        sampler.accept(-1)
        sampler.accept(99)
        #expect(Self.sample(&sampler, [6.5, 1]) == 0)
        options.repeatLastN = 0
        sampler = Sampler(options, vocabularySize: 2)
        for _ in 0..<5 { sampler.accept(0) }
        #expect(Self.sample(&sampler, [1.5, 1]) == 0)
    }

    @Test("masked tokens are never drawn")
    func masks() {
        var logits = [Float](repeating: -.infinity, count: 300)
        logits[7] = -100
        logits[200] = -101
        #expect(Self.support(Self.plain(), logits, draws: 500) == [7, 200])
        #expect(Self.support(SamplingOptions(), logits, draws: 500).isSubset(of: [7, 200]))
        // All masked: some token, no crash.
        let none = [Float](repeating: -.infinity, count: 5)
        #expect(Self.support(Self.plain(), none, draws: 5).count >= 1)
        let noNumbers = [Float](repeating: .nan, count: 5)
        #expect(Self.support(Self.plain(), noNumbers, draws: 5).count >= 1)
    }

    @Test("log probabilities are those of the raw logits")
    func logProbabilities() {
        var logits = Self.logits(3000)
        let probabilities = Self.probabilities(logits)
        let result = logits.withUnsafeMutableBufferPointer {
            LogProbabilities($0, chosen: 17, top: 5)
        }
        #expect(abs(Double(result.token) - log(probabilities[17])) < 1e-4)
        let best = logits.indices.sorted { logits[$0] > logits[$1] }.prefix(5)
        #expect(result.top.map { Int($0.token) } == Array(best))
        for (entry, index) in zip(result.top, best) {
            #expect(abs(Double(entry.logProbability) - log(probabilities[index])) < 1e-4)
        }
        let none = logits.withUnsafeMutableBufferPointer {
            LogProbabilities($0, chosen: 0, top: 0)
        }
        #expect(none.top.isEmpty)
    }
}
