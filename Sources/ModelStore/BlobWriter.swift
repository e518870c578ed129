import Crypto

/// A blob being written: a temporary file that gets its name when it is finished.
public final class BlobWriter {
    private let blobs: BlobStore
    private let path: String
    private var file: Int32
    private var hash = SHA256()
    private var isNamed = false

    init(_ blobs: BlobStore) throws(StoreError) {
        self.blobs = blobs
        try blobs.files.makeDirectories(blobs.directory)
        path = blobs.temporaryPath()
        file = try blobs.files.create(path)
    }

    deinit { discard() }

    /// Appends bytes.
    public func write(_ bytes: UnsafeRawBufferPointer) throws(StoreError) {
        guard file >= 0 else { throw StoreError(.io, "write \(path): file already closed") }
        hash.update(bufferPointer: bytes)
        try blobs.files.write(bytes, to: file, path)
    }

    /// Returns the digest of what was written.
    ///
    /// - Parameter spelling: how the client wrote `expected`, for the error text.
    /// - Throws: digestMismatch when `expected` differs; the bytes stay under their real digest.
    public func finish(expected: Digest?, spelling: String? = nil) throws(StoreError) -> Digest {
        guard file >= 0 else { throw StoreError(.io, "close \(path): file already closed") }
        let digest = Digest(hash.finalize())
        do throws(StoreError) {
            try blobs.files.sync(file, path)
            blobs.files.closeFile(file)
            file = -1
            defer { blobs.unpin(digest) }
            _ = try blobs.adopt(path, as: digest)
            isNamed = true
        } catch {
            discard()
            throw error
        }
        if let expected, expected != digest {
            throw StoreError(
                .digestMismatch,
                "digest mismatch, expected \"\(spelling ?? expected.description)\", got \"\(digest)\""
            )
        }
        return digest
    }

    /// Gives up and removes the temporary file; without effect after `finish`.
    public func discard() {
        guard !isNamed else { return }
        isNamed = true
        if file >= 0 { blobs.files.closeFile(file) }
        file = -1
        // What cannot be removed now is removed by a later start.
        try? blobs.files.remove(path)
    }
}
