import Foundation
import GGUF
import Synchronization
import Testing

@testable import Engine

@Suite struct HugePageMoveTests {
    /// A file of some chunks and a bit, and what its only matrix holds.
    private func file() throws -> (file: GGUFFile, words: [UInt32]) {
        let path = FileManager.default.temporaryDirectory
            .appending(path: "pages-\(UUID().uuidString).gguf").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        let words = (0..<(UInt32(35 << 20) / 4 + 11)).map { $0 &* 2_654_435_761 }
        var writer = GGUFWriter()
        writer.metadata["general.architecture"] = .string("llama")
        writer.add("words", dimensions: [words.count], type: .f32) {
            words.withUnsafeBytes { [UInt8]($0) }
        }
        try writer.write(to: path)
        return (try GGUFFile(path: path), words)
    }

    private func isIntact(_ file: GGUFFile, _ words: [UInt32]) -> Bool {
        let bytes = unsafe file.bytes(of: file.tensors[0])
        return words.withUnsafeBytes { words in
            unsafe memcmp(bytes.baseAddress!, words.baseAddress!, words.count) == 0
        }
    }

    /// Whether the kernel shows the file behind the start of the mapping.
    private func isFile(_ file: GGUFFile) throws -> Bool {
        let start = String(UInt(bitPattern: unsafe file.mapping!.baseAddress!), radix: 16)
        let maps = try String(contentsOfFile: "/proc/self/maps", encoding: .utf8)
        let line = try #require(
            maps.split(separator: "\n").first { $0.hasPrefix(start + "-") })
        return line.contains(".gguf")
    }

    /// What the threads that read meanwhile have found.
    private final class Readers: Sendable {
        private struct State {
            var passes = 0
            var failures = 0
            var left = 0
            var areDone = false
        }
        private let state = Mutex(State())

        var passes: Int { state.withLock { $0.passes } }
        var failures: Int { state.withLock { $0.failures } }
        var left: Int { state.withLock { $0.left } }
        var areDone: Bool { state.withLock { $0.areDone } }

        func note(isIntact: Bool) {
            state.withLock {
                $0.passes += 1
                if !isIntact { $0.failures += 1 }
            }
        }
        func finish() { state.withLock { $0.areDone = true } }
        func leave() { state.withLock { $0.left += 1 } }
        func wait(until isTrue: () -> Bool) {
            for _ in 0..<60_000 where !isTrue() { usleep(1000) }
        }
    }

    @Test(
        "bytes stay what they are while they move, and stand in other memory then",
        .enabled(if: HugePageMove.systemHasHugePages, "the system has no huge pages"))
    func move() throws {
        let (file, words) = try file()
        #expect(UInt(bitPattern: unsafe file.mapping!.baseAddress!) % (2 << 20) == 0)
        let move = try #require(HugePageMove(file))
        #expect(try isFile(file))
        let readers = Readers()
        for _ in 0..<2 {
            let isStarted = SystemThread.start {
                repeat {
                    readers.note(isIntact: self.isIntact(file, words))
                } while !readers.areDone
                readers.leave()
            }
            #expect(isStarted)
        }
        readers.wait(until: { readers.passes > 0 })
        move.finish()
        readers.finish()
        readers.wait(until: { readers.left == 2 })
        #expect(readers.left == 2)
        #expect(readers.failures == 0)
        #expect(isIntact(file, words))
        #expect(try !isFile(file))
    }

    @Test(
        "a stopped move leaves the rest in the file",
        .enabled(if: HugePageMove.systemHasHugePages, "the system has no huge pages"))
    func stop() throws {
        let (file, words) = try file()
        let move = try #require(HugePageMove(file))
        move.stop()
        move.finish()
        #expect(try isFile(file))
        #expect(isIntact(file, words))
    }

    @Test(
        "nothing moves in a pause",
        .enabled(if: HugePageMove.systemHasHugePages, "the system has no huge pages"))
    func pause() throws {
        let (file, words) = try file()
        let move = try #require(HugePageMove(file))
        let mover = Readers()
        move.pause()
        let isStarted = SystemThread.start {
            move.finish()
            mover.leave()
        }
        usleep(20_000)
        let stayed = isStarted && mover.left == 0 ? try? isFile(file) : nil
        move.resume()
        #expect(stayed == true)
        mover.wait(until: { mover.left == 1 })
        #expect(mover.left == 1)
        #expect(try !isFile(file))
        #expect(isIntact(file, words))
    }

    @Test(
        "a session holds weights as long as it says so, and no longer than it lives",
        .enabled(if: HugePageMove.systemHasHugePages, "the system has no huge pages"))
    func hold() throws {
        let model = try TinyModel().model()
        let move = try #require(model.move)
        do {
            let session = try Session(model, SessionOptions())
            #expect(!move.isPaused)
            session.holdsWeights = true
            session.holdsWeights = true
            #expect(move.isPaused)
            session.holdsWeights = false
            #expect(!move.isPaused)
            session.holdsWeights = true
        }
        #expect(!move.isPaused)
    }

    @Test("tables stay where they are, but for what shares a page with others")
    func tables() throws {
        let page = 2 << 20
        let size = 20 * page + 5
        func parts(_ tables: Range<Int>...) -> [Range<Int>] {
            HugePageMove.parts(of: size, except: tables)
        }
        #expect(parts() == [0..<size])
        #expect(parts(100..<page + 100) == [0..<size])
        #expect(parts(100..<2 * page + 100) == [0..<page, 2 * page..<size])
        #expect(
            parts(8 * page..<10 * page, 0..<3 * page)
                == [3 * page..<8 * page, 10 * page..<size])
        #expect(parts(4..<size) == [0..<page, 20 * page..<size])
    }

    @Test("static bytes have no mapping to move")
    func staticBytes() throws {
        let bytes = try GGUFWriter().bytes()
        let lasting = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 64)
        lasting.copyBytes(from: bytes)
        let file = try unsafe GGUFFile(
            staticBytes: UnsafeRawBufferPointer(lasting), label: "static")
        #expect(unsafe file.mapping == nil)
        #expect(HugePageMove(file) == nil)
    }
}
