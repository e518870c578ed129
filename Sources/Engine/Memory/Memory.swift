#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// One 64-byte aligned block of memory; large ones in huge pages where the system has them, because
/// kernels jump from row to row.
@safe
final class Memory {
    let base: UnsafeMutableRawPointer
    let byteCount: Int
    private let isMapped: Bool

    /// - Throws: ``EngineError`` `outOfMemory`.
    init(byteCount: Int, for purpose: String) throws(EngineError) {
        self.byteCount = byteCount
        let failure = EngineError(.outOfMemory, "\(purpose): \(byteCount) bytes are not available")
        #if os(Linux)
            // A block that malloc gave would begin with a huge page of its own, for some bytes.
            isMapped = byteCount >= 2 * HugePages.size
            if isMapped {
                guard let mapped = unsafe HugePages.map(byteCount) else { throw failure }
                unsafe base = mapped
                return
            }
        #else
            isMapped = false
        #endif
        var pointer: UnsafeMutableRawPointer?
        guard byteCount >= 0, unsafe posix_memalign(&pointer, 64, max(64, byteCount)) == 0,
            let allocated = unsafe pointer
        else { throw failure }
        unsafe base = allocated
    }

    deinit {
        if isMapped {
            unsafe munmap(base, HugePages.whole(byteCount))
        } else {
            unsafe free(base)
        }
    }
}
