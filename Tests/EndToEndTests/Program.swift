import Foundation
import Glibc
import Synchronization

/// The built `apus` executable, run as a user runs it.
enum Program {
    /// Beside the test bundle, unless APUS_TEST_PROGRAM names another one: that of Packaging/static.
    static let path: String = {
        if let path = ProcessInfo.processInfo.environment["APUS_TEST_PROGRAM"] { return path }
        let runner = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
        return runner.deletingLastPathComponent().appending(path: "apus").path
    }()

    struct Result {
        var status: Int32
        var output: [UInt8]
        var errors: String
        var text: String { String(decoding: output, as: UTF8.self) }
    }

    /// Runs to the end; more than `limit` seconds end it with SIGKILL.
    ///
    /// - Parameter inheriting: Whether `environment` comes on top of that of the tests.
    static func run(
        _ arguments: [String], input: String = "", environment: [String: String] = [:],
        inheriting: Bool = true, executable: String = path, folder: String? = nil,
        limit: Double = 120
    ) throws -> Result {
        let process = Process()
        process.executableURL = URL(filePath: executable)
        process.arguments = arguments
        process.environment =
            inheriting
            ? ProcessInfo.processInfo.environment.merging(environment) { $1 } : environment
        if let folder { process.currentDirectoryURL = URL(filePath: folder) }
        let scratch = try Scratch()
        let files = ["in", "out", "err"].map { scratch.path + "/" + $0 }
        try input.write(toFile: files[0], atomically: false, encoding: .utf8)
        for file in files.dropFirst() { try Data().write(to: URL(filePath: file)) }
        process.standardInput = FileHandle(forReadingAtPath: files[0])
        process.standardOutput = FileHandle(forWritingAtPath: files[1])
        process.standardError = FileHandle(forWritingAtPath: files[2])
        try process.run()
        let deadline = Date().addingTimeInterval(limit)
        while process.isRunning, Date() < deadline { usleep(5_000) }
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        process.waitUntilExit()
        // A death by signal is reported as 128 + its number, as shells do.
        let signalled = process.terminationReason == .uncaughtSignal
        return Result(
            status: process.terminationStatus + (signalled ? 128 : 0),
            output: Array(try Data(contentsOf: URL(filePath: files[1]))),
            errors: String(decoding: try Data(contentsOf: URL(filePath: files[2])), as: UTF8.self))
    }
}

/// A folder that disappears with its owner.
final class Scratch: Sendable {
    let path: String
    init() throws {
        path = FileManager.default.temporaryDirectory.path + "/apus-test-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }
    deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// `apus serve` on a free loopback port with a home of its own.
final class ServerProcess: @unchecked Sendable {
    // @unchecked: the process handle is only started, killed and waited for, one test at a time.
    let home: Scratch
    let port: UInt16
    let process = Process()

    var url: String { "http://127.0.0.1:\(port)" }
    var environment: [String: String] {
        [
            "HOME": home.path, "OLLAMA_HOST": "127.0.0.1:\(port)", "OLLAMA_NO_CLOUD": "1",
            // The recordings were made with an empty store.
            "APUS_EMBEDDED": "0",
        ]
    }

    init(home: Scratch? = nil, environment extra: [String: String] = [:]) throws {
        self.home = try home ?? Scratch()
        port = try Self.freePort()
        process.executableURL = URL(filePath: Program.path)
        process.arguments = ["serve"]
        var all = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("OLLAMA_") }
        all.merge(environment) { $1 }
        all.merge(extra) { $1 }
        process.environment = all
        let log = self.home.path + "/serve.log"
        try Data().write(to: URL(filePath: log))
        // One handle, so that neither stream writes over the other.
        let handle = FileHandle(forWritingAtPath: log)
        process.standardOutput = handle
        process.standardError = handle
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let deadline = Date().addingTimeInterval(20)
        while Date() < deadline {
            if process.isRunning, (try? get("/api/version")) != nil { return }
            usleep(20_000)
        }
        throw Failure("the server did not start: \(self.log)")
    }

    deinit { stop() }

    var log: String {
        (try? String(contentsOfFile: home.path + "/serve.log", encoding: .utf8)) ?? ""
    }

    /// Kills without warning, as a power cut would.
    func stop(signal: Int32 = SIGKILL) {
        guard process.isRunning else { return }
        kill(process.processIdentifier, signal)
        process.waitUntilExit()
    }

    func get(_ path: String) throws -> String {
        let result = try Program.run(
            ["-sS", "--fail-with-body", "--max-time", "20", url + path], executable: "/usr/bin/curl"
        )
        guard result.status == 0 else { throw Failure(result.errors + result.text) }
        return result.text
    }

    @discardableResult
    func send(_ path: String, _ body: String, method: String = "POST") throws -> String {
        try Program.run(
            ["-sS", "--max-time", "100", "-X", method, url + path, "-d", "@-"], input: body,
            executable: "/usr/bin/curl"
        ).text
    }

    func apus(_ arguments: String..., input: String = "") throws -> Program.Result {
        try Program.run(arguments, input: input, environment: environment)
    }

    struct Failure: Error, CustomStringConvertible {
        let description: String
        init(_ description: String) { self.description = description }
    }

    static func freePort() throws -> UInt16 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
            }
        }
        guard bound else { throw Failure("no free port") }
        return UInt16(bigEndian: address.sin_port)
    }
}

/// Runs work that waits for processes on a thread of its own: those of tasks are few, and other tests
/// need them.
func aside<Result: Sendable>(
    _ body: @escaping @Sendable () throws -> Result
) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { continuation.resume(with: Swift.Result { try body() }) }
    }
}
