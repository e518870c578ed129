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
    private static let hugePage = 2 << 20

    let base: UnsafeMutableRawPointer
    let byteCount: Int

    /// - Throws: ``EngineError`` `outOfMemory`.
    init(byteCount: Int, for purpose: String) throws(EngineError) {
        var pointer: UnsafeMutableRawPointer?
        let isLarge = byteCount >= 2 * Memory.hugePage
        let alignment = isLarge ? Memory.hugePage : 64
        guard byteCount >= 0, unsafe posix_memalign(&pointer, alignment, max(64, byteCount)) == 0,
            let base = unsafe pointer
        else {
            throw EngineError(.outOfMemory, "\(purpose): \(byteCount) bytes are not available")
        }
        #if os(Linux)
            if isLarge {
                // Refused where there are none.
                _ = unsafe madvise(
                    base, byteCount / Memory.hugePage * Memory.hugePage, Int32(MADV_HUGEPAGE))
            }
        #endif
        unsafe self.base = unsafe base
        self.byteCount = byteCount
    }

    deinit { unsafe free(base) }
}
