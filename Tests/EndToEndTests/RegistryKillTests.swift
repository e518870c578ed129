import Foundation
import Glibc
import TestSupport
import Testing

/// Servers that die while they pull from the registry of the Docker project.
@Suite(
    "Pulls that are killed",
    .enabled(if: DockerRegistry.program != nil, "docker-registry is not installed"))
struct RegistryKillTests {
    /// A file that says it is a model; the numbers in it mean nothing.
    private static func writeModel(to path: String, size: Int) throws {
        var bytes = [UInt8]("GGUF".utf8)
        func add(_ value: some FixedWidthInteger) {
            withUnsafeBytes(of: value.littleEndian) { bytes += $0 }
        }
        func add(_ text: String) {
            add(UInt64(text.utf8.count))
            bytes += text.utf8
        }
        let width = 1024
        let rows = size / width / 2
        add(UInt32(3))
        add(UInt64(1))
        add(UInt64(2))
        add("general.architecture")
        add(UInt32(8))
        add("llama")
        add("general.file_type")
        add(UInt32(4))
        add(UInt32(1))
        add("token_embd.weight")
        add(UInt32(2))
        add(UInt64(width))
        add(UInt64(rows))
        add(UInt32(1))
        add(UInt64(0))
        while bytes.count % 32 != 0 { bytes.append(0) }
        let block = noise(1 << 20)
        for _ in 0..<rows * width * 2 / block.count { bytes += block }
        try Data(bytes).write(to: URL(filePath: path))
    }

    @Test("fetch little twice, whenever it happens, and end with the same bytes")
    func kills() async throws {
        try await aside { try Self.run() }
    }

    private static func run() throws {
        let size = 96 << 20
        let registry = try DockerRegistry()
        let name = "\(registry.host)/team/big:v1"
        let home = try Scratch()
        var server = try ServerProcess(home: home)
        try writeModel(to: home.path + "/model.gguf", size: size)
        try "FROM ./model.gguf\n".write(
            toFile: home.path + "/Modelfile", atomically: true, encoding: .utf8)
        let created = try server.apus("create", name, "-f", home.path + "/Modelfile")
        try #require(created.status == 0, "\(created.errors)")
        let pushed = try server.apus("push", "--insecure", name)
        try #require(pushed.status == 0, "\(pushed.errors)")
        let blobs = home.path + "/.ollama/models/blobs/"
        let weights = try #require(
            try FileManager.default.contentsOfDirectory(atPath: blobs).first {
                let attributes = try? FileManager.default.attributesOfItem(atPath: blobs + $0)
                return attributes?[.size] as? Int ?? 0 > size / 2
            })
        let digest = String(weights.dropFirst("sha256-".count))
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<3 {
            #expect(try server.apus("rm", name).status == 0)
            let before = registry.sentBytes
            let pull = Process()
            pull.executableURL = URL(filePath: Program.path)
            pull.arguments = ["pull", "--insecure", name]
            pull.environment = ProcessInfo.processInfo.environment.merging(server.environment) {
                $1
            }
            pull.standardError = FileHandle.nullDevice
            try pull.run()
            // Late enough that to begin anew would show: the file grows by blocks as its parts arrive.
            let moment = Int.random(in: size * 7 / 10..<size * 9 / 10, using: &generator)
            let deadline = Date().addingTimeInterval(60)
            while arrived(blobs + weights + "-partial") < moment, pull.isRunning,
                Date() < deadline
            {
                usleep(500)
            }
            server.stop(signal: SIGKILL)
            pull.waitUntilExit()
            server = try ServerProcess(home: home)
            let again = try server.apus("pull", "--insecure", name)
            #expect(again.status == 0, "\(again.errors)")
            let sum = try Program.run([blobs + weights], executable: "/usr/bin/sha256sum").text
            #expect(String(sum.prefix(64)) == digest)
            // The registry counts as sent what was still on its way through the sockets.
            let twice = registry.sentBytes - before - size
            #expect(twice < 24 << 20, "\(twice) bytes came twice after a kill at \(moment)")
        }
    }

    /// Bytes of a file that are on disk: 0 without it.
    private static func arrived(_ path: String) -> Int {
        var info = stat()
        return stat(path, &info) == 0 ? Int(info.st_blocks) * 512 : 0
    }
}
