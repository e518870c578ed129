import AsyncHTTPClient
import Crypto
import NIOCore
import Synchronization

/// One blob on its way into the store: parts side by side, resumed where an earlier attempt ended.
///
/// The blob is hashed while it arrives, in order, as far as it has no holes, and gets its name only when the
/// digest is right.
final class BlobDownload: Sendable {
    enum Outcome: Sendable, Equatable {
        case stored
        /// The registry sent other bytes, which are removed.
        case mismatch(got: Digest)
    }

    let digest: Digest
    private let source: BlobSource
    private let blobs: BlobStore
    private let settings: RegistrySettings

    private struct State {
        var parts: [PartState] = []
        var size = 0
    }
    private let state = Mutex(State())

    init(_ digest: Digest, announcedSize: Int, _ client: RegistryClient, _ blobs: BlobStore) {
        self.digest = digest
        self.blobs = blobs
        settings = client.settings
        source = BlobSource(digest, announcedSize: announcedSize, client)
    }

    /// Bytes on disk and of the blob; (0, 0) before its size is known.
    var progress: (completed: Int, total: Int) {
        state.withLock { state in
            (state.parts.reduce(0) { $0 + $1.completed }, state.size)
        }
    }

    /// Downloads the blob.
    ///
    /// What has arrived stays on disk when this throws, so that a later attempt goes on from there.
    func run() async throws -> Outcome {
        try blobs.files.makeDirectories(blobs.directory)
        let size = try await source.size()
        let path = blobs.path(digest) + "-partial"
        while true {
            // Another process may be downloading the same blob.
            if blobs.contains(digest) {
                state.withLock { $0 = State(parts: [], size: size) }
                return .stored
            }
            if let file = try PartialFile(path) {
                let shared = SharedFile(file)
                return try await run(shared, size)
            }
            try await Task.sleep(for: .milliseconds(200))
        }
    }

    private func run(_ file: SharedFile, _ size: Int) async throws -> Outcome {
        let kept = try file.value.restore(size: size)
        if kept == nil { file.value.removeRecords() }
        try file.value.reserve(size)
        let fresh = TransferPart.plan(size: size, within: settings.partSizes)
        state.withLock { state in
            state.parts = kept ?? fresh.map { PartState(part: $0) }
            state.size = size
        }
        try save(file)

        var got: Digest
        var mayRecheck = true
        while true {
            do {
                got = try await fill(file)
            } catch let failure as TransferFailure where failure.kind == .rangesIgnored {
                // Only the whole blob can be had, in one piece.
                file.value.removeRecords()
                state.withLock {
                    $0.parts = [
                        PartState(part: TransferPart(number: 0, offset: 0, size: size))
                    ]
                }
                continue
            }
            if got == digest || !mayRecheck { break }
            // Parts that are not on disk as they came are fetched once more, the others stay.
            mayRecheck = false
            let parts = try file.value.recheck(state.withLock { $0.parts })
            state.withLock { $0.parts = parts }
            if parts.allSatisfy(\.isComplete) { break }
        }
        guard got == digest else {
            file.value.remove()
            return .mismatch(got: got)
        }
        try file.value.sync()
        try blobs.files.rename(file.value.path, to: blobs.path(digest))
        try blobs.files.syncDirectory(blobs.directory)
        file.value.removeRecords()
        return .stored
    }

    // MARK: - Parts

