import Crypto
import Synchronization

/// The files named by their digest, in one directory.
final class BlobStore: Sendable {
    let directory: String
    let files: FileOperations
    /// Blobs that a create under way relies on, with the number of those creates.
    private let pins = Mutex<[Digest: Int]>([:])

    init(directory: String, files: FileOperations) {
        self.directory = directory
        self.files = files
    }

    func path(_ digest: Digest) -> String { "\(directory)/\(digest.fileName)" }

    func contains(_ digest: Digest) -> Bool {
        FileOperations.status(path(digest))?.isRegular ?? false
    }

    func temporaryPath() -> String { "\(directory)/sha256-\(FileOperations.randomSuffix())" }

    /// Stores and pins `bytes`; says whether the blob was already there (its time of change is refreshed).
    func put(_ bytes: [UInt8]) throws(StoreError) -> (digest: Digest, existed: Bool) {
        let digest = Digest(of: bytes)
        pin(digest)
        if contains(digest) {
            files.touch(path(digest))
            return (digest, true)
        }
        do throws(StoreError) {
            let writer = try BlobWriter(self)
            try bytes.withUnsafeBufferPointer { (buffer) throws(StoreError) in
                try writer.write(UnsafeRawBufferPointer(buffer))
            }
            _ = try writer.finish(expected: digest)
        } catch {
            unpin(digest)
            throw error
        }
        return (digest, false)
    }

    /// Gives a finished temporary file its name and pins it; says whether the blob was there.
    func adopt(_ temporary: String, as digest: Digest) throws(StoreError) -> Bool {
        pin(digest)
        let target = path(digest)
        if contains(digest) {
            files.touch(target)
            try files.remove(temporary)
            return true
        }
        try files.rename(temporary, to: target)
        try files.syncDirectory(directory)
        return false
    }

    func remove(_ digest: Digest) throws(StoreError) { try files.remove(path(digest)) }

    func pin(_ digest: Digest) { pins.withLock { $0[digest, default: 0] += 1 } }

    func unpin(_ digest: Digest) {
        pins.withLock {
            let count = $0[digest] ?? 0
            $0[digest] = count > 1 ? count - 1 : nil
        }
    }

    func isPinned(_ digest: Digest) -> Bool { pins.withLock { $0[digest] != nil } }
}
