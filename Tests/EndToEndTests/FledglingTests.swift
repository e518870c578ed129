import Foundation
import Testing

enum Fledgling {
    /// Whether the package holds the model's file, and the executable therefore too.
    static let isEmbedded: Bool = {
        var folder = URL(filePath: #filePath)
        for _ in 0..<3 { folder.deleteLastPathComponent() }
        let file = folder.appending(path: "Sources/Fledgling/fledgling.gguf")
        return FileManager.default.fileExists(atPath: file.path)
    }()
}

/// The model inside the executable, as somebody meets it who has nothing else.
@Suite("Fledgling", .enabled(if: Fledgling.isEmbedded))
struct FledglingTests {
    @Test func `run answers on a machine with an empty folder and no server`() throws {
        let home = try Scratch()
        let port = try ServerProcess.freePort()
        let result = try Program.run(
            ["run", "fledgling", "Hello"],
            environment: ["HOME": home.path, "OLLAMA_HOST": "127.0.0.1:\(port)"])
        #expect(result.status == 0, "\(result.errors)")
        #expect(!result.text.trimmingCharacters(in: .whitespacesAndNewlines).isEmpty)
        let blobs = try FileManager.default.contentsOfDirectory(
            atPath: home.path + "/.ollama/models/blobs")
        #expect(blobs.isEmpty)
    }

    @Test func `list, cp, pull and rm treat it as theirs`() throws {
        let server = try ServerProcess(environment: ["APUS_EMBEDDED": "1"])
        #expect(try server.apus("list").text.contains("embedded"))
        let refused = try server.apus("rm", "fledgling")
        #expect(refused.status == 1)
        #expect(refused.errors.contains("is embedded in the program and cannot be deleted"))
        #expect(try server.apus("cp", "fledgling", "bird").status == 0)
        #expect(try server.apus("pull", "fledgling").status == 0)
        #expect(try !server.apus("list").text.contains("embedded"))
        #expect(try server.apus("rm", "fledgling", "bird").status == 0)
        #expect(try server.apus("list").text.contains("embedded"))
    }

    @Test func `APUS_EMBEDDED hides it`() throws {
        let server = try ServerProcess(environment: ["APUS_EMBEDDED": "false"])
        #expect(try server.get("/api/tags") == #"{"models":[]}"#)
    }
}
