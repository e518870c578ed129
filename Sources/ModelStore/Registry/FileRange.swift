import Crypto
import NIOCore
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A range of a file in pieces of 256 KiB, for the body of an upload.
struct FileRange: AsyncSequence, Sendable {
    let path: String
    let range: Range<Int>
    /// Gets each piece's bytes.
    let taken: @Sendable (UnsafeRawBufferPointer) -> Void

    func makeAsyncIterator() -> Iterator { Iterator(self) }

    final class Iterator: AsyncIteratorProtocol {
        private let source: FileRange
        private let descriptor: Int32
        private var offset: Int

        init(_ source: FileRange) {
            self.source = source
            offset = source.range.lowerBound
            descriptor = open(source.path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        }

        deinit { if descriptor >= 0 { close(descriptor) } }

        func next() async throws -> ByteBuffer? {
            let count = Swift.min(256 << 10, source.range.upperBound - offset)
            guard count > 0 else { return nil }
            guard descriptor >= 0 else { throw FileOperations.failure("open", source.path) }
            var buffer = ByteBuffer()
            var failure: StoreError?
            buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { bytes in
                let got = pread(descriptor, bytes.baseAddress, count, off_t(offset))
                if got <= 0 { failure = FileOperations.failure("read", source.path) }
                return Swift.max(0, got)
            }
            if let failure { throw failure }
            offset += buffer.readableBytes
            buffer.withUnsafeReadableBytes { source.taken($0) }
            return buffer
        }
    }
}

/// Counts and hashes the bytes of a part on its way out.
final class SentBytes: Sendable {
    private let state = Mutex((count: 0, hash: Insecure.MD5()))

    func add(_ bytes: UnsafeRawBufferPointer) {
        state.withLock {
            $0.count += bytes.count
            $0.hash.update(bufferPointer: bytes)
        }
    }

    /// Another attempt starts with the first byte.
    func reset() { state.withLock { $0 = (0, Insecure.MD5()) } }

    var count: Int { state.withLock { $0.count } }
    var digest: [UInt8] { state.withLock { Array($0.hash.finalize()) } }
}
