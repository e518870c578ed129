import API
import Engine
import Tokenization

/// A request whose sequence gets pages from the disk before its prompt is read.
struct Restoring {
    let job: GenerationJob
    let sequence: SequenceID
    /// Number of the first page that was asked for.
    var nextPage: Int
}

/// What the disk gave for a sequence.
struct RestoredPages: Sendable {
    var sequence: SequenceID
    var pages: [CachedPage]
    /// Whether there are more.
    var goesOn: Bool
}

/// The worker's side of the disk cache.
extension WorkerLoop {
    /// Lets a request wait for pages from the disk where that may save time.
    ///
    /// - Parameter reused: tokens that memory has.
    /// - Returns: false when it may start at once.
    mutating func restore(_ job: GenerationJob, _ sequence: SequenceID, reused: Int) -> Bool {
        guard let shelf = parts.shelf,
            shelf.mayHelp(job.prompt, known: reused, rate: pace.promptRate)
        else { return false }
        let one = Restoring(
            job: job, sequence: sequence, nextPage: reused / Session.pageLength)
        restoring.append(one)
        ask(for: one, shelf)
        return true
    }

    private func ask(for one: Restoring, _ shelf: PageShelf) {
        let (worker, sequence) = (worker, one.sequence)
        let most = running.isEmpty ? PageShelf.someReplyBytes : PageShelf.mostReplyBytes
        let rate = pace.promptRate
        shelf.read(one.job.prompt, from: one.nextPage, atMost: most, rate: rate) { pages, goesOn in
            worker.submit(
                .restored(RestoredPages(sequence: sequence, pages: pages, goesOn: goesOn)))
        }
    }

    /// Puts pages into the cache, and starts the request when they were the last.
    mutating func restored(_ reply: RestoredPages) {
        guard let shelf = parts.shelf,
            let place = restoring.firstIndex(where: { $0.sequence == reply.sequence })
        else { return }
        var isDone = true
        if reply.goesOn, let last = reply.pages.last {
            isDone = false
            restoring[place].nextPage = last.number + 1
            // The next ones are read while these are put in their places.
            ask(for: restoring[place], shelf)
        }
        do throws(EngineError) {
            for page in reply.pages {
                let length = page.number * Session.pageLength
                // Memory may have a part of the first page, or all of it that the text shares.
                guard parts.session.length(of: reply.sequence) < length + page.tokens.count
                else { continue }
                try parts.session.cut(reply.sequence, to: length)
                try put(page, reply.sequence)
            }
        } catch {
            // What is there is good; the rest is computed, and a reply on its way finds nobody.
            isDone = true
        }
        guard isDone else { return }
        let one = restoring.remove(at: place)
        start(one.job, one.sequence, reused: parts.session.length(of: one.sequence))
    }

    private func put(_ page: CachedPage, _ sequence: SequenceID) throws(EngineError) {
        let result: Result<Void, EngineError> = page.file.withUnsafeBytes { file in
            let bytes = UnsafeRawBufferPointer(rebasing: file[page.data])
            do throws(EngineError) {
                return .success(try parts.session.restore(sequence, page.tokens, from: bytes))
            } catch {
                return .failure(error)
            }
        }
        try result.get()
    }

    func drop(_ one: Restoring, _ end: GenerationEnd) {
        parts.session.end(one.sequence)
        one.job.finished(end)
    }

    mutating func dropCancelledRestores() {
        for one in restoring where one.job.cancellation.isCancelled { drop(one, .cancelled) }
        restoring.removeAll { $0.job.cancellation.isCancelled }
    }

    // MARK: Saving

    /// Lets the disk know of a sequence that is about to end.
    mutating func keep(_ sequence: SequenceID) {
        guard let shelf = parts.shelf, parts.session.isShared(sequence),
            parts.session.length(of: sequence) >= DiskCache.leastTokens
        else { return }
        let tokens = parts.session.tokens(of: sequence)
        asked.append(tokens)
        let worker = worker
        shelf.use(tokens) { missing in worker.submit(.missing(of: tokens, missing)) }
    }

    mutating func answered(_ tokens: [Token], _ missing: [MissingPage]) {
        asked.removeFirst()
        saving?.add(tokens, missing)
    }

    /// Hands some pages to the thread that writes; whether there is nothing to do until others
    /// report.
    mutating func saveSome() -> Bool {
        guard saving != nil else { return true }
        let worker = worker
        return saving!.copySome(from: parts.session) { worker.wake() }
    }

    /// Time that an ending worker gives the disk for pages that it does not have yet.
    private static let lastSaving = Duration.seconds(1)

    /// Writes what is left, as far as time suffices.
    mutating func saveRest() {
        guard let shelf = parts.shelf, saving != nil else { return }
        let deadline = ContinuousClock.now + Self.lastSaving
        // A worker that ends hears no replies.
        for tokens in asked { saving!.add(tokens, shelf.useNow(tokens)) }
        while saving!.hasWork, ContinuousClock.now < deadline {
            _ = saving!.copySome(from: parts.session) {}
            shelf.flush()
        }
    }
}
