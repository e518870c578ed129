import API
import Dispatch
import Engine
import Synchronization
import Tokenization

/// The one thread that runs a loaded model: takes jobs, steps all running sequences together.
final class Worker: Sendable {
    private struct Inbox {
        var jobs: [WorkerJob] = []
        var isStopping = false
        var hasEnded = false
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    /// Memory that the session holds, as of the last step.
    struct Usage: Sendable {
        var cacheBytes = 0
        var scratchBytes = 0
    }

    private let inbox = Mutex(Inbox())
    private let wakeup = DispatchSemaphore(value: 0)
    private let currentUsage = Mutex(Usage())

    var usage: Usage { currentUsage.withLock { $0 } }

    /// Starts the thread. `load` runs on it first; `ready` hears how that went, still on it.
    static func start<Loaded: Sendable, Failure: Error>(
        load: @escaping @Sendable () throws(Failure) -> (Loaded, RunningModelParts),
        ready: @escaping @Sendable (Result<Loaded, Failure>, Worker) -> Void
    ) {
        let worker = Worker()
        Background.thread {
            worker.runToEnd(load: load, ready: ready)
            // Only now are session and weights given back.
            worker.end()
        }
    }

    private func runToEnd<Loaded, Failure: Error>(
        load: () throws(Failure) -> (Loaded, RunningModelParts),
        ready: (Result<Loaded, Failure>, Worker) -> Void
    ) {
        let parts: RunningModelParts
        do throws(Failure) {
            let (loaded, made) = try load()
            parts = made
            publish(made.session)
            ready(.success(loaded), self)
        } catch {
            ready(.failure(error), self)
            return
        }
        var loop = WorkerLoop(worker: self, parts: parts)
        loop.run()
    }

    private init() {}

    /// Queues a job; it fails at once when the worker has stopped.
    func submit(_ job: WorkerJob) {
        let accepted = inbox.withLock { inbox in
            if inbox.isStopping { return false }
            inbox.jobs.append(job)
            return true
        }
        if accepted { wakeup.signal() } else { job.fail(Self.stopped) }
    }

    /// Breaks running jobs off and returns when the thread has given everything back.
    func stop() async {
        await withCheckedContinuation { continuation in
            let hasEnded = inbox.withLock { inbox in
                inbox.isStopping = true
                if !inbox.hasEnded { inbox.waiters.append(continuation) }
                return inbox.hasEnded
            }
            if hasEnded { continuation.resume() } else { wakeup.signal() }
        }
    }

    /// Makes the loop look at cancellations.
    func wake() { wakeup.signal() }

    static let stopped = APIError(503, "the model was unloaded while the request was running")

    // MARK: For the loop

    /// New jobs, and whether to stop; waits for one of them when `idle`.
    fileprivate func take(idle: Bool) -> (jobs: [WorkerJob], isStopping: Bool) {
        if idle { wakeup.wait() }
        return inbox.withLock { inbox in
            defer { inbox.jobs = [] }
            return (inbox.jobs, inbox.isStopping)
        }
    }

    fileprivate func publish(_ session: Session) {
        let usage = Usage(cacheBytes: session.cacheBytes, scratchBytes: session.scratchBytes)
        currentUsage.withLock { $0 = usage }
    }

    fileprivate func end() {
        let (jobs, waiters) = inbox.withLock { inbox in
            defer { (inbox.jobs, inbox.waiters) = ([], []) }
            inbox.isStopping = true
            inbox.hasEnded = true
            return (inbox.jobs, inbox.waiters)
        }
        for job in jobs { job.fail(Self.stopped) }
        for waiter in waiters { waiter.resume() }
    }
}

/// What the worker's thread owns.
struct RunningModelParts {
    let model: Model
    let session: Session
    let tokenizer: Tokenizer
    /// Tokens a sequence may hold.
    let window: Int
    let parallel: Int
    let batchSize: Int
    let speculates: Bool
}

/// The loop of a worker's thread.
private struct WorkerLoop {
    let worker: Worker
    let parts: RunningModelParts
    private var waiting: [GenerationJob] = []
    private var embeddings: [EmbeddingJob] = []
    private var running: [Generation] = []
    private var round = 0

    init(worker: Worker, parts: RunningModelParts) {
        self.worker = worker
        self.parts = parts
    }

