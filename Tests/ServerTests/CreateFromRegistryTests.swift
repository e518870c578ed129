import API
import Foundation
import TestSupport
import Testing

@testable import ModelStore
@testable import Server

@Suite struct CreateFromRegistryTests {
    @Test func `Create pulls the model that it builds on`() async throws {
        let stub = try await StubRegistry()
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try TinyModel.write(to: folder)
        defer { try? FileManager.default.removeItem(at: folder) }
        stub.addModel(
            "library/base:latest", layers: [("model", Array(try Data(contentsOf: folder)))])
        let server = try ServerUnderTest { configuration in
            configuration.registry.environment = [
                "OLLAMA_REGISTRY_MIRROR": "http://\(stub.host)"
            ]
        }
        defer { server.remove() }
        let answer = try await server.ask(
            "POST", "/api/create", #"{"model":"mine","from":"base","system":"Hello."}"#)
        #expect(answer.status == 200)
        let lines = answer.body.split(separator: "\n")
        #expect(lines.first == #"{"status":"pulling manifest"}"#)
        #expect(lines.last == #"{"status":"success"}"#, "\(answer.body)")
        let missing = try await server.ask(
            "POST", "/api/create", #"{"model":"mine","from":"nothing","system":"Hello."}"#)
        #expect(
            missing.body.split(separator: "\n").last
                == #"{"error":"pull model manifest: file does not exist"}"#)
        await stub.stop()
    }
}
