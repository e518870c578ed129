import Foundation
import TestSupport
import Testing

/// What the real program answered, replayed against a server with an empty store.
@Suite("Recordings", .serialized, .enabled(if: Golden.isPresent))
struct RecordingsTests {
    /// Share of the cases of an area that must hold, in percent. What is left differs on purpose (the
    /// article on differences says why) or needs features that do not exist yet. Vectors in base64 are
    /// compared as text here.
    static let floors: [(area: String, percent: Double)] = [
        ("access", 95), ("errors", 99), ("manage", 90), ("render", 95), ("generate", 95),
        ("chat", 94), ("create", 85), ("openai-chat", 88), ("openai-completions", 80),
        ("responses", 72), ("anthropic", 90), ("embed", 94),
    ]

    @Test("the answers equal the recorded ones in at least the share that each area asks for")
    func replay() throws {
        // The recording unloaded the model between cases; one loaded model at a time does the same.
        let server = try ServerProcess(environment: ["OLLAMA_MAX_LOADED_MODELS": "1"])
        let tool = Golden.url("../tools/replay-captures.py").standardizedFileURL.path
        let result = try Program.run(
            [tool, server.url, Golden.url("ollama").path] + Self.floors.map(\.area),
            executable: Self.python, limit: 900)
        var scores: [String: Double] = [:]
        for line in result.text.split(separator: "\n") {
            guard let match = line.wholeMatch(of: /(\S+): (\d+)\/(\d+)/) else { continue }
            scores[String(match.1)] = 100 * Double(match.2)! / Double(match.3)!
        }
        #expect(scores["models"] == 100, "\(result.text)")
        for (area, percent) in Self.floors {
            #expect(scores[area, default: 0] >= percent, "\(area): \(result.text)")
        }
    }

    static let python =
        ["/usr/bin/python3", "/usr/local/bin/python3"].first {
            FileManager.default.isExecutableFile(atPath: $0)
        } ?? Program.find("python3")
}

extension Program {
    /// First executable of that name in PATH, or the name itself.
    static func find(_ name: String) -> String {
        let folders = ProcessInfo.processInfo.environment["PATH", default: ""].split(separator: ":")
        return folders.map { $0 + "/" + name }.first {
            FileManager.default.isExecutableFile(atPath: $0)
        }
            ?? name
    }
}
