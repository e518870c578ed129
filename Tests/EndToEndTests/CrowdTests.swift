import API
import Foundation
import TestSupport
import Testing

/// More clients at once than a server takes.
@Suite("Crowds", .serialized)
struct CrowdTests {
    static let refusal =
        #"{"error":"server busy, please try again.  maximum pending requests exceeded"}"#

    private func server(_ folder: Scratch, contextLength: Int) throws -> ServerProcess {
        let server = try ServerProcess(
            environment: ["OLLAMA_NUM_PARALLEL": "4", "OLLAMA_MAX_QUEUE": "64"])
        try TinyModel.write(
            to: URL(filePath: folder.path + "/model.gguf"), seed: 7, contextLength: contextLength)
        try "FROM ./model.gguf\n".write(
            toFile: folder.path + "/Modelfile", atomically: true, encoding: .utf8)
        let created = try server.apus("create", "bird", "-f", folder.path + "/Modelfile")
        #expect(created.status == 0, "\(created.errors)")
        return server
    }

    @Test("that finds the model unloaded is served or refused to the last")
    func cold() async throws {
        let folder = try Scratch()
        let server = try server(folder, contextLength: TinyModel.contextLength)
        try #"{"model":"bird","prompt":"b","stream":false,"options":{"num_predict":20}}"#.write(
            toFile: folder.path + "/short", atomically: true, encoding: .utf8)
        let crowd = try Crowd(server, folder, "short", 0..<100)
        defer { crowd.end() }
        try await wait("the end") { !crowd.process.isRunning }
        let texts = (0..<100).map { crowd.text($0) }
        let served = texts.filter { $0.contains(#""done":true"#) }.count
        #expect(served >= 65)
        #expect(served + texts.filter { $0 == Self.refusal }.count == 100)
        #expect(crowd.statuses.filter { $0 == "200" }.count == served)
    }

    @Test("of a hundred clients four run, 64 wait and the rest are sent away; nobody is lost")
    func crowd() async throws {
        let folder = try Scratch()
        let server = try server(folder, contextLength: 4096)

        // Four answers of 40960 tokens keep the places.
        try #"{"model":"bird","prompt":"a","options":{"num_predict":-1}}"#.write(
            toFile: folder.path + "/long", atomically: true, encoding: .utf8)
        let holders = try (0..<4).map { try Crowd(server, folder, "long", $0..<($0 + 1)) }
        defer { for holder in holders { holder.end() } }
        try await wait("the four to run") { holders.allSatisfy { !$0.text(0).isEmpty } }

        try #"{"model":"bird","prompt":"b","stream":false,"options":{"num_predict":3}}"#.write(
            toFile: folder.path + "/short", atomically: true, encoding: .utf8)
        let crowd = try Crowd(server, folder, "short", 4..<100)
        defer { crowd.end() }
        func answers() -> [String] { (4..<100).map { crowd.text($0) }.filter { !$0.isEmpty } }
        try await wait("32 refusals") { answers().filter { $0 == Self.refusal }.count >= 32 }
        // Those who wait go on waiting, and the four go on talking.
        #expect(answers() == [String](repeating: Self.refusal, count: 32))
        #expect(holders.allSatisfy { $0.process.isRunning })
        for holder in holders { holder.end() }
        try await wait("the end") { !crowd.process.isRunning }

        let statuses = crowd.statuses
        #expect(statuses.filter { $0 == "200" }.count == 64)
        #expect(statuses.filter { $0 == "503" }.count == 32)
        #expect(answers().filter { $0.contains(#""done":true"#) }.count == 64)
        #expect(answers().filter { $0 == Self.refusal }.count == 32)
        #expect(try server.get("/api/ps").contains("bird"))
    }

    private func wait(_ what: String, until isReached: () -> Bool) async throws {
        let deadline = Date().addingTimeInterval(90)
        while !isReached() {
            guard Date() < deadline else { throw ServerProcess.Failure("no \(what)") }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    /// Clients that send the same request at once.
    private final class Crowd {
        let process = Process()
        let folder: Scratch
        private let report: String

        init(_ server: ServerProcess, _ folder: Scratch, _ body: String, _ clients: Range<Int>)
            throws
        {
            self.folder = folder
            report = folder.path + "/report-\(clients.lowerBound)"
            try Data().write(to: URL(filePath: report))
            // One configuration a client, with its own output file.
            let transfers = clients.map { client in
                """
                url = "\(server.url)/api/generate"
                data-binary = "@\(folder.path)/\(body)"
                output = "\(folder.path)/out-\(client)"
                write-out = "%{http_code}\\n"
                silent
                no-buffer
                """
            }
            let configuration = folder.path + "/config-\(clients.lowerBound)"
            try transfers.joined(separator: "\nnext\n").write(
                toFile: configuration, atomically: true, encoding: .utf8)
            process.executableURL = URL(filePath: "/usr/bin/curl")
            process.arguments = [
                "-Z", "--parallel-immediate", "--parallel-max", "200", "-K", configuration,
            ]
            process.standardOutput = FileHandle(forWritingAtPath: report)
            process.standardError = FileHandle.nullDevice
            try process.run()
        }

        deinit { end() }

        /// Statuses of the answers, at the end.
        var statuses: [String] {
            ((try? String(contentsOfFile: report, encoding: .utf8)) ?? "")
                .split(separator: "\n").map(String.init)
        }

        func text(_ client: Int) -> String {
            (try? String(contentsOfFile: folder.path + "/out-\(client)", encoding: .utf8)) ?? ""
        }

        func end() {
            guard process.isRunning else { return }
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
        }
    }
}
