import API
import Foundation
import TestSupport
import Testing

/// The server under other environment variables, as recorded.
@Suite("Recorded environments", .enabled(if: Golden.isPresent))
struct EnvironmentRecordingTests {
    static let meant: Set<String> = [
        // Three models stay loaded by default.
        "default limit of loaded models"
    ]

    @Test("answers under every environment")
    func recorded() async throws {
        let tally = try await aside { try Self.tally() }
        #expect(tally.shortcomings(atLeast: 28) == [])
    }

    private static func tally() throws -> Tally {
        var tally = Tally("env", meant: Self.meant)
        let home = try Recording.home()
        for item in try Recording.cases("env") {
            let name = item["name"]?.string ?? ""
            var environment: [String: String] = [:]
            for (key, value) in item["env"]?.object ?? [:] {
                environment[key] = value.string?.replacing("<home>", with: home.path)
            }
            if item["exit"] != nil {
                tally.add(name, try Self.refusal(item, environment, home))
                continue
            }
            let settings = home.path + "/.ollama/server.json"
            // The steps do not say what lay there; the names do.
            if name == "cloud off by server.json" || name == "cloud off by both" {
                try #"{"disable_ollama_cloud":true}"#.write(
                    toFile: settings, atomically: true, encoding: .utf8)
            }
            defer { try? FileManager.default.removeItem(atPath: settings) }
            let server = try ServerProcess(home: home, environment: environment)
            defer { server.stop(signal: SIGTERM) }
            var difference: String?
            for (index, step) in (item["steps"]?.array ?? []).enumerated() where difference == nil {
                guard let request = step["request"], let response = step["response"] else {
                    continue
                }
                difference = try HTTPExchange.send(request, to: server.url).difference(
                    from: response,
                    volatile: (step["volatile"]?.array ?? []).compactMap(\.string)
                ).map { "step \(index): \($0)" }
            }
            tally.add(name, difference)
        }
        return tally
    }

    /// A server that does not start; the panic of another language is reduced to its text.
    private static func refusal(
        _ item: JSONValue, _ environment: [String: String], _ home: Scratch
    ) throws -> String? {
        let port = try ServerProcess.freePort()
        let result = try Program.run(
            ["serve"],
            environment: environment.merging(
                ["HOME": home.path, "OLLAMA_HOST": "127.0.0.1:\(port)"]) { $1 },
            inheriting: false, limit: 20)
        let text = (item["stderr_from_panic"]?.string ?? "").replacing("panic: ", with: "")
        if result.status == 0 || result.status > 128 { return "status \(result.status)" }
        return result.errors.contains(text) ? nil : "\(result.errors) for \(text)"
    }
}
