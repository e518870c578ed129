import API
import Foundation
import TestSupport
import Testing

/// Every command against a server with models, as recorded: through pipes and on a terminal.
@Suite("Recorded commands", .serialized, .enabled(if: Golden.isPresent))
struct CommandRecordingTests {
    static let meant: Set<String> = [
        // A file that was named and is missing; there, the folder is looked through instead.
        "create -f missing",
        // There is no account.
        "signout",
    ]

    @Test("output, errors and exit statuses")
    func recorded() async throws {
        let tally = try await aside { try Self.tally() }
        #expect(tally.shortcomings(atLeast: 113) == [])
    }

    private static func tally() throws -> Tally {
        var tally = Tally("cli", meant: Self.meant)
        let empty = try ServerProcess()
        let server = try ServerProcess(home: Recording.home())
        let folder = try Scratch()
        try Self.prepare(folder)
        for item in try Recording.cases("cli") {
            let name = item["name"]?.string ?? ""
            let isEmpty = name.hasPrefix("empty store")
            let run = Run(item: item, server: isEmpty ? empty : server, folder: folder)
            try Self.arrange(name, server)
            tally.add(name, try run.difference())
        }
        return tally
    }

    /// What the recorded folder held.
    private static func prepare(_ folder: Scratch) throws {
        for name in ["Q8_0", "F16"] {
            try FileManager.default.copyItem(
                atPath: Golden.url("models/tiny-chat/tiny-chat.\(name).gguf").path,
                toPath: folder.path + (name == "F16" ? "/tiny-f16.gguf" : "/tiny.gguf"))
        }
        try FileManager.default.createDirectory(
            atPath: folder.path + "/empty", withIntermediateDirectories: false)
        try FileManager.default.createDirectory(
            atPath: folder.path + "/sub", withIntermediateDirectories: false)
    }

