import API
import Foundation
import TestSupport
import Testing

/// What lies in the store after requests, against recordings of the reference.
@Suite(.enabled(if: Golden.isPresent)) struct StoreLayoutTests {
    private struct File: Equatable {
        /// Octal; nil when not recorded.
        var mode: String?
        var size: Int?
        var text: String?
    }

    private static func cases() throws -> [JSONValue] {
        let file = try JSONValue(parsing: Golden.data("ollama/store.json"))
        return (file["cases"]?.array ?? []).filter {
            // Weights that are quantised here have digests of their own.
            $0["name"] != "quantize"
        }
    }

    private static func recorded(_ item: JSONValue) -> [String: File] {
        var files: [String: File] = [:]
        for entry in item["tree"]?.array ?? [] {
            guard let path = entry["path"]?.string, path.hasPrefix("models/") else { continue }
            files[path == "models/" ? "" : String(path.dropFirst("models/".count))] = File(
                mode: entry["mode"]?.string, size: entry["size"]?.integer,
                text: entry["text"]?.string)
        }
        return files
    }

    /// Everything below a folder, and the folder itself; directories end with a slash.
    private static func found(below root: URL, like recorded: [String: File]) throws -> [String:
        File]
    {
        let manager = FileManager.default
        var files: [String: File] = [:]
        let paths = manager.enumerator(atPath: root.path)?.compactMap { $0 as? String } ?? []
        for path in [""] + paths {
            let full = path.isEmpty ? root.path : root.path + "/" + path
            let attributes = try manager.attributesOfItem(atPath: full)
            let isFolder = attributes[.type] as? FileAttributeType == .typeDirectory
            let mode = (attributes[.posixPermissions] as? Int) ?? 0
            let key = path.isEmpty || !isFolder ? path : path + "/"
            let wanted = recorded[key]
            files[key] = File(
                mode: "0" + String(mode, radix: 8),
                size: isFolder ? nil : attributes[.size] as? Int,
                text: wanted?.text == nil
                    ? nil
                    : manager.contents(atPath: full).map { String(decoding: $0, as: UTF8.self) })
        }
        return files
    }

    @Test func `files, modes and texts are the recorded ones`() async throws {
        var compared = 0
        for item in try Self.cases() {
            let name = item["name"]?.string ?? ""
            let server = try ServerUnderTest()
            defer { server.remove() }
            for step in item["steps"]?.array ?? [] {
                try await perform(step, on: server, name)
            }
            let recorded = Self.recorded(item)
            let found = try Self.found(below: server.root, like: recorded)
            #expect(Set(found.keys) == Set(recorded.keys), "\(name)")
            for (path, file) in recorded {
                #expect(found[path] == file, "\(name): \(path)")
                compared += 1
            }
        }
        #expect(compared > 150)
    }

    private func perform(
        _ step: JSONValue, on server: ServerUnderTest, _ name: String
    ) async throws {
        let request = try #require(step["request"])
        var body: [UInt8] = []
        if let file = request["body_file"]?.string {
            body = try Golden.data(String(file.dropFirst("shared/fixtures/".count)))
        } else if let text = request["body_text"]?.string {
            body = Array(text.utf8)
        } else if let value = request["body"], !value.isNull {
            body = value.serializedBytes
        }
        let answer = try await server.ask(
            #require(request["method"]?.string), #require(request["path"]?.string), body: body)
        #expect(answer.status == step["response"]?["status"]?.integer, "\(name)")
        if let lines = step["response"]?["lines"]?.array?.compactMap(\.string) {
            let found = answer.body.split(separator: "\n").map(String.init)
            #expect(found == lines, "\(name)")
        }
    }
}
