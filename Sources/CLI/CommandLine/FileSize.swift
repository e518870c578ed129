#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Asks the system itself: what `FileManager` gives as a file's size is of another type where
/// Foundation is not linked, as in the executable that is given away.
enum FileSize {
    /// Bytes; nil where there is no file.
    static func of(_ path: String) -> Int? {
        var information = stat()
        return stat(path, &information) == 0 ? Int(information.st_size) : nil
    }
}
