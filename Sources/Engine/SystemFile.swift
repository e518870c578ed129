#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Small files that the kernel writes.
enum SystemFile {
    /// The first 64 KiB; nil when it cannot be read, and on systems without such files.
    static func text(_ path: String) -> String? {
        #if os(Linux)
            guard let file = unsafe fopen(path, "re") else { return nil }
            defer { unsafe fclose(file) }
            var bytes = [UInt8](repeating: 0, count: 1 << 16)
            let count = unsafe fread(&bytes, 1, bytes.count, file)
            return count > 0 ? String(decoding: bytes[..<count], as: UTF8.self) : nil
        #else
            return nil
        #endif
    }
}
