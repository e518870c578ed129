import CKernels

/// Finds bytes that were damaged on the way; no protection against forged ones.
public enum Checksum {
    /// XXH64 of the bytes, the same on every machine.
    ///
    /// - Complexity: at the speed of memory.
    public static func of(_ bytes: UnsafeRawBufferPointer, seed: UInt64 = 0) -> UInt64 {
        unsafe ck_checksum(bytes.baseAddress, bytes.count, seed)
    }
}
