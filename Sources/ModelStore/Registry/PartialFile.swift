import API
import Crypto

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// How far one part of a download has come.
struct PartState: Sendable {
    var part: TransferPart
    /// Bytes on disk from the part's start.
    var completed = 0
    /// Over those bytes as they were received.
    var hash = SHA256()
    /// What is recorded on disk.
    var saved = -1
    /// Bytes that have reached the disk, and their digest: what is left after a power cut.
    var synced: (completed: Int, digest: String)?

    var isComplete: Bool { completed == part.size }
}

/// A blob being downloaded: `<blob>-partial` and a record for each part beside it.
///
/// A process killed at any moment loses only what came since the last record, a machine only what came since
/// the last flush. Records have Ollama's form; added are `SHA256`, the digest of the completed bytes, which
/// tells damaged parts from sound ones, and the same for the bytes that were flushed.
struct PartialFile: ~Copyable {
    let path: String
    private let descriptor: Int32

    /// Opens the file and locks it.
    ///
    /// - Returns: nil while another process has it.
    init?(_ path: String) throws(StoreError) {
        self.path = path
        let descriptor = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw FileOperations.failure("open", path) }
        var info = stat()
        guard fstat(descriptor, &info) == 0, info.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw StoreError(.io, "open \(path): not a regular file")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            return nil
        }
        fchmod(descriptor, 0o644)
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    /// Gives the file its full length; holes take no room yet.
    ///
    /// - Throws: io when the file system has not room enough.
    func reserve(_ size: Int) throws(StoreError) {
        var info = stat()
        var system = statvfs()
        if fstat(descriptor, &info) == 0, fstatvfs(descriptor, &system) == 0 {
            let (free, overflow) = Int(system.f_bavail).multipliedReportingOverflow(
                by: Int(system.f_frsize))
            let missing = size - Int(info.st_blocks) * 512
            if !overflow, missing > free {
                throw StoreError(
                    .io,
                    "write \(path): no space left on device (\(missing) bytes needed, \(free) free)"
                )
            }
        }
        guard ftruncate(descriptor, off_t(size)) == 0 else {
            throw FileOperations.failure("truncate", path)
        }
    }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(StoreError) {
        var rest = bytes[...]
        var offset = offset
        while !rest.isEmpty {
            let slice = UnsafeRawBufferPointer(rebasing: rest)
            let count = pwrite(descriptor, slice.baseAddress, slice.count, off_t(offset))
            if count < 0 {
                if errno == EINTR { continue }
                throw FileOperations.failure("write", path)
            }
            rest = rest.dropFirst(count)
            offset += count
        }
    }

    /// Feeds a range of the file to a hash.
    func hash(_ range: Range<Int>, into hash: inout SHA256) throws(StoreError) {
        var offset = range.lowerBound
        var buffer = [UInt8](repeating: 0, count: min(range.count, 1 << 20))
        while offset < range.upperBound {
            let wanted = min(buffer.count, range.upperBound - offset)
            let count = pread(descriptor, &buffer, wanted, off_t(offset))
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw FileOperations.failure("read", path) }
            buffer.withUnsafeBytes { bytes in
                hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: bytes[..<count]))
            }
            offset += count
        }
    }

    func sync() throws(StoreError) {
        guard fsync(descriptor) == 0 else { throw FileOperations.failure("fsync", path) }
    }

    // MARK: - Records

    private func recordPath(_ number: Int) -> String { "\(path)-\(number)" }

    /// The parts that an earlier attempt left, each without what was damaged since; nil when there is nothing
    /// to go on with.
    func restore(size: Int) throws(StoreError) -> [PartState]? {
        var states: [PartState] = []
        var offset = 0
        var info = stat()
        guard fstat(descriptor, &info) == 0, Int(info.st_size) == size else { return nil }
        while offset < size {
            let number = states.count
            guard let bytes = try? FileOperations.contents(recordPath(number), limit: 4096),
                let json = try? JSONValue(parsing: bytes), json["N"]?.integer == number,
                json["Offset"]?.integer == offset, let length = json["Size"]?.integer,
                let completed = json["Completed"]?.integer, length > 0, length <= size - offset,
                (0...length).contains(completed)
            else { return nil }
            let part = TransferPart(number: number, offset: offset, size: length)
            var state = try sound(part, completed, digest: json["SHA256"]?.string)
            if state.completed < completed, let flushed = json["Synced"]?.integer,
                (0..<completed).contains(flushed), let digest = json["SyncedSHA256"]?.string
            {
                state = try sound(part, flushed, digest: digest)
            }
            states.append(state)
            offset += length
        }
        return states
    }

    /// The state of a part whose first `completed` bytes are on disk; from its start again when they are not what
    /// the digest says. Without a digest they are believed: the whole blob's digest is checked later.
    private func sound(
        _ part: TransferPart, _ completed: Int, digest: String?
    ) throws(StoreError) -> PartState {
        var state = PartState(part: part, completed: completed, saved: completed)
        try hash(part.offset..<part.offset + completed, into: &state.hash)
        if let digest, digest != Digest(state.hash.finalize()).hex {
            return PartState(part: part)
        }
        return state
    }

    /// Those states whose bytes on disk are no longer the ones received start anew.
    func recheck(_ states: [PartState]) throws(StoreError) -> [PartState] {
        var checked: [PartState] = []
        for state in states {
            checked.append(
                try sound(
                    state.part, state.completed, digest: Digest(state.hash.finalize()).hex))
        }
        return checked
    }

    /// Records states that changed.
    func record(_ states: inout [PartState]) throws(StoreError) {
        for index in states.indices where states[index].saved != states[index].completed {
            let state = states[index]
            var json: JSONObject = [
                "N": .number(JSONNumber(state.part.number)),
                "Offset": .number(JSONNumber(state.part.offset)),
                "Size": .number(JSONNumber(state.part.size)),
                "Completed": .number(JSONNumber(state.completed)),
                "SHA256": .string(Digest(state.hash.finalize()).hex),
            ]
            if let synced = state.synced {
                json["Synced"] = .number(JSONNumber(synced.completed))
                json["SyncedSHA256"] = .string(synced.digest)
            }
            try replace(
                recordPath(state.part.number), with: JSONValue.object(json).serializedBytes + [0x0A]
            )
            states[index].saved = state.completed
        }
    }

    private func replace(_ target: String, with bytes: [UInt8]) throws(StoreError) {
        let temporary = target + "-new"
        unlink(temporary)
        let file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o644)
        guard file >= 0 else { throw FileOperations.failure("open", temporary) }
        defer { close(file) }
        let files = FileOperations()
        try bytes.withUnsafeBufferPointer { (buffer) throws(StoreError) in
            try files.write(UnsafeRawBufferPointer(buffer), to: file, temporary)
        }
        try files.rename(temporary, to: target)
    }

    /// Removes the records, of which there are no more after the first missing one.
    func removeRecords(_ count: Int = 0) {
        var number = 0
        while unlink(recordPath(number)) == 0 || number < count {
            unlink(recordPath(number) + "-new")
            number += 1
        }
    }

    /// Removes the file and its records.
    func remove() {
        removeRecords()
        unlink(path)
    }
}
