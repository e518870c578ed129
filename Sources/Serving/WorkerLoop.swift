import API
import Engine
import Tokenization

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
    /// Pages on disk; nil: none are kept.
    var shelf: PageShelf?
}

/// The loop of a worker's thread.
struct WorkerLoop {
    let worker: Worker
    let parts: RunningModelParts
    private var waiting: [GenerationJob] = []
    private var embeddings: [EmbeddingJob] = []
    /// Open sequences that wait for pages from the disk.
    var restoring: [Restoring] = []
    var running: [Generation] = []
    var saving: PageSaving?
    /// Texts that the disk was asked about and has not answered yet, in their order.
    var asked: [[Token]] = []
    var pace = StepPace()
    var round = 0

    init(worker: Worker, parts: RunningModelParts) {
        self.worker = worker
        self.parts = parts
        saving = parts.shelf.map { PageSaving($0) }
    }

    mutating func run() {
        var hasSaved = true
        while true {
            // Jobs that wait beside restoring ones wait for those.
            let isBlocked = waiting.isEmpty || !restoring.isEmpty
            let isIdle = running.isEmpty && embeddings.isEmpty && isBlocked && hasSaved
            let (jobs, isStopping) = worker.take(idle: isIdle)
            for job in jobs {
                switch job {
                case .generation(let generation): waiting.append(generation)
                case .embedding(let embedding): embeddings.append(embedding)
                case .restored(let reply): restored(reply)
                case .missing(let tokens, let pages): answered(tokens, pages)
                }
            }
            if isStopping { break }
            dropCancelled()
            admit()
            parts.session.holdsWeights = isAwaited
            embedSome()
            if !running.isEmpty { step() }
            // What was waited for may have come, and nothing else be left to do.
            parts.session.holdsWeights = isAwaited
            hasSaved = saveSome()
            worker.publish(parts.session)
        }
        for generation in running { finish(generation, .failed(Worker.stopped)) }
        for one in restoring { drop(one, .failed(Worker.stopped)) }
        for job in waiting { job.finished(.failed(Worker.stopped)) }
        for job in embeddings { job.finished(.failure(Worker.stopped)) }
        (running, restoring, waiting, embeddings) = ([], [], [], [])
        parts.session.holdsWeights = false
        saveRest()
    }

    /// Whether work is under way for someone who waits for a first token, or for a text's embedding.
    private var isAwaited: Bool {
        !restoring.isEmpty || !embeddings.isEmpty || running.contains { !$0.isDecoding }
    }

    private mutating func dropCancelled() {
        let cancelled = running.indices.filter { running[$0].job.cancellation.isCancelled }
        for index in cancelled { finish(running[index], .cancelled) }
        remove(Set(cancelled))
        dropCancelledRestores()
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
            && !restoring.contains { $0.job.prompt == job.prompt }
    }

    private mutating func admit() {
        while running.count + restoring.count < parts.parallel,
            let place = waiting.firstIndex(where: isReady)
        {
            let job = waiting.remove(at: place)
            do throws(EngineError) {
                let (sequence, reused) = try parts.session.begin(job.prompt)
                if !restore(job, sequence, reused: reused) {
                    start(job, sequence, reused: reused)
                }
            } catch {
                // Others give their memory back when they end.
                if error.code == .outOfMemory, !running.isEmpty || !restoring.isEmpty {
                    waiting.insert(job, at: place)
                    return
                }
                job.finished(.failed(error.asAPIError))
            }
        }
    }

    mutating func start(_ job: GenerationJob, _ sequence: SequenceID, reused: Int) {
        running.append(
            Generation(
                job, sequence: sequence, reused: reused,
                vocabularySize: parts.model.vocabularySize, speculates: parts.speculates))
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

    mutating func finish(_ generation: Generation, _ end: GenerationEnd) {
        keep(generation.sequence)
        parts.session.end(generation.sequence)
        generation.job.finished(end)
    }

    mutating func remove(_ indices: Set<Int>) {
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
