import Foundation
import TestSupport

/// The registry of the Docker project on a loopback port, with storage of its own.
final class DockerRegistry {
    /// By the name that Debian gives it.
    static let program = ["/usr/bin/docker-registry", "/usr/local/bin/docker-registry"]
        .first { FileManager.default.isExecutableFile(atPath: $0) }

    let process = Process()
    let port: UInt16
    let folder = try! Scratch()
    var host: String { "127.0.0.1:\(port)" }

    init(environment: (Scratch) throws -> [String: String] = { _ in [:] }) throws {
        guard let program = Self.program else {
            throw ServerProcess.Failure("docker-registry is not installed")
        }
        port = try ServerProcess.freePort()
        let config = folder.path + "/config.yml"
        try """
        version: 0.1
        log: {level: error, accesslog: {disabled: false}}
        storage:
          filesystem: {rootdirectory: \(folder.path)/data}
          delete: {enabled: true}
        http:
          addr: 127.0.0.1:\(port)

        """.write(toFile: config, atomically: true, encoding: .utf8)
        process.executableURL = URL(filePath: program)
        process.arguments = ["serve", config]
        process.environment = ProcessInfo.processInfo.environment.merging(
            try environment(folder)
        ) { $1 }
        let log = folder.path + "/log"
        try Data().write(to: URL(filePath: log))
        let handle = FileHandle(forWritingAtPath: log)
        process.standardOutput = handle
        process.standardError = handle
        try process.run()
        let deadline = Date().addingTimeInterval(20)
        while Date() < deadline {
            let probe = try Program.run(
                ["-sk", "-o", "/dev/null", "http://\(host)/v2/"], executable: "/usr/bin/curl")
            if probe.status == 0 { return }
            usleep(50_000)
        }
        throw ServerProcess.Failure(
            "docker-registry did not start: \((try? String(contentsOfFile: log, encoding: .utf8)) ?? "")"
        )
    }

    /// Bytes of blobs that were sent, as the access log has it.
    var sentBytes: Int {
        let text = (try? String(contentsOfFile: folder.path + "/log", encoding: .utf8)) ?? ""
        return text.matches(of: #/"GET \S+\/blobs\/\S+ HTTP\/1.1" \d+ (\d+)/#)
            .reduce(0) { $0 + (Int($1.output.1) ?? 0) }
    }

    deinit {
        process.terminate()
        process.waitUntilExit()
    }
}
