import Dispatch
import Engine
import Logging
import ModelStore
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Keys and values of prefixes on disk, so that a prompt's known beginning survives unloading,
/// eviction from memory and restarts.
///
/// **What is kept.** Pages of the KV cache, of prompts and answers together, where a text has at least
/// ``leastTokens`` tokens. One file holds one page; its name is a SHA-256 over what made it and all
/// tokens up to its end, so texts with a common beginning share the files of that beginning, and
/// nothing has to be listed or searched to find them. What texts share of a page within which they end
/// or part has a name of the page before (``PageShelf``).
///
/// **What a page is bound to.** The digests of weights and adapters (for files outside of the store:
/// device, inode, size and times of change), the architecture and its shape, the type of the cache,
/// the instruction set and the engine's layout version. All of it is hashed into the page's maker: a
/// page of anything else is never looked at.
///
/// **Nothing is trusted.** The folder must be the user's own, mode 0700, its files too; links are not
/// followed. A page is used only when its size is the expected one, every field and every token that
/// is taken is the one that was asked for, and its checksum holds. Anything else is a miss, and the file is
/// removed. What is in a page can make an answer wrong, never memory: it is as long as a page is,
/// and holds numbers only.
///
/// **Bounds.** All files together stay below ``Settings/budget``; beyond it those go whose last use
/// is longest ago, the ends of texts before their beginnings. Nothing is written while the file
/// system has less than 1 GiB left. Pages wait for the disk in at most 64 MiB of memory.
///
/// **Nobody waits.** Writing is done by a thread of its own, file by file: temporary file, sync,
/// rename. The compute thread copies a few pages a round for it. Reading is done by another one,
/// while other requests go on, and only where it takes less than half the time of computing.
/// Servers may share a folder.
///
/// Token ids and what the model made of them are the users' texts: who must not have them on disk
/// turns the cache off (`APUS_DISK_CACHE=0`) or deletes the folder, at any time. What a deleted model
/// made goes with its weights.
final class DiskCache: Sendable {
    public typealias Settings = DiskCacheSettings

    /// Texts with fewer tokens are computed anew sooner than they are worth a file.
    static let leastTokens = 256
    private static let leastFree = 1 << 30
    private static let mostPending = 64 << 20

    let folder: DiskFolder
    let budget: Int
    private let logger: Logger
    let reading = DispatchQueue(label: "apus.disk-cache.read")
    let writing = DispatchQueue(label: "apus.disk-cache.write", qos: .utility)

    private struct State {
        /// Bytes of pages that wait to be written.
        var pending = 0
        /// Bytes in the folder; nil before the first look and when another is due.
        var used: Int?
        /// Bytes that this process has written since it looked.
        var written = 0
        /// The folder cannot be used; it has been said.
        var isBroken = false
        /// Marks of weights whose pages may be written: not of those that are gone while their model
        /// goes on in memory.
        var kept: Set<String> = []
        /// Bytes a second that reading and checking delivered.
        var readRate: Double?
    }
    private let state = Mutex(State())

    init(_ settings: Settings, logger: Logger) {
        folder = DiskFolder(path: settings.folder)
        budget = settings.budget
        self.logger = logger
    }

    /// The pages of one way to make them.
    ///
    /// - Parameters:
    ///   - maker: names weights, adapters and the format of the session's pages.
    ///   - weights: the blob that the pages go with; nil for weights outside of the store.
    func shelf(maker: String, weights: Digest?, pageBytes: Int) -> PageShelf {
        let maker = Digest(of: Array(maker.utf8))
        let mark = Self.mark(of: weights)
        state.withLock { _ = $0.kept.insert(mark) }
        let folder = mark + String(maker.hex.prefix(32))
        return PageShelf(self, maker: maker, folder: folder, pageBytes: pageBytes)
    }

    /// How the names of the folders begin that hold pages of some weights.
    private static func mark(of weights: Digest?) -> String {
        weights.map { "\($0.hex.prefix(16))-" } ?? ""
    }

    private static func mark(in folder: String) -> String {
        folder.utf8.firstIndex(of: UInt8(ascii: "-")).map { String(folder[...$0]) } ?? ""
    }

