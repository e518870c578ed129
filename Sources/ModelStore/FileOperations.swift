#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The few file operations of the store; every one that changes something can be made to fail.
package struct FileOperations: Sendable {
    /// Asked before each change; `false` makes it fail, as a process killed there would.
    var mayChange: (@Sendable () -> Bool)?

    static func failure(_ operation: String, _ path: String) -> StoreError {
        let number = errno
        return StoreError(.io, "\(operation) \(path): \(reason(number))")
    }

    /// The system's words in lower case, as the API spells them.
    private static func reason(_ number: Int32) -> String {
        switch number {
        case ENOENT: "no such file or directory"
        case EACCES: "permission denied"
        case ENOSPC: "no space left on device"
        default: String(cString: strerror(number)).lowercased()
        }
    }

    private func check(_ operation: String, _ path: String) throws(StoreError) {
        if let mayChange, !mayChange() {
            throw StoreError(.io, "\(operation) \(path): interrupted")
        }
    }

    package struct Status {
        package var isDirectory: Bool
        package var isRegular: Bool
        package var size: Int
        /// Seconds since 1970.
        package var modified: Double
        /// Whole nanoseconds, to tell versions of a file apart.
        package var modifiedNanoseconds: Int
    }

    /// Of a file or of what a link points to; nil where there is nothing.
    ///
    /// The system itself is asked: what `FileManager` gives as a size is of another type where
    /// Foundation is not linked, as in the executable of Packaging/static.
    package static func status(_ path: String) -> Status? {
        var info = stat()
        guard stat(path, &info) == 0 else { return nil }
        let type = info.st_mode & S_IFMT
        #if canImport(Darwin)
            let time = info.st_mtimespec
        #else
            let time = info.st_mtim
        #endif
        return Status(
            isDirectory: type == S_IFDIR, isRegular: type == S_IFREG, size: Int(info.st_size),
            modified: Double(time.tv_sec) + Double(time.tv_nsec) / 1e9,
            modifiedNanoseconds: Int(time.tv_sec) &* 1_000_000_000 &+ Int(time.tv_nsec))
    }

    /// Reads a regular file in pieces of at most 1 MiB.
    static func forEachChunk(
        of path: String, _ body: (UnsafeRawBufferPointer) throws(StoreError) -> Void
    ) throws(StoreError) {
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { throw failure("open", path) }
        defer { close(file) }
        var info = stat()
        guard fstat(file, &info) == 0 else { throw failure("stat", path) }
        guard info.st_mode & S_IFMT == S_IFREG else {
            throw StoreError(.io, "open \(path): not a regular file")
        }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
        defer { buffer.deallocate() }
        while true {
            let count = read(file, buffer.baseAddress, buffer.count)
            if count < 0 {
                if errno == EINTR { continue }
                throw failure("read", path)
            }
            if count == 0 { return }
            try body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
    }

    /// A whole small file.
    /// - Throws: malformed when it is larger than `limit` bytes.
    static func contents(_ path: String, limit: Int = 16 << 20) throws(StoreError) -> [UInt8] {
        var bytes: [UInt8] = []
        try forEachChunk(of: path) { chunk throws(StoreError) in
            guard bytes.count + chunk.count <= limit else {
                throw StoreError(.malformed, "\(path) is larger than \(limit) bytes")
            }
            bytes.append(contentsOf: chunk)
        }
        return bytes
    }

    /// Up to `count` bytes from the start.
    static func start(of path: String, count: Int) throws(StoreError) -> [UInt8] {
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { throw failure("open", path) }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: count)
        let got = read(file, &bytes, count)
        guard got >= 0 else { throw failure("read", path) }
        return Array(bytes[..<got])
    }

    /// Names in a directory, sorted; empty when it cannot be read.
    package static func list(_ path: String) -> [String] {
        guard let directory = opendir(path) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// Makes a directory and its parents, mode 0755.
    func makeDirectories(_ path: String) throws(StoreError) {
        if let status = Self.status(path), status.isDirectory { return }
        try check("mkdir", path)
        if let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")), slash > path.startIndex {
            try makeDirectories(String(path[..<slash]))
        }
        guard mkdir(path, 0o755) == 0 || errno == EEXIST else { throw Self.failure("mkdir", path) }
        chmod(path, 0o755)
    }

    /// Creates a file that must not exist, mode 0644.
    func create(_ path: String) throws(StoreError) -> Int32 {
        try check("create", path)
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o644)
        guard file >= 0 else { throw Self.failure("open", path) }
        fchmod(file, 0o644)
        return file
    }

    func write(_ bytes: UnsafeRawBufferPointer, to file: Int32, _ path: String) throws(StoreError) {
        try check("write", path)
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = unistdWrite(file, UnsafeRawBufferPointer(rebasing: rest))
            if count < 0 {
                if errno == EINTR { continue }
                throw Self.failure("write", path)
            }
            rest = rest.dropFirst(count)
        }
    }

    private func unistdWrite(_ file: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
        #if canImport(Glibc)
            Glibc.write(file, bytes.baseAddress, bytes.count)
        #elseif canImport(Musl)
            Musl.write(file, bytes.baseAddress, bytes.count)
        #else
            Darwin.write(file, bytes.baseAddress, bytes.count)
        #endif
    }

    func sync(_ file: Int32, _ path: String) throws(StoreError) {
        try check("fsync", path)
        guard fsync(file) == 0 else { throw Self.failure("fsync", path) }
    }

    func closeFile(_ file: Int32) { close(file) }

    /// Makes the names in a directory durable.
    func syncDirectory(_ path: String) throws(StoreError) {
        let file = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard file >= 0 else { throw Self.failure("open", path) }
        defer { close(file) }
        // Some file systems refuse this for directories; the rename is as durable as they make it.
        try check("fsync", path)
        _ = fsync(file)
    }

    func rename(_ old: String, to new: String) throws(StoreError) {
        try check("rename", old)
        #if canImport(Glibc)
            let result = Glibc.rename(old, new)
        #elseif canImport(Musl)
            let result = Musl.rename(old, new)
        #else
            let result = Darwin.rename(old, new)
        #endif
        guard result == 0 else { throw Self.failure("rename", old) }
    }

    /// Removes a file; one that is not there is fine.
    func remove(_ path: String) throws(StoreError) {
        try check("remove", path)
        guard unlink(path) == 0 || errno == ENOENT else { throw Self.failure("remove", path) }
    }

    /// Removes a directory if it is empty; says whether it did.
    @discardableResult
    func removeIfEmpty(_ path: String) -> Bool {
        do throws(StoreError) { try check("rmdir", path) } catch { return false }
        return rmdir(path) == 0
    }

    /// Sets the time of change to now.
    func touch(_ path: String) {
        if let mayChange, !mayChange() { return }
        utimes(path, nil)
    }

    static func randomSuffix() -> String {
        var generator = SystemRandomNumberGenerator()
        let text = String(generator.next(), radix: 16)
        return String(repeating: "0", count: 16 - text.count) + text
    }

    static var now: Double {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    static func homeDirectory(of user: String) -> String? {
        guard let entry = getpwnam(user), let home = entry.pointee.pw_dir else { return nil }
        return String(cString: home)
    }

    static var currentHomeDirectory: String? {
        getenv("HOME").map { String(cString: $0) }
    }

    /// The path without symbolic links; nil when it does not exist.
    static func resolved(_ path: String) -> String? {
        guard let text = realpath(path, nil) else { return nil }
        defer { free(text) }
        return String(cString: text)
    }
}
