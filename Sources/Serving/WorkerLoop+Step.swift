import API
import Engine

/// Evaluating what the running sequences have decided, and sampling what comes next.
extension WorkerLoop {
    mutating func step() {
        makeRoom()
        guard !running.isEmpty else { return }
        round &+= 1
        let shares = BatchPlan.shares(
            pending: running.map(\.pending), decoding: running.map(\.isDecoding),
            batchSize: parts.batchSize,
            promptShare: pace.promptShare(
                beside: running.count { $0.isDecoding },
                waiting: running.count { !$0.isDecoding }),
            first: round % running.count)
        let members = running.indices.filter { shares[$0] > 0 }
        let drafts = speculate(beside: shares)
        let load = StepPace.Load(
            decoding: members.count { running[$0].isDecoding },
            promptTokens: members.reduce(0) { $0 + (running[$1].isDecoding ? 0 : shares[$1]) },
            drafts: drafts.reduce(0, +))
        let begin = ContinuousClock.now
        defer { pace.record(load, seconds: begin.duration(to: .now) / .seconds(1)) }
        do throws(EngineError) {
            try parts.session.step(members.map { running[$0].work(shares[$0]) })
        } catch {
            for index in members { finish(running[index], .failed(error.asAPIError)) }
            remove(Set(members))
            return
        }
        var ended: Set<Int> = []
        var row = 0
        for index in members where running[index].advance(shares[index]) {
            let sequence = running[index].sequence
            let length = parts.session.length(of: sequence)
            let first = row
            row += 1 + drafts[index]
            var (end, rejected) = running[index].sample(
                { parts.session.logits(first + $0) }, tokenizer: parts.tokenizer,
                room: parts.window - (length - drafts[index]))
            do throws(EngineError) {
                try parts.session.cut(sequence, to: length - rejected)
            } catch {
                end = end ?? .failed(error.asAPIError)
            }
            if let end {
                finish(running[index], end)
                ended.insert(index)
            }
        }
        remove(ended)
    }

    /// Sequences from which on a step gains nothing by guesses: it computes enough for the weights
    /// that it reads.
    private static let wideBatch = 4

    /// Lets the sequences guess tokens where a step has rows to spare that cost little. All rows
    /// together stay so few that guesses do not change what is computed for others.
    ///
    /// - Returns: guesses of each running sequence.
    private mutating func speculate(beside shares: [Int]) -> [Int] {
        var drafts = [Int](repeating: 0, count: running.count)
        let isDecided = running.indices.allSatisfy {
            running[$0].isDecoding && shares[$0] == running[$0].pending
        }
        guard parts.speculates, running.count < Self.wideBatch, isDecided else { return drafts }
        var spare = min(Session.exactRows, parts.batchSize) - shares.reduce(0, +)
        for index in running.indices where spare > 0 {
            let length = parts.session.length(of: running[index].sequence)
            drafts[index] = running[index].speculate(
                spare / (running.count - index), room: parts.window - length)
            spare -= drafts[index]
        }
        return drafts
    }

    /// Shifts the contexts that have no place for the token they are about to evaluate.
    private mutating func makeRoom() {
        var failed: Set<Int> = []
        for index in running.indices where running[index].isDecoding {
            let generation = running[index]
            let length = parts.session.length(of: generation.sequence)
            guard length >= parts.window, let wanted = generation.job.keptByShift else { continue }
            let keep = max(0, min(wanted, parts.window - 4))
            do throws(EngineError) {
                try parts.session.shift(
                    generation.sequence, keep: keep, discard: max(1, (length - keep) / 2))
            } catch {
                finish(generation, .failed(error.asAPIError))
                failed.insert(index)
            }
        }
        remove(failed)
    }
}