    /// What the recordings found loaded and stored but do not tell.
    private static func arrange(_ name: String, _ server: ServerProcess) throws {
        func load(_ model: String, _ rest: String = "") throws {
            try server.send("/api/generate", #"{"model":"\#(model)"\#(rest)}"#)
        }
        switch name {
        case "ps one": try load("tiny")
        case "ps two":
            try load("tiny", #","keep_alive":0"#)
            try load("tiny-full", #","keep_alive":"30m""#)
            try load("bare-llama", #","keep_alive":"26h30m""#)
        case "ps prefix":
            try load("tiny-full", #","keep_alive":0"#)
            try load("tiny", #","keep_alive":"90s""#)
        case "ps prefix upper case": try load("tiny", #","keep_alive":0"#)
        case "ps num_ctx":
            try load("bare-llama", #","keep_alive":0"#)
            try load("tiny", #","options":{"num_ctx":64}"#)
        case "rm after the failure the rest stays":
            _ = try server.apus("cp", "tiny", "r2")
        case "run one prompt":
            try Recording.makeGreedy(on: server)
        default: break
        }
    }

    private struct Run {
        let item: JSONValue
        let server: ServerProcess
        let folder: Scratch
        var arguments: [String] {
            (item["args"]?.array ?? []).compactMap(\.string).map {
                $0.replacing("<dir>", with: folder.path)
            }
        }
        var environment: [String: String] {
            [
                "PATH": "/usr/bin:/bin", "HOME": server.home.path, "LANG": "C.UTF-8",
                "TERM": "xterm-256color", "OLLAMA_HOST": "127.0.0.1:\(server.port)",
                "OLLAMA_NO_CLOUD": "1", "APUS_EMBEDDED": "0",
            ]
        }

        func difference() throws -> String? {
            try prepare()
            let result = try Program.run(
                arguments, input: item["stdin"]?.string ?? "", environment: environment,
                inheriting: false, folder: folder.path)
            if Int(result.status) != item["exit"]?.integer {
                return "status \(result.status): \(result.errors.suffix(300))"
            }
            let recorded = Self.unwrapped(item["stdout"]?.string ?? "")
            if !isVolatile("text"), !Self.isSameVector(result.text, recorded),
                let text = Recording.difference(lines(result.text), lines(recorded), "stdout")
            {
                return text
            }
            let shown = shown(result.errors, columns: 400)
            let wanted = self.shown(item["stderr"]?.string ?? "", columns: 400)
            // A server that logs says more than the error.
            let errors = isVolatile("log lines") ? Array(shown.suffix(wanted.count)) : shown
            if let text = Recording.difference(errors, wanted, "stderr") { return text }
            return try terminalDifference()
        }

        private func terminalDifference() throws -> String? {
            guard let terminal = item["terminal"], let output = terminal["output"]?.string,
                let columns = terminal["columns"]?.integer, let rows = terminal["rows"]?.integer
            else { return nil }
            try prepare()
            let quoted = ([Program.path] + arguments).map {
                "'" + $0.replacing("'", with: "'\\''") + "'"
            }
            // Commands do not wait for keys.
            let device = try PseudoTerminal(
                quoted.joined(separator: " "), environment: environment, folder: folder.path,
                columns: columns, rows: rows)
            // What the shell says afterwards may push rows off the screen.
            let status = "[exit \(terminal["exit"]?.integer ?? 0)]\r\n$"
            var recording = TerminalScreen(columns: columns, rows: rows)
            recording.write(Array((output + status).utf8))
            let wanted = rewritten(recording.text)
            var found: [String] = []
            _ = device.wait {
                found = rewritten($0.text)
                return found.last == "$"
            }
            return isVolatile("text")
                ? nil : Recording.difference(found, wanted, "terminal")
        }

        private func prepare() throws {
            if arguments == ["rm", "copied"] { _ = try server.apus("cp", "tiny", "copied") }
            if arguments == ["stop", "tiny"] {
                try server.send("/api/generate", #"{"model":"tiny"}"#)
            }
            for (name, text) in item["files"]?.object ?? [:] {
                try (text.string ?? "").write(
                    toFile: folder.path + "/" + name, atomically: true, encoding: .utf8)
            }
        }

        /// Without the line breaks for a terminal's width, which are not made here where there is none:
        /// the begun word is wiped and written anew on the next line.
        private static func unwrapped(_ text: String) -> String {
            var text = text
            while let wrap = text.firstMatch(of: #/(\u{1B}\[(\d+)D)?\u{1B}\[K\n/#) {
                let wiped = wrap.2.flatMap { Int($0) } ?? 0
                let start = text.index(wrap.range.lowerBound, offsetBy: -wiped)
                text.removeSubrange(start..<wrap.range.upperBound)
            }
            return text
        }

        /// Numbers within a thousandth.
        private static func isSameVector(_ found: String, _ recorded: String) -> Bool {
            guard let left = try? JSONValue(parsing: found).array?.compactMap(\.double),
                let right = try? JSONValue(parsing: recorded).array?.compactMap(\.double),
                !right.isEmpty, left.count == right.count
            else { return false }
            return zip(left, right).allSatisfy { abs($0 - $1) < 1e-3 }
        }

        private func isVolatile(_ word: String) -> Bool {
            (item["volatile"]?.array ?? []).contains { $0.string?.contains(word) == true }
        }

        private func lines(_ text: String) -> [String] {
            rewritten(
                text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init))
        }

        private func shown(_ text: String, columns: Int) -> [String] {
            rewritten(TerminalScreen.rows(of: text, columns: columns))
        }

        /// With marks for what differs between two runs.
        private func rewritten(_ lines: some Sequence<String>) -> [String] {
            // Bars are shown of what takes long enough.
            var lines = lines.filter { !$0.contains("▕") }.map { line in
                Recording.withoutTimes(Recording.withoutAges(line))
                    .replacing(server.home.path, with: "<home>")
                    .replacing(folder.path, with: "<dir>")
                    .replacing("127.0.0.1:\(server.port)", with: "127.0.0.1:<port>")
            }
            // Models of the same second are listed in any order, and so are parameters.
            if lines.first?.hasPrefix("NAME ") == true {
                lines = lines.prefix(1) + lines.dropFirst().sorted()
            }
            // How much memory a model takes depends on the engine.
            if arguments.first == "ps" {
                lines = lines.map {
                    $0.replacing(#/ +[0-9.]+ [KMG]B /#, with: "  <size> ")
                        .replacing(#/ {2,}/#, with: "  ")
                }
            }
            if arguments.first == "show" { lines = Recording.sortedParameters(lines) }
            return lines
        }
    }
}
