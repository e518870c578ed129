#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// One 64-byte aligned block of memory.
@safe
final class Memory {
    let base: UnsafeMutableRawPointer
    let byteCount: Int

    /// - Throws: ``EngineError`` `outOfMemory`.
    init(byteCount: Int, for purpose: String) throws(EngineError) {
        var pointer: UnsafeMutableRawPointer?
        guard byteCount >= 0, unsafe posix_memalign(&pointer, 64, max(64, byteCount)) == 0,
            let base = unsafe pointer
        else {
            throw EngineError(.outOfMemory, "\(purpose): \(byteCount) bytes are not available")
        }
        unsafe self.base = unsafe base
        self.byteCount = byteCount
    }

    /// In pages of 2 MiB where the system has them: long streams of memory are read up to a third faster there.
    ///
    /// - Throws: ``EngineError`` `outOfMemory`.
    init(hugePages byteCount: Int, for purpose: String) throws(EngineError) {
        let page = 2 << 20
        let (rounded, overflow) = byteCount.addingReportingOverflow(page - 1)
        let size = max(page, rounded / page * page)
        var pointer: UnsafeMutableRawPointer?
        guard !overflow, byteCount >= 0, unsafe posix_memalign(&pointer, page, size) == 0,
            let base = unsafe pointer
        else {
            throw EngineError(.outOfMemory, "\(purpose): \(byteCount) bytes are not available")
        }
        #if os(Linux)
            unsafe madvise(base, size, Int32(MADV_HUGEPAGE))
        #endif
        unsafe self.base = unsafe base
        self.byteCount = byteCount
    }

    deinit { unsafe free(base) }
}
