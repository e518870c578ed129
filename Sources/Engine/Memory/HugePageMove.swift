import CKernels
import GGUF
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Moves the bytes of a mapped file to huge pages, under the eyes of those who read them.
///
/// A token reads each weight once. With pages of 4 KiB the processor must look up an address for
/// every few cache lines, with pages of 2 MiB hardly ever.
///
/// Some megabytes at a time are copied to memory of their own, which then takes the place of that
/// part of the mapping: a single system call, before and after which the same addresses have the same
/// bytes. A reader who comes in between waits for it as for any page that is not in memory yet. So
/// nobody needs to know of the move, and it may end at any point. It costs the time of a copy, and
/// never more memory than what moves and a chunk.
///
/// Tables whose rows are looked up stay in the file: of most rows no byte is ever read.
final class HugePageMove: Sendable {
    private static let page = HugePages.size
    /// Bytes that move at a time. Little, because they are in memory twice meanwhile; but the kernel
    /// keeps each as a mapping of its own, and no more than 65,530 of a process.
    private let chunk: Int

    private let file: GGUFFile
    /// What is left to move, last part first: bytes from the file's start, in whole pages but for its
    /// end.
    private let left: Mutex<[Range<Int>]>
    private let isStopped = Atomic(false)
    /// How many want the processors for themselves.
    private let pauses = Atomic(0)

    /// nil where there is nothing to move: bytes that no file was mapped for, a system without huge
    /// pages.
    ///
    /// - Parameter tables: bytes of the file that stay, but for what shares a page with others.
    init?(_ file: GGUFFile, except tables: [Range<Int>] = []) {
        guard unsafe file.mapping != nil, Self.systemHasHugePages else { return nil }
        self.file = file
        chunk = Self.page * max(2, file.fileSize / Self.page / 8192)
        left = Mutex(Self.parts(of: file.fileSize, except: tables).reversed())
    }

    /// What is to move, in the order of the file.
    static func parts(of size: Int, except tables: [Range<Int>]) -> [Range<Int>] {
        var parts: [Range<Int>] = []
        var start = 0
        for table in tables.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            let first = (table.lowerBound + page - 1) / page * page
            let end = table.upperBound / page * page
            guard first < end else { continue }
            if start < first { parts.append(start..<first) }
            start = max(start, end)
        }
        if start < size { parts.append(start..<size) }
        return parts
    }

    /// Whether memory that a process asks for can be in huge pages.
    static let systemHasHugePages: Bool = {
        let setting = SystemFile.text("/sys/kernel/mm/transparent_hugepage/enabled")
        return setting.map { !$0.contains("[never]") } ?? false
    }()

    /// Moves everything on a thread of its own, which yields to those that compute.
    func start() {
        _ = SystemThread.start(isNice: true) { self.finish() }
    }

    /// Ends the move soon; what has moved stays.
    func stop() { isStopped.store(true, ordering: .relaxed) }

    /// Milliseconds that pauses may last, all together.
    private static let mostPauses = 5000

    /// Nothing moves until as many ``resume()`` have come, but for a chunk that is on its way: who waits
    /// for a first token waits for the slowest of the threads that work for it. After some seconds of
    /// pauses there are none.
    func pause() { pauses.add(1, ordering: .relaxed) }

    func resume() { pauses.subtract(1, ordering: .relaxed) }

    var isPaused: Bool { pauses.load(ordering: .relaxed) > 0 }

    /// Moves all that is left and memory allows.
    func finish() {
        var paused = 0
        while !isStopped.load(ordering: .relaxed) {
            if paused < Self.mostPauses, isPaused {
                usleep(1000)
                paused += 1
            } else if !moveChunk() {
                return
            }
        }
    }

    /// - Returns: whether more is left.
    private func moveChunk() -> Bool {
        left.withLock { left in
            guard let part = left.popLast() else { return false }
            let mapping = unsafe file.mapping!
            let count = min(chunk, part.count)
            let all = left.reduce(part.count) { $0 + $1.count }
            guard let available = SystemMemory.available(), available / 2 >= all,
                unsafe Self.move(mapping.baseAddress! + part.lowerBound, count)
            else {
                left = []
                return false
            }
            if count < part.count { left.append(part.dropFirst(count)) }
            return !left.isEmpty
        }
    }

    private static func move(_ place: UnsafeRawPointer, _ count: Int) -> Bool {
        #if os(Linux)
            let size = HugePages.whole(count)
            guard let copy = unsafe HugePages.map(size) else { return false }
            unsafe copy.copyMemory(from: place, byteCount: count)
            unsafe mprotect(copy, size, PROT_READ)
            if unsafe ck_take_place(copy, UnsafeMutableRawPointer(mutating: place), size) {
                return true
            }
            unsafe munmap(copy, size)
        #endif
        return false
    }
}
