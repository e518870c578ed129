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

    deinit { unsafe free(base) }
}
