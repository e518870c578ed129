import Foundation
import TestSupport
import Testing

/// A Python that has the packages `ollama`, `openai` and `anthropic`, named by APUS_TEST_PYTHON.
private let clientPython = ProcessInfo.processInfo.environment["APUS_TEST_PYTHON"]

@Suite(
    "Official Python clients",
    .enabled(
        if: Golden.isPresent && clientPython != nil,
        "APUS_TEST_PYTHON names no Python, or the golden data is not there"))
struct ClientTests {
    @Test(
        "the clients of other APIs work unchanged",
        arguments: ["openai_client.py", "anthropic_client.py"])
    func others(script: String) throws {
        let server = try ServerProcess()
        let folder = try Scratch()
        let modelfile = folder.path + "/Modelfile"
        try "FROM \(Golden.url("models/tiny-chat/tiny-chat.Q8_0.gguf").path)\n"
            .write(toFile: modelfile, atomically: true, encoding: .utf8)
        let created = try server.apus("create", "tiny", "-f", modelfile)
        #expect(created.status == 0, "\(created.errors)")
        let path = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "Scripts/\(script)").path
        let result = try Program.run([path, server.url, "tiny"], executable: clientPython!)
        #expect(result.text == "ok\n", "\(result.errors)")
    }

    @Test("list, show, ps, create, copy, delete, generate, chat and embed work unchanged")
    func client() throws {
        let server = try ServerProcess()
        let folder = try Scratch()
        let modelfile = folder.path + "/Modelfile"
        try "FROM \(Golden.url("models/tiny-chat/tiny-chat.Q8_0.gguf").path)\n"
            .write(toFile: modelfile, atomically: true, encoding: .utf8)
        let created = try server.apus("create", "tiny", "-f", modelfile)
        #expect(created.status == 0, "\(created.errors)")
        let script = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "Scripts/client.py").path
        let result = try Program.run([script, server.url, "tiny"], executable: clientPython!)
        #expect(result.text == "ok\n", "\(result.errors)")
    }
}