    /// Fetches what is missing; returns the digest of the whole.
    private func fill(_ file: SharedFile) async throws -> Digest {
        let follower = Task { try await follow(file) }
        let missing = state.withLock { state in
            state.parts.indices.filter { !state.parts[$0].isComplete }
        }
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                var waiting = missing[...]
                func start() {
                    guard let index = waiting.popFirst() else { return }
                    group.addTask { try await self.fetch(index, into: file) }
                }
                for _ in 0..<settings.parallelParts { start() }
                while try await group.next() != nil { start() }
            }
        } catch {
            follower.cancel()
            _ = await follower.result
            try? flush(file)
            try? save(file)
            throw error
        }
        follower.cancel()
        var (hash, hashed) = try await follower.value
        let size = state.withLock { $0.size }
        while hashed < size {
            try Task.checkCancellation()
            let end = min(hashed + (4 << 20), size)
            try file.value.hash(hashed..<end, into: &hash)
            hashed = end
            await Task.yield()
        }
        return Digest(hash.finalize())
    }

    /// Hashes behind the parts and records how far they have come, until cancelled.
    private func follow(_ file: SharedFile) async throws -> (SHA256, Int) {
        var hash = SHA256()
        var hashed = 0
        var saved = ContinuousClock.now
        var flushed = saved
        while !Task.isCancelled {
            let end = state.withLock { state in
                var end = 0
                for part in state.parts {
                    end = part.part.offset + part.completed
                    if !part.isComplete { break }
                }
                return end
            }
            if ContinuousClock.now - flushed >= settings.flushInterval {
                try flush(file)
                flushed = .now
            }
            // Whatever is not recorded when the process dies is fetched again.
            let unsaved = state.withLock { state in
                state.parts.reduce(0) { $0 + $1.completed - $1.saved }
            }
            if unsaved >= settings.saveBytes || ContinuousClock.now - saved >= settings.saveInterval
            {
                try save(file)
                saved = .now
            }
            if hashed < end {
                let next = min(end, hashed + (4 << 20))
                try file.value.hash(hashed..<next, into: &hash)
                hashed = next
                await Task.yield()
            } else {
                try? await Task.sleep(for: .milliseconds(10))
            }
        }
        return (hash, hashed)
    }

    private func save(_ file: SharedFile) throws(StoreError) {
        var parts = state.withLock { $0.parts }
        guard parts.contains(where: { $0.saved != $0.completed }) else { return }
        try file.value.record(&parts)
        state.withLock { state in
            guard state.parts.count == parts.count else { return }
            for index in parts.indices { state.parts[index].saved = parts[index].saved }
        }
    }

    /// Brings what has arrived to the disk.
    private func flush(_ file: SharedFile) throws(StoreError) {
        let parts = state.withLock { $0.parts }
        try file.value.sync()
        state.withLock { state in
            guard state.parts.count == parts.count else { return }
            for (index, part) in parts.enumerated() {
                state.parts[index].synced = (part.completed, Digest(part.hash.finalize()).hex)
            }
        }
    }

    private func fetch(_ index: Int, into file: SharedFile) async throws {
        var attempt = 0
        while true {
            let before = state.withLock { $0.parts[index].completed }
            do {
                try await fetchOnce(index, into: file)
                return
            } catch let failure as TransferFailure {
                let after = state.withLock { $0.parts[index].completed }
                guard source.isWorthTrying(failure) else { throw failure }
                // Addresses of stores expire.
                source.forgetAddress()
                // A stall after some progress is the network's, not the server's.
                if failure.kind == .stalled, after > before { continue }
                if after - before >= 1 << 20 { attempt = 0 }
                attempt += 1
                guard attempt < settings.attempts else {
                    throw TransferFailure(
                        .refused, "max retries exceeded: \(failure.description)")
                }
                try await Task.sleep(for: settings.retryDelay * (1 << (attempt - 1)))
            }
        }
    }

    private func fetchOnce(_ index: Int, into file: SharedFile) async throws {
        let (part, isOnly) = state.withLock { ($0.parts[index], $0.parts.count == 1) }
        let start = part.part.offset + part.completed
        let range = "bytes=\(start)-\(part.part.offset + part.part.size - 1)"
        let answer = try await source.open(range)
        var skipped = 0
        switch answer.status {
        case 206:
            if let first = Self.firstByte(answer.header("Content-Range") ?? ""), first != start {
                throw TransferFailure(
                    .wrongBytes, "bytes from \(first) instead of \(start) were sent")
            }
        case 200:
            guard isOnly else { throw TransferFailure(.rangesIgnored, "ranges are not supported") }
            skipped = start
        default:
            try await answer.check()
            throw TransferFailure(.wrongBytes, "unexpected status \(answer.status)")
        }
        do {
            for try await chunk in answer.response.body {
                try Task.checkCancellation()
                var bytes = chunk.readableBytesView[...]
                let drop = min(skipped, bytes.count)
                skipped -= drop
                bytes = bytes.dropFirst(drop)
                guard try take(bytes, index, file) else { return }
            }
        } catch {
            throw Transport.failure(error, "GET", answer.url)
        }
        guard state.withLock({ $0.parts[index].isComplete }) else {
            throw TransferFailure(.wrongBytes, "unexpected EOF")
        }
    }

    /// Writes bytes at the end of a part; false when the part is complete.
    private func take(
        _ bytes: ByteBufferView, _ index: Int, _ file: SharedFile
    ) throws(StoreError) -> Bool {
        // One task alone changes a part.
        var part = state.withLock { $0.parts[index] }
        let wanted = bytes.prefix(part.part.size - part.completed)
        try wanted.withUnsafeBytes { (buffer) throws(StoreError) in
            try file.value.write(buffer, at: part.part.offset + part.completed)
            part.hash.update(bufferPointer: buffer)
        }
        part.completed += wanted.count
        state.withLock {
            $0.parts[index].hash = part.hash
            $0.parts[index].completed = part.completed
        }
        return !part.isComplete
    }

    /// Of `bytes 5-9/10`.
    private static func firstByte(_ header: String) -> Int? {
        guard header.hasPrefix("bytes ") else { return nil }
        return Int(header.dropFirst(6).prefix { $0 != "-" })
    }
}

/// The file of a download, which its parts write side by side at places of their own.
private final class SharedFile: Sendable {
    let value: PartialFile

    init(_ value: consuming PartialFile) { self.value = value }
}
