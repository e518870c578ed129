import API
import Foundation
import OrderedCollections
import TestSupport
import Testing

/// What the real program said of its models: lists, facts, copies and how long they stay.
@Suite("Recorded management", .enabled(if: Golden.isPresent))
struct ManageRecordingTests {
    @Test("answers")
    func recorded() async throws {
        let tally = try await aside { try Self.tally() }
        #expect(tally.shortcomings(atLeast: 44) == [])
        #expect(tally.failureCount == 0)
    }

    private static func tally() throws -> Tally {
        let server = try ServerProcess(home: Recording.home())
        var tally = Tally("manage")
        for item in try Recording.cases("manage") {
            let name = item["name"]?.string ?? ""
            // Nothing was loaded when a case began.
            try unload(server)
            var difference: String?
            for (index, step) in (item["steps"]?.array ?? [item]).enumerated()
            where difference == nil {
                guard let request = step["request"], let response = step["response"] else {
                    continue
                }
                if name == "keep_alive expires", request["path"]?.string == "/api/ps" {
                    try wait(for: server) { $0.isEmpty }
                }
                let answer = try HTTPExchange.send(request, to: server.url)
                let volatile = (step["volatile"]?.array ?? []).compactMap(\.string)
                difference = Self.difference(answer, response, volatile, inAnyOrder: name == "tags")
                    .map { "step \(index): \($0)" }
            }
            tally.add(name, difference)
        }
        return tally
    }

    private static func loaded(_ server: ServerProcess) throws -> [String] {
        let answer = try JSONValue(parsing: Array(server.get("/api/ps").utf8))
        return (answer["models"]?.array ?? []).compactMap { $0["name"]?.string }
    }

    private static func wait(
        for server: ServerProcess, until isReached: ([String]) -> Bool
    ) throws {
        let deadline = Date().addingTimeInterval(20)
        while try !isReached(loaded(server)) {
            guard Date() < deadline else { throw ServerProcess.Failure("a model stays loaded") }
            usleep(20_000)
        }
    }

    private static func unload(_ server: ServerProcess) throws {
        for name in try loaded(server) {
            try server.send("/api/generate", #"{"model":"\#(name)","keep_alive":0}"#)
        }
        try wait(for: server) { $0.isEmpty }
    }

    private static func difference(
        _ answer: HTTPExchange, _ response: JSONValue, _ volatile: [String], inAnyOrder: Bool
    ) -> String? {
        var answer = answer
        answer.body = ordered(plain(answer.body), inAnyOrder)
        var response = response.object ?? [:]
        if let body = response["body"]?.string {
            response["body"] = .string(ordered(plain(body), inAnyOrder))
        }
        return answer.difference(from: .object(response), volatile: volatile)
    }

    /// Without digests of weights, which depend on who wrote the file, and without the place of
    /// the store.
    private static func plain(_ text: String) -> String {
        text.replacing(#/sha256([:-])[0-9a-f]{64}/#) { "sha256\($0.output.1)<digest>" }
            .replacing(#/(/[^ "\\]*|<home>[^ "\\]*)/blobs/sha256-/#, with: "<store>/blobs/sha256-")
    }

    /// With the lines of parameters sorted, which stand in any order, and models that were made within
    /// the same second too.
    private static func ordered(_ text: String, _ sortsModels: Bool) -> String {
        guard var body = try? JSONValue(parsing: text), var object = body.object else {
            return text
        }
        for key in ["parameters", "modelfile"] {
            guard let lines = object[key]?.string else { continue }
            object[key] = .string(lines.split(separator: "\n").sorted().joined(separator: "\n"))
        }
        if sortsModels, let models = object["models"]?.array {
            object["models"] = .array(
                models.sorted { $0["name"]?.string ?? "" < $1["name"]?.string ?? "" })
        }
        body = .object(object)
        return body.serialized
    }
}
