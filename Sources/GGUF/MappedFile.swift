import Glibc

/// A regular file mapped read-only for as long as the object lives.
@safe final class MappedFile: Sendable {
    // Read-only memory that never moves or changes: safe to share between threads.
    nonisolated(unsafe) let bytes: UnsafeRawBufferPointer
    private let isMapped: Bool

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
        guard let base = unsafe mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0),
            unsafe base != MAP_FAILED
        else {
            throw GGUFError(.io, "map \(path): \(unsafe String(cString: strerror(errno)))")
        }
        unsafe self.bytes = UnsafeRawBufferPointer(start: base, count: size)
        isMapped = true
    }

    init(staticBytes: UnsafeRawBufferPointer) {
        unsafe bytes = staticBytes
        isMapped = false
    }

    /// Gives the memory behind whole pages of a range back; reading it again reads the file again.
    func release(_ range: Range<Int>) {
        guard isMapped else { return }
        let page = max(1, Int(sysconf(Int32(_SC_PAGESIZE))))
        let first = (range.lowerBound + page - 1) / page * page
        let last = range.upperBound / page * page
        guard first < last else { return }
        unsafe madvise(
            UnsafeMutableRawPointer(mutating: bytes.baseAddress! + first), last - first,
            Int32(MADV_DONTNEED))
    }

    deinit {
        if isMapped {
            unsafe munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count)
        }
    }
}
