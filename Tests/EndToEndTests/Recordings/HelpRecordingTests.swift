import API
import Foundation
import TestSupport
import Testing

/// Help texts, wrong command lines and commands that find no server, as recorded.
@Suite("Recorded command lines without a server", .enabled(if: Golden.isPresent))
struct HelpRecordingTests {
    static let meant: Set<String> = [
        // There are no integrations to start, and no menu of them.
        "help: launch --help", "help: help launch", "no server: bare ollama without a terminal",
        // A command has that name.
        "help: help completion",
        // `run` serves itself when there is no server.
        "no server: run x hi", "bad arguments: run x --think=maybe",
    ]

    /// Without what Apus has in addition.
    private static func shared(_ text: String) -> String {
        text.replacing(#/Apus (Commands|Flags):\n(  .*\n)+\n/#, with: "")
            .replacing(#/ {6}APUS_.*\n/#, with: "")
    }

    @Test("texts and exit statuses")
    func recorded() async throws {
        let tally = try await aside { try Self.tally() }
        #expect(tally.shortcomings(atLeast: 69) == [])
    }

    private static func tally() throws -> Tally {
        let folder = try Scratch()
        var tally = Tally("cli-help", meant: Self.meant)
        for item in try Recording.cases("cli-help") {
            var environment = [
                "PATH": "/usr/bin:/bin", "HOME": folder.path, "LANG": "C.UTF-8",
                "TERM": "xterm-256color", "OLLAMA_HOST": "127.0.0.1:9", "OLLAMA_NO_CLOUD": "1",
            ]
            for (name, value) in item["env_extra"]?.object ?? [:] {
                environment[name] = value.string
            }
            let result = try Program.run(
                (item["args"]?.array ?? []).compactMap(\.string), environment: environment,
                inheriting: false, folder: folder.path)
            tally.add(item["name"]?.string ?? "", Self.difference(result, item))
        }
        return tally
    }

    private static func difference(_ result: Program.Result, _ item: JSONValue) -> String? {
        if Int(result.status) != item["exit"]?.integer { return "status \(result.status)" }
        for (name, found) in [("stdout", shared(result.text)), ("stderr", shared(result.errors))] {
            func lines(_ text: String) -> [String] {
                // Lines of a log begin with the time and a place in the program.
                let lines = text.replacing(
                    #/\d{4}/\d\d/\d\d [0-9:]+ [a-z.]+(:\d+)?: /#, with: ""
                )
                .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
                // A warning comes once here.
                return lines.indices.filter {
                    $0 == 0 || !lines[$0].hasPrefix("WARN ") || lines[$0] != lines[$0 - 1]
                }.map { lines[$0] }
            }
            if let text = Recording.difference(
                lines(found), lines(item[name]?.string ?? ""), name)
            {
                return text
            }
        }
        return nil
    }
}
