#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A matrix of the model, and the bias that belongs to it, as a backend keeps them.
///
/// Sendable: memory behind the handles is constant while the model lives.
@safe
struct Weight: @unchecked Sendable {
    let name: String
    /// Outputs.
    let rows: Int
    /// Inputs.
    let columns: Int
    let format: QuantFormat
    /// The packed rows: for the CPU inside the mapped file.
    let handle: UnsafeRawPointer
    let rowBytes: Int
    /// `rows` floats.
    let bias: Vector?
}

/// Floats of the model that elementwise operations take: norm weights, biases, frequencies.
///
/// Sendable: constant while the model lives.
@safe
struct Vector: @unchecked Sendable {
    let handle: UnsafePointer<Float>
    let count: Int
}

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
