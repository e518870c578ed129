import API
import Foundation
import HTTPTypes
import TestSupport
import Testing

@Suite("Answers of the reference, without a model")
struct GoldenReplayTests {
    /// Endpoints that do not exist here, and cases that depend on the machine or on a cloud.
    private static func isComparable(_ name: String, _ path: String) -> Bool {
        path != "/v1/audio/transcriptions"
            && !["machine host name", "recommendations"].contains(name)
    }

    @Test(
        "access rules and request validation", .enabled(if: Golden.isPresent),
        arguments: ["access", "errors"])
    func replay(area: String) async throws {
        let server = try ServerUnderTest()
        defer { server.remove() }
        let file = try JSONValue(parsing: try Golden.data("ollama/\(area).json"))
        var compared = 0
        for entry in file["cases"]?.array ?? [] {
            for step in entry["steps"]?.array ?? [entry] {
                let name = entry["name"]?.string ?? ""
                let path = step["request"]?["path"]?.string ?? ""
                guard Self.isComparable(name, path) else { continue }
                try await compare(step, name: "\(area): \(name)", server)
                compared += 1
            }
        }
        #expect(compared > 80)
    }

    /// Ids of requests are random.
    private static func withoutIDs(_ text: String) -> String {
        text.replacing(/"req_[0-9a-f]{24}"/, with: "\"req\"")
    }

    private func compare(_ step: JSONValue, name: String, _ server: ServerUnderTest) async throws {
        let request = try #require(step["request"])
        let expected = try #require(step["response"])
        var fields = HTTPFields()
        var host = "127.0.0.1:11434"
        for (key, value) in request["headers"]?.object ?? [:] {
            if key.lowercased() == "host" {
                host = value.string ?? ""
            } else {
                fields[try #require(HTTPField.Name(key))] = value.string
            }
        }
        var body: [UInt8] = []
        if let text = request["body_text"]?.string {
            body = Array(text.utf8)
        } else if let text = request["body_base64"]?.string {
            body = Array(try #require(Data(base64Encoded: text)))
        } else if let value = request["body"], !value.isNull {
            body = value.serializedBytes
        }
        let answer = try await server.ask(
            request["method"]?.string ?? "GET", request["path"]?.string ?? "/", host: host,
            headers: fields, body: body)
        #expect(answer.status == expected["status"]?.integer, "\(name)")
        for key in [
            "content-type", "allow", "location", "vary", "access-control-allow-origin",
            "access-control-allow-methods", "access-control-allow-headers",
            "access-control-max-age",
        ] {
            let got = answer.headers[try #require(HTTPField.Name(key))]
            #expect(got == expected["headers"]?[key]?.string, "\(name): \(key)")
        }
        if request["method"]?.string != "HEAD", let text = expected["body"]?.string {
            #expect(Self.withoutIDs(answer.body) == Self.withoutIDs(text), "\(name)")
        }
    }
}
