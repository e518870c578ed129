import Foundation
import TestSupport
import Testing

/// What the real program answered, replayed against a server with an empty store.
@Suite("Recordings", .serialized, .enabled(if: Golden.isPresent))
struct RecordingsTests {
    /// Share of the cases of an area that must hold, in percent. What is left differs on purpose (the
    /// article on differences says why). Vectors in base64 are compared as text here.
    static let floors: [(area: String, percent: Double)] = [
        ("access", 95), ("manage", 90), ("generate", 95), ("create", 85), ("embed", 94),
    ]

    /// Areas in which every case holds but these.
    ///
    /// `differing`: wanted differences, each in the article on differences. `free`: what depends on
    /// a random generator or on the order of models of one second, and may hold or not.
    static let exact: [(area: String, differing: [String], free: [String])] = [
        // Models of a cloud are not advertised.
        ("errors", ["recommendations"], []),
        // Tools are printed as JSON, not in Go's notation; a pattern that is none is refused.
        ("chat", ["tools", "tool call forced by prefill", "format bad regex tiny"], []),
        (
            "render",
            [
                "one tool, tool message", "one tool, assistant last", "two tools, one user",
                "two tools, system user", "two tools, tool message", "two tools, two tool calls",
                "no arguments, system user", "no arguments, tool message",
                "no arguments, two tool calls", "no arguments, assistant last",
                "three, system user", "three, tool message", "three, two tool calls",
                "three, assistant last",
            ].map { "tiny-tools: \($0)" }, []
        ),
        // What the original ignores is done or refused.
        (
            "openai-chat",
            [
                "n is ignored", "response_format schema missing", "response_format unknown type",
                "tools", "tools stream",
            ], []
        ),
        (
            "openai-completions", ["logprobs", "logprobs stream", "echo ignored", "n ignored"],
            ["models"]
        ),
        (
            "responses", ["tools stream", "tool history", "ignored fields", "get response"],
            ["no temperature", "text format schema"]
        ),
        ("anthropic", ["tools", "tools stream"], []),
        // The end of a repetition is said. Words of random weights hang on the last bit.
        (
            "limits",
            ["raw", "other prompt"].flatMap { prompt in
                ["True", "False"].map { "repetition guard, \(prompt), stream \($0)" }
            },
            ["jinja exception", "chat of random weights", "invalid utf-8 pieces"]
        ),
    ]

    @Test("the answers equal the recorded ones, but for the differences that are wanted")
    func replay() throws {
        // The recording unloaded the model between cases; one loaded model at a time does the same.
        let server = try ServerProcess(environment: ["OLLAMA_MAX_LOADED_MODELS": "1"])
        let tool = Golden.url("../tools/replay-captures.py").standardizedFileURL.path
        let areas = Self.floors.map(\.area) + Self.exact.map(\.area)
        let result = try Program.run(
            [tool, server.url, Golden.url("ollama").path] + areas + ["--verbose"],
            executable: Self.python, limit: 900)
        var scores: [String: Double] = [:]
        var failed: [String: [Substring]] = [:]
        var area = ""
        for line in result.text.split(separator: "\n") {
            if let match = line.wholeMatch(of: /(\S+): (\d+)\/(\d+)/) {
                area = String(match.1)
                scores[area] = 100 * Double(match.2)! / Double(match.3)!
            } else if line.hasPrefix("    ") {
                failed[area, default: []].append(line.dropFirst(4).drop { $0 == " " })
            }
        }
        #expect(scores["models"] == 100, "\(result.text)")
        for (area, percent) in Self.floors {
            #expect(scores[area, default: 0] >= percent, "\(area): \(result.text)")
        }
        for (area, differing, free) in Self.exact {
            try #require(scores[area] != nil, "\(area) was not replayed")
            let lines = failed[area] ?? []
            for line in lines {
                let isKnown =
                    differing.contains { line.hasPrefix($0 + ": ") }
                    || free.contains { line.hasPrefix($0) }
                #expect(isKnown, "\(area): \(line)")
            }
            for name in differing {
                #expect(
                    lines.contains { $0.hasPrefix(name + ": ") }, "\(area): \(name) holds by now")
            }
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
