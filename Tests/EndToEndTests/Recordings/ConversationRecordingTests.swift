import API
import Foundation
import TestSupport
import Testing

/// The interactive mode, as recorded: keys, and the screen and cursor after each of them.
@Suite("Recorded conversations", .serialized, .enabled(if: Golden.isPresent))
struct ConversationRecordingTests {
    static let meant: Set<String> = [
        // There is no menu of integrations.
        "bare ollama",
        // Line breaks of a system message are kept.
        "system multi line",
        // Home and End move the cursor instead of writing `~`.
        "delete key and home end",
        // Double-width characters are erased whole.
        "wide characters",
    ]

    @Test("screens and cursors")
    func recorded() async throws {
        let tally = try await aside { try Self.tally() }
        #expect(tally.shortcomings(atLeast: 88) == [])
    }

    private static func tally() throws -> Tally {
        var tally = Tally("repl", meant: Self.meant)
        let home = try Recording.home()
        let server = try ServerProcess(
            home: home, environment: ["OLLAMA_MAX_LOADED_MODELS": "1"])
        try Recording.makeGreedy(on: server)
        try Recording.create(
            "greedy-full", "tiny-full", #"{"temperature":0,"num_predict":12}"#, on: server)
        try Recording.create(
            "longer", "tiny-raw",
            #"{"temperature":1.3,"seed":4,"num_predict":4000,"top_k":0,"top_p":1,"stop":["zzzzzz"],"num_ctx":256}"#,
            on: server)
        for item in try Recording.cases("repl") {
            let name = item["name"]?.string ?? ""
            switch name {
            case "ctrl-c during an answer", "word wrap of long words":
                try Recording.create(
                    "chatty", "tiny-chatml", #"{"temperature":0,"num_predict":8000}"#, on: server)
            case "typing during an answer":
                // The answer is waited for.
                try Recording.create(
                    "chatty", "tiny-chatml", #"{"temperature":0,"num_predict":300}"#, on: server)
            default: break
            }
            if item["file"] != nil {
                tally.add(name, try Self.fileDifference(item, home))
                continue
            }
            tally.add(name, try Session(item, server).difference())
        }
        return tally
    }

    private static func fileDifference(_ item: JSONValue, _ home: Scratch) throws -> String? {
        let path = (item["file"]?.string ?? "").replacing("<home>", with: home.path)
        // The recorded file holds lines of sessions that are not told; ours must be among them.
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        let mode = "0" + String((attributes[.posixPermissions] as? Int) ?? 0, radix: 8)
        if mode != item["mode"]?.string { return "mode \(mode)" }
        let lines = try String(contentsOfFile: path, encoding: .utf8)
            .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        if lines.count > 101 || lines.last != "" { return "\(lines.count) lines" }
        guard let first = lines.lastIndex(of: "/showinfo") else { return "no line of a session" }
        var recorded = (item["lines"]?.array ?? []).compactMap(\.string)[...]
        for line in lines[first...] {
            guard let place = recorded.firstIndex(of: line) else {
                return "\(line.debugDescription) is not among \(recorded)"
            }
            recorded = recorded[(place + 1)...]
        }
        return nil
    }

    /// One recorded session.
    private struct Session {
        let item: JSONValue
        let server: ServerProcess
        let device: PseudoTerminal
        /// The length of an answer that was interrupted differs, and so does all that follows from it.
        let isInterrupted: Bool
        /// What is known to differ is not waited for.
        var patience: Double { ConversationRecordingTests.meant.contains(name) ? 1 : 15 }

        init(_ item: JSONValue, _ server: ServerProcess) throws {
            self.item = item
            self.server = server
            isInterrupted = (item["volatile"]?.array ?? []).contains {
                $0.string?.contains("before the interruption") == true
            }
            var command = (item["command"]?.string ?? "").trimmingPrefix("ollama")
            command = "'\(Program.path)'" + command
            if let extra = item["env_extra"]?.string { command = extra + " " + command }
            device = try PseudoTerminal(
                String(command),
                environment: [
                    "HOME": server.home.path, "OLLAMA_HOST": "127.0.0.1:\(server.port)",
                    "OLLAMA_NO_CLOUD": "1", "LANG": "C.UTF-8", "TERM": "screen-256color",
                    "PATH": "/usr/bin:/bin", "APUS_EMBEDDED": "0",
                ], folder: server.home.path,
                columns: item["terminal"]?["columns"]?.integer ?? 100,
                rows: item["terminal"]?["rows"]?.integer ?? 40)
        }

        func difference() throws -> String? {
            if isInterrupted {
                // A placeholder wider than the terminal is cut.
                _ = device.wait { $0.text.first?.hasPrefix(">>> Send") == true }
            } else if let text = expect(item["start"], "start") {
                return text
            }
            for (index, step) in (item["steps"]?.array ?? []).enumerated() {
                if let line = step["line"]?.string { device.type(line + "\r") }
                if let text = step["type"]?.string { device.type(text) }
                for key in step["keys"]?.array ?? [] { device.press(key.string ?? "") }
                if step["then"]?.string?.hasPrefix("C-c") == true {
                    // Once the answer is under way.
                    _ = device.wait { $0.text.joined().contains("false, false, false") }
                    device.press("C-c")
                    // The prompt begins on a new line here, where the placeholder may be cut.
                    let isPrompted = device.wait { $0.text.last?.hasPrefix(">>> Send") == true }
                    if !isPrompted { return "step \(index): \(device.screen.text.suffix(4))" }
                    continue
                }
                if let text = expect(step, "step \(index)") { return text }
            }
            return nil
        }

        /// Waits for the recorded screen.
        private func expect(_ wanted: JSONValue?, _ place: String) -> String? {
            guard let wanted else { return nil }
            // The terminal went with its shell.
            if wanted["screen"]?.array?.isEmpty == true { return nil }
            let rows = rewritten((wanted["screen"]?.array ?? []).compactMap(\.string))
            let cursor = wanted["cursor"]?.string ?? ""
            var text: String?
            let isReached = device.wait(quiet: patience) { screen in
                let found = rewritten(screen.text)
                if isInterrupted {
                    let isSame = found.joined().filter { !$0.isWhitespace }.hasSuffix(
                        Self.tail(rows))
                    text = isSame ? nil : "\(place): \(found.suffix(4)) for \(rows.suffix(4))"
                    return isSame
                }
                text = Recording.difference(found, rows, place)
                // Rows of prompts are not compared where they are too narrow; one must be there still.
                if text == nil, isNarrow, rows.last != "$",
                    screen.text.last?.hasPrefix(">>> Send") != true
                {
                    text = "\(place): no prompt"
                }
                if text == nil, hasPlace,
                    "\(screen.column),\(screen.row)" != cursor
                {
                    text = "\(place), cursor: \(screen.column),\(screen.row) for \(cursor)"
                }
                return text == nil
            }
            return isReached ? nil : text
        }

        private var name: String { item["name"]?.string ?? "" }

        /// Whether the cursor can be compared: no row more or less was shown above.
        private var hasPlace: Bool {
            item["volatile"] == nil && name != "save" && !isNarrow
        }

        private var isNarrow: Bool { ["wrap very narrow", "narrower than ten"].contains(name) }

        private func rewritten(_ rows: [String]) -> [String] {
            var rows = Recording.sortedParameters(rows).map { row in
                Recording.withoutTimes(Recording.withoutAges(row))
                    .replacing(server.home.path, with: "<home>")
                    // Line numbers of a shell.
                    .replacing(#/^sh: \d+: /#, with: "sh: 1: ")
                    // How much white space a grammar takes is the model's choice.
                    .replacing(#/^\{ *\}$/#, with: "{}")
            }
            // Where a long path wraps depends on the home.
            if let place = rows.firstIndex(where: { $0.contains("/blobs/sha256-") }),
                place + 1 < rows.count, rows[place + 1].contains(#/^[0-9a-f]+$/#)
            {
                rows[place] += rows.remove(at: place + 1)
                rows.insert("", at: place + 1)
                rows[place] = rows[place].replacing(#/FROM .*\/blobs/#, with: "FROM <blobs>")
            }
            switch name {
            case "list":
                // It was saved with other parameters. Models of the same second have no order.
                rows = rows.map {
                    $0.replacing(#/^(saved-one:latest +)[0-9a-f]+/#, with: "saved-one ")
                }
                .sorted()
            case "save":
                // Parameters of the model that the conversation began with are kept here.
                rows.removeAll { $0.contains(#/^PARAMETER (num_predict|temperature) /#) }
            case "wrap very narrow", "narrower than ten":
                // The placeholder is cut here and leaves no rows behind.
                rows = rows.filter {
                    !$0.contains(#/^>>> Send|^\/\? for help\)$|^a message$|^ \(\/\? for$|^help\)$/#)
                }.map { $0 == ">>>" ? "" : String($0.trimmingPrefix(">>> ")) }
            case "history across sessions":
                // Which line comes depends on earlier sessions.
                rows = rows.map { $0.replacing(#/^>>> [^S].*/#, with: ">>> <line>") }
            default: break
            }
            return rows
        }

        /// What follows the row in which a long answer or the Ctrl-C behind it ended, without blanks:
        /// where all that stands depends on how long the answer had become.
        private static func tail(_ rows: [String]) -> String {
            let words = #/\^C|\b(t|tr|tru|true|f|fa|fal|fals|false)\b/#
            let last = rows.lastIndex { $0.contains(words) }
            return rows[(last.map { $0 + 1 } ?? 0)...].joined().filter { !$0.isWhitespace }
        }
    }
}
