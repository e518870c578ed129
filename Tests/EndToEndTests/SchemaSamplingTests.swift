import API
import Foundation
import TestSupport
import Testing

/// The Python of APUS_TEST_PYTHON if it has jsonschema.
private let python: String? = {
    guard let python = ProcessInfo.processInfo.environment["APUS_TEST_PYTHON"],
        (try? Program.run(["-c", "import jsonschema"], executable: python))?.status == 0
    else { return nil }
    return python
}()

/// Answers under generated schemas, checked by somebody else's validator. `Scripts/schema_sampling.py`
/// by itself goes on to 300 schemas and five seeds.
@Suite(
    "Sampling under schemas",
    .enabled(if: python != nil, "APUS_TEST_PYTHON names no Python with jsonschema"))
struct SchemaSamplingTests {
    private static let script = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "Scripts/schema_sampling.py").path

    private func sample(_ server: ServerProcess, _ model: String) async throws -> JSONValue {
        let url = server.url
        let result = try await aside {
            try Program.run([Self.script, url, model, "20", "2"], executable: python!)
        }
        #expect(result.status == 0, "\(result.errors)")
        return try JSONValue(parsing: Array(result.text.utf8))
    }

    @Test func `a model of random weights gives valid answers at temperature 1`() async throws {
        let server = try ServerProcess()
        let folder = try Scratch()
        try TinyModel.write(to: URL(filePath: folder.path + "/tiny.gguf"))
        try "FROM \(folder.path)/tiny.gguf\n".write(
            toFile: folder.path + "/Modelfile", atomically: true, encoding: .utf8)
        #expect(try server.apus("create", "tiny", "-f", folder.path + "/Modelfile").status == 0)
        let counts = try await sample(server, "tiny")
        #expect((counts["valid"]?.integer ?? 0) > 10)
    }

    @Test(.enabled(if: Fledgling.isEmbedded))
    func `the embedded model gives valid answers at temperature 1`() async throws {
        let server = try ServerProcess(environment: ["APUS_EMBEDDED": "1"])
        let counts = try await sample(server, "fledgling")
        #expect((counts["valid"]?.integer ?? 0) > 10)
    }
}
