import API
import Foundation
import TestSupport
import Testing

/// What the real program answered in one area.
enum Recording {
    static func cases(_ area: String) throws -> [JSONValue] {
        try JSONValue(parsing: Golden.data("ollama/\(area).json"))["cases"]?.array ?? []
    }

    // MARK: - Models

    /// A home whose store holds the models of `models.json`. Made once.
    private static let prepared: Swift.Result<Scratch, any Error> = Swift.Result {
        let server = try ServerProcess()
        for item in try cases("models") {
            let request = try #require(item["request"])
            let answer = try HTTPExchange.send(request, to: server.url)
            guard answer.status == item["response"]?["status"]?.integer else {
                throw ServerProcess.Failure("\(item["name"]?.string ?? ""): \(answer.body)")
            }
        }
        server.stop(signal: SIGTERM)
        return server.home
    }

    /// The models that answers on the command line were recorded with.
    static func makeGreedy(on server: ServerProcess) throws {
        try create("greedy", "tiny", #"{"temperature":0,"num_predict":40}"#, on: server)
        try create(
            "greedy-think", "tiny-think-open", #"{"temperature":0,"num_predict":8}"#, on: server)
    }

    static func create(
        _ name: String, _ base: String, _ parameters: String, on server: ServerProcess
    ) throws {
        let answer = try server.send(
            "/api/create", #"{"model":"\#(name)","from":"\#(base)","parameters":\#(parameters)}"#)
        guard answer.contains(#""status":"success""#) else { throw ServerProcess.Failure(answer) }
    }

    /// A new home with those models. Blobs are never changed in place, so that links suffice.
    static func home() throws -> Scratch {
        let home = try Scratch()
        let copied = try Program.run(
            ["-al", prepared.get().path + "/.ollama", home.path + "/.ollama"],
            executable: "/bin/cp")
        guard copied.status == 0 else { throw ServerProcess.Failure(copied.errors) }
        return home
    }

    // MARK: - Texts

    /// Whether a line says the same, but for the name of the program.
    static func isSame(_ found: String, _ recorded: String) -> Bool {
        found == recorded || found == renamed(recorded)
    }

    /// A recorded text with the name of this program in it.
    static func renamed(_ text: String) -> String {
        text.replacing("<home>/.ollama", with: "\u{1}").replacing("ollama.com", with: "\u{2}")
            .replacing("ollama show", with: "\u{3}").replacing("ollama", with: "apus")
            .replacing("Ollama", with: "Apus")
            .replacing("\u{1}", with: "<home>/.ollama").replacing("\u{2}", with: "ollama.com")
            .replacing("\u{3}", with: "ollama show")
    }

    /// First line that differs; nil when there is none.
    static func difference(
        _ found: [String], _ recorded: [String], _ place: String
    ) -> String? {
        for index in 0..<max(found.count, recorded.count) {
            let left = index < found.count ? found[index] : "(nothing)"
            let right = index < recorded.count ? recorded[index] : "(nothing)"
            if !isSame(left, right) {
                return
                    "\(place), line \(index): \(left.debugDescription) for \(right.debugDescription)"
            }
        }
        return nil
    }

    /// Lines of parameters, which stand in any order, are sorted.
    static func sortedParameters(_ lines: [String]) -> [String] {
        var result: [String] = []
        var run: [String] = []
        func isParameter(_ line: String) -> Bool {
            line.contains(
                #/^( {2}| {4})?(num_|seed|stop|temperature|top_|repeat|min_p)|^PARAMETER /#)
        }
        for line in lines + [""] {
            if isParameter(line) {
                run.append(line)
            } else {
                result += run.sorted() + [line]
                run = []
            }
        }
        return result.dropLast()
    }

    /// Without ages and the white space around them, which depends on their length.
    static func withoutAges(_ line: String) -> String {
        line.replacing(
            #/(Less than a second|About a minute|\d+ (seconds?|minutes?|hours?)) (ago|from now) */#,
            with: "<age>"
        )
        .replacing(#/MODIFIED +$/#, with: "MODIFIED").replacing(#/UNTIL +$/#, with: "UNTIL")
    }

    /// Without durations, rates and the count of cached tokens.
    static func withoutTimes(_ line: String) -> String {
        line.replacing(#/(duration: +)[0-9.]+(ms|s|µs)$/#) { "\($0.output.1)<time>" }
            .replacing(#/(rate: +)[0-9.]+ tokens\/s$/#) { "\($0.output.1)<rate>" }
    }
}

/// How many cases of an area hold.
struct Tally {
    let area: String
    /// Cases that are meant to differ. Every one stands with its reason in the article on differences.
    let meant: Set<String>
    private(set) var count = 0
    private var failures: [(name: String, difference: String)] = []
    private var unexpected: [String] = []

    init(_ area: String, meant: Set<String> = []) {
        self.area = area
        self.meant = meant
    }

    mutating func add(_ name: String, _ difference: String?) {
        count += 1
        if meant.contains(name) {
            if difference == nil { unexpected.append(name) }
        } else if let difference {
            failures.append((name, difference))
        }
    }

    /// At least 95 % hold, and at most 5 % are excused.
    func judge(atLeast minimum: Int) {
        let share = 100 * Double(count - failures.count) / Double(max(count, 1))
        let list = failures.map { "\($0.name): \($0.difference)" }.joined(separator: "\n")
        if let path = ProcessInfo.processInfo.environment["APUS_TEST_REPORT"] {
            try? "\(area): \(count - failures.count)/\(count), meant \(meant.count)\n\(list)\n"
                .write(toFile: path + "." + area, atomically: true, encoding: .utf8)
        }
        #expect(count >= minimum, "\(area)")
        #expect(share >= 95, "\(area): \(failures.count) of \(count) differ\n\(list)")
        #expect(unexpected.isEmpty, "\(area): no longer different: \(unexpected)")
    }
}
