#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif
import FoundationEssentials

/// The lines entered so far, kept in a file from one session to the next.
///
/// The file holds the newest line last and at most 100 of them; it is replaced after each new line.
/// An entry of several lines stands there as several lines.
final class History {
    static let limit = 100

    /// Whether new lines are recorded.
    var isEnabled: Bool
    private(set) var entries: [String] = []
    private let path: String?
    private var position = 0
    private var unfinished = ""

    /// - Parameter path: nil keeps the lines in memory alone.
    init(path: String?, isEnabled: Bool = true) {
        self.path = path
        self.isEnabled = isEnabled
        if let path, let data = try? Data(contentsOf: URL(filePath: path)) {
            entries = String(decoding: data, as: UTF8.self).split(separator: "\n").map {
                trimmedBlanks(String($0))
            }.filter { !$0.isEmpty }
            entries.removeFirst(max(0, entries.count - Self.limit))
        }
    }

    func add(_ entry: String) {
        guard isEnabled else { return }
        entries.append(entry)
        if entries.count > Self.limit { entries.removeFirst() }
        save()
    }

    /// Begins at the newest entry again.
    func rewind() {
        position = entries.count
        unfinished = ""
    }

    /// The entry before the present one; what is being typed is kept for the way back.
    func previous(leaving text: String) -> String? {
        guard position > 0 else { return nil }
        if position == entries.count { unfinished = text }
        position -= 1
        return entries[position]
    }

    func next() -> String? {
        guard position < entries.count else { return nil }
        position += 1
        return position == entries.count ? unfinished : entries[position]
    }

    /// A history that cannot be written is no reason to disturb the conversation.
    private func save() {
        guard let path else { return }
        let lines = entries.flatMap { $0.split(separator: "\n") }.suffix(Self.limit)
        let text = lines.map { $0 + "\n" }.joined()
        let temporary = path + ".tmp"
        let folder = path.prefix(upTo: path.lastIndex(of: "/") ?? path.startIndex)
        if !folder.isEmpty { mkdir(String(folder), 0o755) }
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return }
        let bytes = Array(text.utf8)
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { rest in
                #if canImport(Glibc)
                    Glibc.write(descriptor, rest.baseAddress, rest.count)
                #elseif canImport(Musl)
                    Musl.write(descriptor, rest.baseAddress, rest.count)
                #else
                    Darwin.write(descriptor, rest.baseAddress, rest.count)
                #endif
            }
            if count <= 0 { break }
            written += count
        }
        close(descriptor)
        if written == bytes.count { rename(temporary, path) } else { unlink(temporary) }
    }
}
