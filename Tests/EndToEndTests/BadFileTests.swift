import Foundation
import TestSupport
import Testing

@Suite("Broken model files")
struct BadFileTests {
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
            let path = folder.path + "/model.gguf"
            try Data(bytes).write(to: URL(filePath: path))
            let result = try Program.run(
                ["run", path, "hello"],
                environment: ["HOME": folder.path, "OLLAMA_HOST": "127.0.0.1:1"])
            #expect(result.status == 1, "\(name): \(result.errors)")
            #expect(result.errors.contains("Error: "), "\(name): \(result.errors)")
        }
    }
}