    mutating func run() {
        while true {
            let isIdle = running.isEmpty && waiting.isEmpty && embeddings.isEmpty
            let (jobs, isStopping) = worker.take(idle: isIdle)
            for job in jobs {
                switch job {
                case .generation(let generation): waiting.append(generation)
                case .embedding(let embedding): embeddings.append(embedding)
                }
            }
            if isStopping { break }
            dropCancelled()
            admit()
            embedSome()
            if !running.isEmpty { step() }
            worker.publish(parts.session)
        }
        for generation in running { finish(generation, .failed(Worker.stopped)) }
        for job in waiting { job.finished(.failed(Worker.stopped)) }
        for job in embeddings { job.finished(.failure(Worker.stopped)) }
        (running, waiting, embeddings) = ([], [], [])
    }

    private mutating func dropCancelled() {
        let cancelled = running.indices.filter { running[$0].job.cancellation.isCancelled }
        for index in cancelled { finish(running[index], .cancelled) }
        remove(Set(cancelled))
        waiting.removeAll { job in
            guard job.cancellation.isCancelled else { return false }
            job.finished(.cancelled)
            return true
        }
    }

    /// Whether the job gains nothing by waiting: the same prompt is not being read for another one,
    /// whose pages it could take over whole.
    private func isReady(_ job: GenerationJob) -> Bool {
        !running.contains { !$0.isDecoding && $0.job.prompt == job.prompt }
    }

    private mutating func admit() {
        while running.count < parts.parallel, let place = waiting.firstIndex(where: isReady) {
            let job = waiting.remove(at: place)
            do throws(EngineError) {
                let (sequence, reused) = try parts.session.begin(job.prompt)
                running.append(
                    Generation(
                        job, sequence: sequence, reused: reused,
                        vocabularySize: parts.model.vocabularySize,
                        speculates: parts.speculates))
            } catch {
                // Others give their memory back when they end.
                if error.code == .outOfMemory, !running.isEmpty {
                    waiting.insert(job, at: place)
                    return
                }
                job.finished(.failed(error.asAPIError))
            }
        }
    }

    /// One step of texts a round, so that generations go on between the texts of a long list: as
    /// many as an encoder takes at once, or one.
    private mutating func embedSome() {
        embeddings.removeAll { job in
            guard job.cancellation.isCancelled else { return false }
            job.finished(nil)
            return true
        }
        guard !embeddings.isEmpty else { return }
        var count = 1
        if parts.model.isEncoder {
            var rows = embeddings[0].tokens.count
            while count < embeddings.count,
                rows + embeddings[count].tokens.count <= parts.batchSize
            {
                rows += embeddings[count].tokens.count
                count += 1
            }
        }
        let jobs = Array(embeddings.prefix(count))
        embeddings.removeFirst(count)
        do throws(EngineError) {
            let vectors = try parts.session.embed(batch: jobs.map(\.tokens))
            for (job, vector) in zip(jobs, vectors) { job.finished(.success(vector)) }
        } catch {
            // Some of them may be at fault, the others are not.
            for job in jobs { job.finished(count == 1 ? .failure(error.asAPIError) : alone(job)) }
        }
    }

    private func alone(_ job: EmbeddingJob) -> Result<[Float], APIError> {
        do throws(EngineError) {
            return .success(try parts.session.embed(job.tokens))
        } catch {
            return .failure(error.asAPIError)
        }
    }

    private mutating func step() {
        makeRoom()
        guard !running.isEmpty else { return }
        round &+= 1
        let shares = BatchPlan.shares(
            pending: running.map(\.pending), decoding: running.map(\.isDecoding),
            batchSize: parts.batchSize, first: round % running.count)
        let members = running.indices.filter { shares[$0] > 0 }
        let drafts = speculate(beside: shares)
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

    private func finish(_ generation: Generation, _ end: GenerationEnd) {
        parts.session.end(generation.sequence)
        generation.job.finished(end)
    }

    private mutating func remove(_ indices: Set<Int>) {
        guard !indices.isEmpty else { return }
        running = running.indices.filter { !indices.contains($0) }.map { running[$0] }
    }
}

extension EngineError {
    /// As the API reports a failure of a running model.
    var asAPIError: APIError {
        switch code {
        case .noPooling:
            APIError(501, "This server does not support embeddings. Start it with `--embeddings`")
        case .contextExceeded: APIError(400, description)
        default: APIError(500, "an error was encountered while running the model: \(description)")
        }
    }
}
