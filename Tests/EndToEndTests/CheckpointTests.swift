import Foundation
import TestSupport
import Testing

/// A folder of safetensors, as somebody has it who trained or downloaded a model.
@Suite("Checkpoints", .enabled(if: Golden.isPresent))
struct CheckpointTests {
    private static let answer =
        "I am a tiny test model. I was trained from scratch to check that inference works."

    @Test func `a folder becomes a model, and its Modelfile the same one again`() throws {
        let server = try ServerProcess()
        let file = server.home.path + "/Modelfile"
        try "FROM \(Golden.url("models/tiny-chat/hf").path)\n".write(
            toFile: file, atomically: true, encoding: .utf8)
        let made = try server.apus("create", "m", "-f", file)
        #expect(made.status == 0, "\(made.errors)")
        for line in ["converting model", "creating new layer sha256:", "success"] {
            #expect(made.errors.contains(line), "\(made.errors)")
        }
        #expect(try server.apus("run", "m", "Who are you?").text.hasPrefix(Self.answer))

        let printed = try server.apus("show", "m", "--modelfile")
        try printed.text.write(toFile: file, atomically: true, encoding: .utf8)
        #expect(try server.apus("create", "again", "-f", file).status == 0)
        #expect(try server.apus("run", "again", "Who are you?").text.hasPrefix(Self.answer))
    }

    @Test func `a damaged file is refused by name, and nothing stays behind`() throws {
        let server = try ServerProcess()
        let folder = server.home.path + "/model"
        try FileManager.default.copyItem(
            atPath: Golden.url("archs/qwen3/hf").path, toPath: folder)
        let weights = folder + "/model.safetensors"
        let bytes = try Data(contentsOf: URL(filePath: weights)).prefix(100_000)
        try FileManager.default.removeItem(atPath: weights)
        try bytes.write(to: URL(filePath: weights))
        let file = server.home.path + "/Modelfile"
        try "FROM ./model\n".write(toFile: file, atomically: true, encoding: .utf8)
        let refused = try server.apus("create", "m", "-f", file)
        #expect(refused.status == 1)
        #expect(refused.errors.contains("Error: model.safetensors: tensor \""), "\(refused.errors)")
        #expect(try !server.apus("list").text.contains("m:latest"))
        #expect(server.process.isRunning)
    }
}
