import ModelStore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The files of the disk cache, two levels deep: `[<weights>-]<maker>/<page>`.
///
/// Folders have mode 0700 and files 0600. Nothing is followed through a symbolic link, and nothing
/// is read that another user owns.
struct DiskFolder: Sendable {
    let path: String

    /// Whether the folder is there, ours alone and no link.
    func isUsable() -> Bool { Self.isOurs(path) }

    /// Makes the folder or one in it; says whether it is there and ours alone.
    func make(_ name: String? = nil) -> Bool {
        let path = name.map { "\(self.path)/\($0)" } ?? self.path
        if mkdir(path, 0o700) != 0, errno != EEXIST { return false }
        return Self.isOurs(path)
    }

    private static func isOurs(_ path: String) -> Bool {
        var info = stat()
        guard lstat(path, &info) == 0, info.st_mode & S_IFMT == S_IFDIR,
            info.st_uid == geteuid()
        else { return false }
        return info.st_mode & 0o077 == 0 || chmod(path, 0o700) == 0
    }

    func exists(_ name: String) -> Bool { access("\(path)/\(name)", F_OK) == 0 }

    /// Sets the time of the last use.
    ///
    /// - Parameter time: seconds since 1970.
    func touch(_ name: String, _ time: Double) {
        let seconds = time.rounded(.down)
        let moment = timespec(
            tv_sec: Int(seconds), tv_nsec: min(999_999_999, Int((time - seconds) * 1e9)))
        let times = [moment, moment]
        utimensat(AT_FDCWD, "\(path)/\(name)", times, AT_SYMLINK_NOFOLLOW)
    }

    func remove(_ name: String) { unlink("\(path)/\(name)") }

    /// Bytes that are free when a file loses this name: none while it has another one.
    func bytesWithout(_ name: String) -> Int {
        var info = stat()
        guard lstat("\(path)/\(name)", &info) == 0, info.st_mode & S_IFMT == S_IFREG
        else { return 0 }
        return info.st_nlink == 1 ? Int(info.st_size) : 0
    }

    /// Removes a folder with its files.
    func removeFolder(_ name: String) {
        for file in FileOperations.list("\(path)/\(name)") { remove("\(name)/\(file)") }
        rmdir("\(path)/\(name)")
    }

    // MARK: Reading

    enum Contents {
        case missing
        /// Of another size or kind, another user's, or unreadable.
        case bad
        case bytes([UInt8])
    }

    /// A file that must have `size` bytes, or the `first` of them.
    func read(_ name: String, size: Int, first: Int? = nil) -> Contents {
        let file = open("\(path)/\(name)", O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { return errno == ENOENT ? .missing : .bad }
        defer { close(file) }
        var info = stat()
        guard fstat(file, &info) == 0, info.st_mode & S_IFMT == S_IFREG,
            info.st_uid == geteuid(), Int(info.st_size) == size
        else { return .bad }
        let wanted = first ?? size
        let bytes = [UInt8](unsafeUninitializedCapacity: wanted) { buffer, count in
            while count < wanted {
                let got = systemRead(file, buffer.baseAddress! + count, wanted - count)
                if got < 0, errno == EINTR { continue }
                guard got > 0 else { return }
                count += got
            }
        }
        return bytes.count == wanted ? .bytes(bytes) : .bad
    }

    // MARK: Writing

    /// Writes to a temporary file beside `name`, syncs it and gives it its name; nothing is left
    /// behind when that fails.
    func write(_ parts: [[UInt8]], to name: String) -> Bool {
        let temporary = temporaryPath(name)
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
        let file = open(temporary, flags, 0o600)
        guard file >= 0 else { return false }
        var isWritten = parts.allSatisfy { Self.write($0, to: file) } && fsync(file) == 0
        isWritten = close(file) == 0 && isWritten
        if isWritten, rename(temporary, "\(path)/\(name)") == 0 { return true }
        unlink(temporary)
        return false
    }

    private static let temporarySuffix = ".tmp"
    /// How second names of files end.
    static let aliasSuffix = "+"

    private func temporaryPath(_ name: String) -> String {
        "\(path)/\(name)-\(UInt32.random(in: 0 ... .max))\(Self.temporarySuffix)"
    }

    /// Gives a file a second name, which another file may have had.
    func link(_ name: String, as alias: String) {
        let temporary = temporaryPath(alias)
        guard systemLink("\(path)/\(name)", temporary) == 0 else { return }
        rename(temporary, "\(path)/\(alias)")
        // Where the file had that name, the renaming has left both.
        unlink(temporary)
    }

    private static func write(_ bytes: [UInt8], to file: Int32) -> Bool {
        bytes.withUnsafeBytes { bytes in
            var done = 0
            while done < bytes.count {
                let put = systemWrite(file, bytes.baseAddress! + done, bytes.count - done)
                if put < 0, errno == EINTR { continue }
                guard put > 0 else { return false }
                done += put
            }
            return true
        }
    }

    /// Bytes that the file system has left; nil where it does not say.
    func freeBytes() -> Int? {
        var info = statvfs()
        guard statvfs(path, &info) == 0 else { return nil }
        return Int(
            clamping: UInt64(info.f_bavail).multipliedReportingOverflow(
                by: UInt64(info.f_frsize)
            ).partialValue)
    }

    // MARK: All files

    struct Entry {
        /// One, or two: the second name last.
        var names: [String]
        var size: Int
        /// Seconds since 1970.
        var lastUse: Double
    }

    /// All pages. Temporary files of writers that are gone are removed on the way.
    func entries(now: Double) -> [Entry] {
        var entries: [Entry] = []
        var places: [UInt64: Int] = [:]
        for shelf in FileOperations.list(path) {
            for page in FileOperations.list("\(path)/\(shelf)") {
                let name = "\(shelf)/\(page)"
                var info = stat()
                guard lstat("\(path)/\(name)", &info) == 0, info.st_mode & S_IFMT == S_IFREG
                else { continue }
                #if canImport(Darwin)
                    let time = info.st_mtimespec
                #else
                    let time = info.st_mtim
                #endif
                let lastUse = Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
                if page.utf8.suffix(4).elementsEqual(Self.temporarySuffix.utf8) {
                    if now - lastUse > 600 { remove(name) }
                    continue
                }
                if let place = places[UInt64(info.st_ino)] {
                    let isAlias = page.utf8.last == Self.aliasSuffix.utf8.first
                    entries[place].names.insert(name, at: isAlias ? entries[place].names.count : 0)
                    continue
                }
                if info.st_nlink > 1 { places[UInt64(info.st_ino)] = entries.count }
                entries.append(Entry(names: [name], size: Int(info.st_size), lastUse: lastUse))
            }
        }
        return entries
    }

    /// Removes folders without files.
    func removeEmptyFolders() {
        for shelf in FileOperations.list(path) { rmdir("\(path)/\(shelf)") }
    }
}

private func systemLink(_ name: String, _ alias: String) -> Int32 { link(name, alias) }

private func systemRead(_ file: Int32, _ bytes: UnsafeMutableRawPointer, _ count: Int) -> Int {
    read(file, bytes, count)
}

private func systemWrite(_ file: Int32, _ bytes: UnsafeRawPointer, _ count: Int) -> Int {
    write(file, bytes, count)
}
