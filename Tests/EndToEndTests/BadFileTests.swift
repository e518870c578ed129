import Foundation
import TestSupport
import Testing

@Suite("Broken model files")
struct BadFileTests {
    /// Data memory that the program may have over a broken file, in KiB: more is refused by the
    /// system, which would end the program otherwise than with its own error.
    static let memory = 200_000

    /// Every broken file gives one error line, a normal exit, and little memory; bad-input rows of
    /// published vulnerabilities.
    @Test("give an error each time and never a crash")
    func broken() throws {
        let folder = try Scratch()
        let source = URL(filePath: folder.path + "/whole.gguf")
        try TinyModel.write(to: source, seed: 3)
        let whole = Array(try Data(contentsOf: source))
        var files: [(name: String, bytes: [UInt8])] = [
            ("empty", []), ("four bytes", Array("GGUF".utf8)), ("text", Array("hello, world".utf8)),
        ]
        for cut in stride(from: 5, to: whole.count, by: max(1, whole.count / 12)) {
            files.append(("cut at \(cut)", Array(whole[..<cut])))
        }
        for (name, bytes) in files {
            let result = try limited(["run"], bytes, in: folder)
            #expect(result.status == 1, "\(name): \(result.errors)")
            #expect(result.errors.contains("Error: "), "\(name): \(result.errors)")
        }
    }

    /// A flipped bit may leave a file that still loads; it never ends the program.
    @Test("with a flipped bit in the header are read or refused")
    func flipped() throws {
        let folder = try Scratch()
        let source = URL(filePath: folder.path + "/whole.gguf")
        try TinyModel.write(to: source, seed: 3)
        let whole = Array(try Data(contentsOf: source))
        for step in 0..<24 {
            var bytes = whole
            let place = step * 41
            let bit = UInt8(1) << UInt8(step % 8)
            bytes[place] ^= bit
            let result = try limited(["show"], bytes, in: folder)
            #expect([0, 1].contains(result.status), "byte \(place) ^ \(bit): \(result.errors)")
            if result.status == 1 {
                #expect(result.errors.contains("Error: "), "byte \(place) ^ \(bit)")
            }
        }
    }

    private func limited(_ command: [String], _ bytes: [UInt8], in folder: Scratch) throws
        -> Program.Result
    {
        let path = folder.path + "/model.gguf"
        try Data(bytes).write(to: URL(filePath: path))
        return try Program.run(
            ["-c", "ulimit -d \(Self.memory) && exec \"$0\" \"$@\"", Program.path] + command
                + [path],
            environment: ["HOME": folder.path, "OLLAMA_HOST": "127.0.0.1:1"],
            executable: "/bin/sh")
    }
}
