import NIOCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A file's bytes in pieces of one megabyte, for the body of an upload.
struct FileChunks: AsyncSequence, Sendable {
    typealias Element = ByteBuffer

    let path: String
    let progress: @Sendable (Int) -> Void

    func makeAsyncIterator() -> Iterator { Iterator(path: path, progress: progress) }

    final class Iterator: AsyncIteratorProtocol {
        private let descriptor: Int32
        private let path: String
        private let progress: @Sendable (Int) -> Void
        private var sent = 0

        init(path: String, progress: @escaping @Sendable (Int) -> Void) {
            self.path = path
            self.progress = progress
            descriptor = open(path, O_RDONLY | O_CLOEXEC)
        }

        deinit { if descriptor >= 0 { close(descriptor) } }

        func next() async throws -> ByteBuffer? {
            guard descriptor >= 0 else {
                throw ClientError(.transport, "open \(path): no such file or directory")
            }
            progress(sent)
            var buffer = ByteBufferAllocator().buffer(capacity: 1 << 20)
            var failure: Int32?
            let count = buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: 1 << 20) {
                let count = read(descriptor, $0.baseAddress, 1 << 20)
                if count < 0 { failure = errno }
                return Swift.max(0, count)
            }
            if let failure {
                throw ClientError(.transport, "read \(path): \(String(cString: strerror(failure)))")
            }
            sent += count
            return count == 0 ? nil : buffer
        }
    }
}
