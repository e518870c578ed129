import Synchronization

/// The downloads under way, one for each digest however many ask for it.
///
/// A download goes on while one caller waits for it and is cancelled with the last one.
final class SharedDownloads: Sendable {
    private struct Entry {
        var download: BlobDownload
        var task: Task<BlobDownload.Outcome, any Error>
        var callers: Int
    }
    private let entries = Mutex<[Digest: Entry]>([:])

    /// Waits for the blob, starting its download when none is under way.
    ///
    /// - Parameters:
    ///   - interval: time between calls of `progress`, the first one after it too.
    ///   - progress: gets bytes completed and in all while the download lasts.
    func run(
        _ digest: Digest, every interval: Duration, start: () -> BlobDownload,
        progress: @escaping @Sendable (_ completed: Int, _ total: Int) -> Void
    ) async throws -> BlobDownload.Outcome {
        while true {
            let (entry, isOurs) = entries.withLock { entries -> (Entry, Bool) in
                if var entry = entries[digest] {
                    // One that nobody waits for is ending.
                    guard entry.callers > 0 else { return (entry, false) }
                    entry.callers += 1
                    entries[digest] = entry
                    return (entry, true)
                }
                let download = start()
                let task = Task { [weak self] in
                    defer { self?.forget(digest) }
                    return try await download.run()
                }
                let entry = Entry(download: download, task: task, callers: 1)
                entries[digest] = entry
                return (entry, true)
            }
            guard isOurs else {
                _ = await entry.task.result
                try Task.checkCancellation()
                continue
            }
            return try await wait(for: entry, digest, interval, progress)
        }
    }

    private func wait(
        for entry: Entry, _ digest: Digest, _ interval: Duration,
        _ progress: @escaping @Sendable (Int, Int) -> Void
    ) async throws -> BlobDownload.Outcome {
        let (ends, continuation) = AsyncStream<Void>.makeStream()
        let download = entry.download
        let waiter = Task {
            _ = await entry.task.result
            continuation.finish()
        }
        let ticker = Task {
            var isShown = false
            while !Task.isCancelled {
                do { try await Task.sleep(for: interval) } catch { break }
                let (completed, total) = download.progress
                if total > 0 {
                    progress(completed, total)
                    isShown = true
                }
            }
            return isShown
        }
        // Ends when the download does, or when the caller is cancelled.
        for await _ in ends {}
        ticker.cancel()
        let isShown = await ticker.value
        waiter.cancel()
        leave(digest, download)
        try Task.checkCancellation()
        let outcome = try await entry.task.value
        // Whoever saw it begin sees it end.
        let (completed, total) = download.progress
        if isShown, completed > 0 { progress(completed, total) }
        return outcome
    }

    private func leave(_ digest: Digest, _ download: BlobDownload) {
        entries.withLock { entries in
            guard var entry = entries[digest], entry.download === download else { return }
            entry.callers -= 1
            entries[digest] = entry
            if entry.callers == 0 { entry.task.cancel() }
        }
    }

    private func forget(_ digest: Digest) {
        entries.withLock { $0[digest] = nil }
    }
}
