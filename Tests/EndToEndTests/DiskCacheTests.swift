import API
import Foundation
import Glibc
import TestSupport
import Testing

/// Prefixes on disk, as a user sees them: a server that is killed and started again.
@Suite(.serialized) struct DiskCacheTests {
    static let text = String(
        (0..<440).map { Array("the quick brown fox, jumps over;")[$0 * $0 % 31] })

    func model(_ home: Scratch) throws -> ServerProcess {
        let file = home.path + "/model.gguf"
        try TinyModel.write(to: URL(filePath: file), seed: 7)
        let server = try ServerProcess(home: home)
        try "FROM \(file)\n".write(
            toFile: home.path + "/Modelfile", atomically: true, encoding: .utf8)
        let created = try server.apus("create", "tiny", "-f", home.path + "/Modelfile")
        #expect(created.status == 0, "\(created.errors)")
        return server
    }

    /// Text of an answer, and how many tokens of the prompt were not computed.
    func answer(_ server: ServerProcess, _ prompt: String) throws -> (text: String, cached: Int) {
        let body: JSONValue = [
            "model": "tiny", "prompt": .string(prompt), "raw": true, "stream": false,
            "verbose": true, "options": ["temperature": 0, "num_predict": 6, "num_ctx": 512],
        ]
        let reply = try JSONValue(
            parsing: Array(server.send("/api/generate", body.serialized).utf8))
        return (
            try #require(reply["response"]?.string, "\(reply)"),
            reply["prompt_cached_count"]?.integer ?? 0
        )
    }

    func pages(_ home: Scratch) -> [String] {
        let root = home.path + "/.ollama/models/cache"
        let shelves = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
        return shelves.flatMap { shelf in
            ((try? FileManager.default.contentsOfDirectory(atPath: "\(root)/\(shelf)")) ?? [])
                .map { "\(root)/\(shelf)/\($0)" }
        }
    }

    @Test func `a text is known after the server was killed and started again`() async throws {
        try await aside {
            let home = try Scratch()
            var server = try model(home)
            let expected = try answer(server, Self.text)
            #expect(expected.cached == 0)
            let deadline = Date().addingTimeInterval(20)
            // 13 whole ones, second names of all but the first, and the end of the answer.
            while pages(home).count < 26, Date() < deadline { usleep(20_000) }
            #expect(pages(home).count == 26)
            let report = try JSONValue(
                parsing: Array(server.apus("ps", "--json").text.utf8))
            let cache = report["models"]?.array?.first?["cache"]
            #expect(cache?["size"]?.integer ?? 0 > 0)
            #expect(cache?["budget"]?.integer ?? 0 >= cache?["size"]?.integer ?? 0)
            #expect(report["disk_cache"]?["size"]?.integer ?? 0 > 0)
            #expect(report["disk_cache"]?["budget"]?.integer == 4 << 30)
            #expect(try !server.get("/api/ps").contains("cache"))

            server.stop(signal: SIGKILL)
            server = try ServerProcess(home: home)
            let again = try answer(server, Self.text)
            #expect(again.text == expected.text)
            #expect(again.cached == 439)
            server.stop(signal: SIGTERM)

            // Turned off, nothing is read.
            server = try ServerProcess(home: home, environment: ["APUS_DISK_CACHE": "0"])
            let plain = try answer(server, Self.text)
            #expect(plain.text == expected.text)
            #expect(plain.cached == 0)
            #expect(
                try JSONValue(parsing: Array(server.apus("ps", "--json").text.utf8))["disk_cache"]
                    == nil)
        }
    }

    @Test func `kills while pages are written leave answers as they were`() async throws {
        try await aside {
            let home = try Scratch()
            var server = try model(home)
            let expected = try answer(server, Self.text).text
            for round in 0..<8 {
                server.stop(signal: SIGKILL)
                if round % 3 == 2, let page = pages(home).randomElement() {
                    // A disk that lies: half of a page is zeros.
                    var data = try Data(contentsOf: URL(filePath: page))
                    data.replaceSubrange(
                        data.count / 2..<data.count,
                        with: Data(repeating: 0, count: data.count - data.count / 2))
                    try data.write(to: URL(filePath: page))
                }
                server = try ServerProcess(home: home)
                #expect(try answer(server, Self.text).text == expected)
                _ = try answer(server, "\(round)" + Self.text.dropFirst())
                usleep(useconds_t(1_000 + 7_000 * round))
            }
        }
    }
}
