import API
import Foundation
import ModelStore
import TestSupport
import Testing

@testable import Server

@Suite("Embedded models over HTTP")
struct EmbeddedModelTests {
    static func nest() throws -> ServerUnderTest {
        var chick = EmbeddedModel(
            name: ModelName("chick")!,
            weights: EmbeddedWeights(
                staticBytes: try TinyModel.staticBytes(), label: "chick.gguf"))
        chick.template = "{{ .Prompt }}"
        chick.thinksByDefault = false
        return try ServerUnderTest(embedded: [chick])
    }

    static func names(_ server: ServerUnderTest) async throws -> [String] {
        let tags = try JSONValue(parsing: try await server.ask("GET", "/api/tags").body)
        return (tags["models"]?.array ?? []).map {
            ($0["name"]?.string ?? "") + ($0["embedded"]?.bool == true ? " embedded" : "")
        }
    }

    @Test func `it is listed as embedded and shown like any model`() async throws {
        let server = try Self.nest()
        defer { server.remove() }
        #expect(try await Self.names(server) == ["chick:latest embedded"])
        let answer = try await server.ask("POST", "/api/show", #"{"model":"chick"}"#)
        let shown = try JSONValue(parsing: answer.body)
        #expect(shown["template"]?.string == "{{ .Prompt }}")
        #expect(shown["thinks_by_default"]?.bool == false)
        #expect(shown["model_info"]?["general.architecture"]?.string == "llama")
        #expect(shown["capabilities"]?.array == ["completion"])
    }

    @Test func `a pull stores it, a removal leaves the embedded one`() async throws {
        let server = try Self.nest()
        defer { server.remove() }
        let refused = try await server.ask("DELETE", "/api/delete", #"{"model":"chick"}"#)
        #expect(refused.status == 400)
        #expect(
            refused.body
                == #"{"error":"model 'chick:latest' is embedded in the program and cannot be deleted"}"#
        )
        let pull = try await server.ask("POST", "/api/pull", #"{"model":"chick"}"#)
        let lines = try pull.body.split(separator: "\n").map { try JSONValue(parsing: String($0)) }
        #expect(lines.first?["status"]?.string == "pulling manifest")
        #expect(lines.last?["status"]?.string == "success")
        let layers = lines.filter { $0["digest"] != nil }
        #expect(layers.count == 3)
        #expect(layers.allSatisfy { $0["total"]?.integer == $0["completed"]?.integer })
        #expect(try await Self.names(server) == ["chick:latest"])
        let deleted = try await server.ask("DELETE", "/api/delete", #"{"model":"chick"}"#)
        #expect(deleted.status == 200)
        #expect(try await Self.names(server) == ["chick:latest embedded"])
    }

    @Test func `a pull without a stream answers once`() async throws {
        let server = try Self.nest()
        defer { server.remove() }
        let pull = try await server.ask(
            "POST", "/api/pull", #"{"model":"chick","stream":false}"#)
        #expect(pull.status == 200 && pull.body == #"{"status":"success"}"#)
    }

    @Test func `it is copied`() async throws {
        let server = try Self.nest()
        defer { server.remove() }
        let copied = try await server.ask(
            "POST", "/api/copy", #"{"source":"chick","destination":"hen"}"#)
        #expect(copied.status == 200)
        #expect(try await Self.names(server) == ["hen:latest", "chick:latest embedded"])
    }
}
