import Foundation
import TestSupport
import Testing

/// What needs no data but the model inside the executable.
@Suite(
    "Python against fledgling", .serialized,
    .enabled(
        if: Fledgling.isEmbedded && clientPython != nil,
        "APUS_TEST_PYTHON names no Python, or the package holds no model"))
struct FledglingClientTests {
    private func run(_ script: String, limit: Double = 120) throws -> Program.Result {
        let server = try ServerProcess(environment: ["APUS_EMBEDDED": "1"])
        let path = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "Scripts/\(script)").path
        return try Program.run([path, server.url], executable: clientPython!, limit: limit)
    }

    @Test(
        "tools, shapes, thoughts, several answers and log-probabilities through official clients",
        arguments: ["fledgling_openai.py", "fledgling_anthropic.py", "fledgling_ollama.py"])
    func client(script: String) throws {
        let result = try run(script)
        #expect(result.text == "ok\n", "\(result.errors)")
    }

    private static let hasSchemathesis = has("schemathesis")

    @Test(
        "answers to what the OpenAPI document describes, and to what it forbids, have its form",
        .enabled(if: hasSchemathesis, "APUS_TEST_PYTHON has no schemathesis"))
    func document() throws {
        let result = try run("openapi_document.py", limit: 600)
        #expect(result.text == "ok\n", "\(result.errors)")
    }
}

/// A Python that has client packages, named by APUS_TEST_PYTHON.
private let clientPython = ProcessInfo.processInfo.environment["APUS_TEST_PYTHON"]

/// Whether that Python has a package.
private func has(_ package: String) -> Bool {
    guard let clientPython else { return false }
    let found = try? Program.run(
        ["-c", "import importlib.util, sys; sys.exit(not importlib.util.find_spec('\(package)'))"],
        executable: clientPython)
    return found?.status == 0
}

/// Programs of others that speak Ollama's API, with the embedded model and an encoder of our own.
@Suite(
    "Python clients",
    .enabled(if: clientPython != nil, "APUS_TEST_PYTHON names no Python"))
struct PythonClientTests {
    static let scripts = [
        ("langchain_client.py", "langchain_ollama"), ("litellm_client.py", "litellm"),
        ("llm_client.py", "llm_ollama"),
    ].filter { has($0.1) }.map(\.0)

    @Test(
        "chat, streams, embeddings and lists work unchanged",
        .enabled(if: !scripts.isEmpty, "none of the packages is installed"), arguments: scripts)
    func packages(script: String) throws {
        let server = try ServerProcess(environment: ["APUS_EMBEDDED": "1"])
        let folder = try Scratch()
        try TinyBert.write(to: URL(filePath: folder.path + "/encoder.gguf"))
        try "FROM ./encoder.gguf\n".write(
            toFile: folder.path + "/Modelfile", atomically: true, encoding: .utf8)
        let created = try server.apus("create", "encoder", "-f", folder.path + "/Modelfile")
        #expect(created.status == 0, "\(created.errors)")
        let path = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "Scripts/\(script)").path
        let result = try Program.run(
            [path, server.url, "fledgling", "encoder"],
            environment: ["HOME": folder.path], executable: clientPython!, limit: 300)
        #expect(result.text == "ok\n", "\(result.errors)\n\(server.log.suffix(2000))")
    }
}

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
        try TinyBert.write(to: URL(filePath: folder.path + "/encoder.gguf"))
        try "FROM ./encoder.gguf\n".write(toFile: modelfile, atomically: true, encoding: .utf8)
        #expect(try server.apus("create", "encoder", "-f", modelfile).status == 0)
        let more = script == "openai_client.py" ? ["encoder"] : []
        let result = try Program.run([path, server.url, "tiny"] + more, executable: clientPython!)
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
        try TinyBert.write(to: URL(filePath: folder.path + "/encoder.gguf"))
        try "FROM ./encoder.gguf\n".write(toFile: modelfile, atomically: true, encoding: .utf8)
        #expect(try server.apus("create", "encoder", "-f", modelfile).status == 0)
        let result = try Program.run(
            [script, server.url, "tiny", "encoder"], executable: clientPython!)
        #expect(result.text == "ok\n", "\(result.errors)")
    }
}
