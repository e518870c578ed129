import Glibc

/// A regular file mapped read-only for as long as the object lives.
///
/// The mapping begins at a multiple of ``alignment`` and owns the addresses up to the next one behind
/// its end, so that its pages can become huge ones.
@safe final class MappedFile: Sendable {
    // Read-only memory that never moves or changes: safe to share between threads.
    nonisolated(unsafe) let bytes: UnsafeRawBufferPointer
    let isMapped: Bool

    /// Bytes of a huge page.
    static let alignment = 2 << 20

    init(path: String) throws(GGUFError) {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw GGUFError(.io, "open \(path): \(unsafe String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else {
            throw GGUFError(.io, "stat \(path): \(unsafe String(cString: strerror(errno)))")
        }
        // Devices and pipes could block for ever or have no end.
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw GGUFError(.io, "\(path) is not a regular file")
        }
        let size = Int(status.st_size)
        guard size > 0 else { throw GGUFError(.truncated, "\(path) is empty") }
        guard let base = unsafe Self.map(descriptor, size) else {
            throw GGUFError(.io, "map \(path): \(unsafe String(cString: strerror(errno)))")
        }
        unsafe self.bytes = UnsafeRawBufferPointer(start: base, count: size)
        isMapped = true
    }

    private static func map(_ descriptor: Int32, _ size: Int) -> UnsafeMutableRawPointer? {
        // No processor has that many addresses.
        guard size < 1 << 56 else {
            errno = ENOMEM
            return nil
        }
        let reserved = owned(size) + alignment
        let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE
        guard let start = unsafe mmap(nil, reserved, PROT_NONE, flags, -1, 0),
            unsafe start != MAP_FAILED
        else { return nil }
        let before = (alignment - Int(bitPattern: start) & (alignment - 1)) & (alignment - 1)
        let base = unsafe start + before
        guard
            unsafe mmap(base, size, PROT_READ, MAP_PRIVATE | MAP_FIXED, descriptor, 0)
                != MAP_FAILED
        else {
            let reason = errno
            unsafe munmap(start, reserved)
            errno = reason
            return nil
        }
        if before > 0 { unsafe munmap(start, before) }
        unsafe munmap(base + owned(size), alignment - before)
        return unsafe base
    }

    /// Bytes of addresses that belong to a mapping of so many bytes.
    private static func owned(_ size: Int) -> Int { (size + alignment - 1) / alignment * alignment }

    init(staticBytes: UnsafeRawBufferPointer) {
        unsafe bytes = staticBytes
        isMapped = false
    }

    deinit {
        if isMapped {
            unsafe munmap(
                UnsafeMutableRawPointer(mutating: bytes.baseAddress), Self.owned(bytes.count))
        }
    }
}
