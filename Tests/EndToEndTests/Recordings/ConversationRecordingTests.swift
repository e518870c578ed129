import API
import Foundation
import TestSupport
import Testing

/// The interactive mode, as recorded: keys, and the screen and cursor after each of them.
@Suite("Recorded conversations", .serialized, .enabled(if: Golden.isPresent))
struct ConversationRecordingTests {
    static let meant: Set<String> = [
        // There is no menu of integrations.
        "bare ollama"
    ]

    @Test("screens and cursors")
    func recorded() throws {
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
            if item["file"] != nil {
                tally.add(name, try Self.fileDifference(item, home))
                continue
            }
            if (item["command"]?.string ?? "").contains(" chatty "),
                name == "ctrl-c during an answer"
            {
                try Recording.create(
                    "chatty", "tiny-chatml", #"{"temperature":0,"num_predict":8000}"#, on: server)
            }
            tally.add(name, try Session(item, server).difference())
        }
        tally.judge(atLeast: 88)
    }

    private static func fileDifference(_ item: JSONValue, _ home: Scratch) throws -> String? {
        let path = (item["file"]?.string ?? "").replacing("<home>", with: home.path)
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        let mode = "0" + String((attributes[.posixPermissions] as? Int) ?? 0, radix: 8)
        if mode != item["mode"]?.string { return "mode \(mode)" }
        let lines = try String(contentsOfFile: path, encoding: .utf8)
            .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        return Recording.difference(
            lines, (item["lines"]?.array ?? []).compactMap(\.string), "file")
    }

    /// One recorded session.
    private struct Session {
        let item: JSONValue
        let server: ServerProcess
        let device: PseudoTerminal
        /// The length of an answer that was interrupted differs, and so does all that follows from it.
        let isInterrupted: Bool

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
            if let text = expect(item["start"], "start") { return text }
            for (index, step) in (item["steps"]?.array ?? []).enumerated() {
                if let line = step["line"]?.string { device.type(line + "\r") }
                if let text = step["type"]?.string { device.type(text) }
                for key in step["keys"]?.array ?? [] { device.press(key.string ?? "") }
                if step["then"]?.string?.hasPrefix("C-c") == true {
                    // Once the answer is under way.
                    _ = device.wait { $0.text.joined().contains("false, false, false") }
                    device.press("C-c")
                }
                if let text = expect(step, "step \(index)") { return text }
            }
            return nil
        }

        /// Waits for the recorded screen.
        private func expect(_ wanted: JSONValue?, _ place: String) -> String? {
            guard let wanted else { return nil }
            let rows = rewritten((wanted["screen"]?.array ?? []).compactMap(\.string))
            let cursor = wanted["cursor"]?.string ?? ""
            var text: String?
            let isReached = device.wait { screen in
                text = Recording.difference(rewritten(screen.text), rows, place)
                if text == nil, !isInterrupted, !isVolatile,
                    "\(screen.column),\(screen.row)" != cursor
                {
                    text = "\(place), cursor: \(screen.column),\(screen.row) for \(cursor)"
                }
                return text == nil
            }
            return isReached ? nil : text
        }

        private var isVolatile: Bool { item["volatile"] != nil }

        private func rewritten(_ rows: [String]) -> [String] {
            var rows = rows.map { row in
                Recording.withoutTimes(Recording.withoutAges(row))
                    .replacing(server.home.path, with: "<home>")
            }
            if isInterrupted { rows = Self.withoutAnswer(rows) }
            return rows
        }

        /// Without the words of the long answer, and without what scrolled away before them.
        private static func withoutAnswer(_ rows: [String]) -> [String] {
            var rest: [String] = []
            for row in rows.reversed() {
                let words = row.replacing("^C", with: "").split(separator: " ")
                if let last = words.last, last.wholeMatch(of: #/\[|(t|f)[a-z]*,?|[a-z]*e,/#) != nil
                {
                    break
                }
                rest.append(row)
            }
            return rest.reversed()
        }
    }
}
