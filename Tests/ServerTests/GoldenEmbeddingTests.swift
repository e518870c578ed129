import API
import Foundation
import TestSupport
import Testing

@testable import Server

@Suite("Recorded embeddings", .enabled(if: Golden.isPresent))
struct GoldenEmbeddingTests {
    @Test("every answer is the recorded one, vectors within a thousandth")
    func replay() async throws {
        let server = try ServerUnderTest()
        defer { server.remove() }
        try server.add(Golden.url("archs/bert/model.gguf"), "embed")
        try server.add(Golden.url("archs/nomic-bert/model.gguf"), "embed-nomic")
        try server.add(Golden.url("models/tiny-chat/tiny-chat.Q8_0.gguf"), "tiny")
        let file = try JSONValue(parsing: try Golden.data("ollama/embed.json"))
        var compared = 0
        for entry in file["cases"]?.array ?? [] {
            for step in entry["steps"]?.array ?? [entry] {
                let name = entry["name"]?.string ?? ""
                let request = try #require(step["request"])
                let answer = try await server.ask(
                    request["method"]?.string ?? "POST", request["path"]?.string ?? "",
                    body: request["body"]?.serializedBytes ?? [])
                #expect(answer.status == step["response"]?["status"]?.integer, "\(name)")
                let wanted = try JSONValue(parsing: step["response"]?["body"]?.string ?? "")
                let found = try JSONValue(parsing: answer.body)
                Self.compare(found, wanted, name)
                compared += 1
            }
        }
        #expect(compared >= 67)
    }

    /// Durations vary; all other members have the same names in the same order.
    private static func compare(_ found: JSONValue?, _ wanted: JSONValue, _ path: String) {
        switch wanted {
        case .object(let members):
            let names = found?.object.map { Array($0.keys) } ?? []
            #expect(names == Array(members.keys), "\(path)")
            for (name, value) in members where !name.hasSuffix("_duration") {
                compare(found?[name], value, "\(path).\(name)")
            }
        case .array(let elements):
            #expect(found?.array?.count == elements.count, "\(path)")
            for (index, value) in elements.enumerated() {
                compare(found?[index], value, "\(path)[\(index)]")
            }
        case .number where path.contains("embedding"):
            let distance = abs((found?.double ?? .nan) - (wanted.double ?? .nan))
            // The older endpoint gives vectors of any length.
            #expect(distance < 1e-3 * max(1, abs(wanted.double ?? 0)), "\(path): \(distance)")
        case .string(let text) where path.hasSuffix(".embedding"):
            let (a, b) = (floats(found?.string ?? ""), floats(text))
            #expect(a.count == b.count, "\(path)")
            #expect(zip(a, b).allSatisfy { abs($0 - $1) < 1e-3 }, "\(path)")
        default: #expect(found == wanted, "\(path)")
        }
    }

    private static func floats(_ base64: String) -> [Float] {
        guard let data = Data(base64Encoded: base64) else { return [] }
        return stride(from: 0, to: data.count - 3, by: 4).map { start in
            Float(
                bitPattern: (0..<4).reduce(UInt32(0)) {
                    $0 | UInt32(data[start + $1]) << UInt32(8 * $1)
                })
        }
    }
}