    /// Removes all pages that these weights made, some time soon.
    func forget(weights: [Digest]) {
        let marks = Set(weights.map(Self.mark))
        state.withLock { $0.kept.subtract(marks) }
        writing.async { [self] in
            guard folder.isUsable() else { return }
            for name in FileOperations.list(folder.path) where marks.contains(Self.mark(in: name)) {
                folder.removeFolder(name)
                state.withLock { $0.used = nil }
            }
        }
    }

    /// Bytes on disk as far as they are known, looked up when they are not.
    func usedBytes() -> Int {
        if let used = state.withLock({ $0.used }) { return used }
        guard folder.isUsable() else { return 0 }
        let used = folder.entries(now: Self.now).reduce(0) { $0 + $1.size }
        state.withLock { $0.used = $0.used ?? used }
        return used
    }

    // MARK: For shelves

    /// Bytes a second of reading: a slow disk's until it is known.
    var readRate: Double { state.withLock { $0.readRate } ?? 2e8 }

    func noteRead(bytes: Int, seconds: Double) {
        guard bytes > 0, seconds > 0 else { return }
        state.withLock { state in
            let rate = Double(bytes) / seconds
            state.readRate = state.readRate.map { $0 + 0.3 * (rate - $0) } ?? rate
        }
    }

    /// Whether a page may be copied for the disk now; the writer gives the room back.
    func reserve(_ bytes: Int) -> Bool {
        state.withLock { state in
            guard !state.isBroken, state.pending == 0 || state.pending + bytes <= Self.mostPending
            else { return false }
            state.pending += bytes
            return true
        }
    }

    func giveBack(_ bytes: Int) { state.withLock { $0.pending -= bytes } }

    var isBroken: Bool { state.withLock { $0.isBroken } }

    /// Writes a page whose room was reserved. On the writing thread.
    ///
    /// - Parameter alias: a second name of the file, taken from another one that has it.
    func write(
        _ parts: [[UInt8]], to name: String, in shelf: String, age: Int, alias: String? = nil
    ) {
        let size = parts.reduce(0) { $0 + $1.count }
        guard !isBroken, size <= budget else { return }
        guard state.withLock({ $0.kept.contains(Self.mark(in: shelf)) }) else { return }
        guard folder.make(), folder.make(shelf) else { return giveUp() }
        if let free = folder.freeBytes(), free < Self.leastFree + size { return }
        if usedBytes() + size > budget { makeRoom(size) }
        let replaced = folder.bytesWithout("\(shelf)/\(alias ?? name)")
        guard folder.write(parts, to: "\(shelf)/\(name)") else {
            logger.debug("a page of the disk cache was not written", metadata: ["page": "\(name)"])
            return
        }
        folder.touch("\(shelf)/\(name)", Self.lastUse(age: age))
        if let alias { folder.link("\(shelf)/\(name)", as: "\(shelf)/\(alias)") }
        state.withLock { state in
            if let used = state.used { state.used = used + size - replaced }
            state.written += size
            // Other servers may write as well.
            if state.written > budget / 16 { (state.used, state.written) = (nil, 0) }
        }
    }

    /// The time of use of page number `age` of a text that is used now: ends look older than
    /// beginnings, so that they go first.
    static func lastUse(age: Int) -> Double { now - Double(age) * 1e-5 }

    private func giveUp() {
        let isNew = state.withLock { state in
            defer { state.isBroken = true }
            return !state.isBroken
        }
        guard isNew else { return }
        logger.warning(
            "no disk cache: its folder cannot be made or is not this user's alone",
            metadata: ["folder": "\(folder.path)"])
    }

    /// Removes what was used least recently, until an eighth of the budget is free.
    private func makeRoom(_ size: Int) {
        let entries = folder.entries(now: Self.now).sorted { $0.lastUse < $1.lastUse }
        var used = entries.reduce(0) { $0 + $1.size }
        let goal = max(0, min(budget - budget / 8, budget - size))
        for entry in entries where used > goal {
            for name in entry.names { folder.remove(name) }
            used -= entry.size
        }
        folder.removeEmptyFolders()
        state.withLock { $0.used = used }
    }

    static var now: Double {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}

/// Where the disk cache is and how large it may grow.
public struct DiskCacheSettings: Sendable, Equatable {
    /// Made with mode 0700 when the first page is written.
    public var folder: String
    /// Bytes of all files. Default 4 GiB.
    public var budget: Int

    public static let defaultBudget = 4 << 30

    public init(folder: String, budget: Int = defaultBudget) {
        self.folder = folder
        self.budget = budget
    }
}
