import API
import Engine
import Foundation
import GGUF
import ModelStore
import TestSupport
import Testing
import Tokenization

@testable import Serving

/// Imported checkpoints run as the reference's own conversions do.
@Suite(.enabled(if: Golden.isPresent)) struct CheckpointTests {
    /// Uploads the files of a folder, but for those left out, and makes a model of them.
    private func weights(
        _ name: String, in kitchen: Kitchen, below: String = "archs",
        without left: Set<String> = []
    ) throws -> GGUFFile {
        var request = CreateRequest()
        request.name = name
        request.files = []
        let folder = Golden.url("\(below)/\(name)/hf")
        for file in try FileManager.default.contentsOfDirectory(atPath: folder.path)
        where !left.contains(file) {
            let blob = try kitchen.store.newBlob()
            try Golden.data("\(below)/\(name)/hf/\(file)").withUnsafeBytes { try blob.write($0) }
            request.files?.append((file, try blob.finish(expected: nil).description))
        }
        try kitchen.store.create(request) { _ in }
        return try GGUFFile(path: kitchen.weightsPath(name))
    }

    private func expected(_ name: String) throws -> JSONValue {
        try JSONValue(parsing: Golden.data("archs/\(name)/expected.json"))
    }

    @Test(arguments: ["llama", "qwen3"])
    func `logits are the recorded ones`(_ name: String) throws {
        let kitchen = try Kitchen()
        let model = try Model(weights(name, in: kitchen))
        let expected = try expected(name)
        let tokens = (expected["tokens"]?.array ?? []).compactMap(\.integer).map { Token($0) }
        var options = SessionOptions()
        options.contextLength = 512
        options.cacheType = .f32
        options.threads = 2
        let session = try Session(model, options)
        let (sequence, _) = try session.begin([])
        defer { session.end(sequence) }
        try session.step([Work(sequence: sequence, tokens: tokens, logits: .all)])
        for (row, key) in [
            (0, "logits_first"), (1, "logits_second"), (tokens.count - 1, "logits_last"),
        ] {
            let wanted = (expected[key]?.array ?? []).compactMap(\.double).map { Float($0) }
            let found = Array(session.logits(row))
            #expect(found.count == wanted.count && !wanted.isEmpty)
            let difference = zip(found, wanted).reduce(0) { max($0, abs($1.0 - $1.1)) }
            #expect(difference < 1e-3, "\(key)")
        }
    }

    @Test(arguments: ["llama", "qwen3", "gemma3"])
    func `prompts have the recorded tokens`(_ name: String) throws {
        let kitchen = try Kitchen()
        let expected = try expected(name)
        let prompt = try #require(expected["prompt"]?.string)
        let wanted = (expected["tokens"]?.array ?? []).compactMap(\.integer).map { Token($0) }
        let file = try weights(name, in: kitchen)
        #expect(
            try Tokenizer(file.metadata).encode(prompt, addSpecial: true, parseSpecial: true)
                == wanted)
    }

    /// The scores that stand in for those of the file give the same pieces.
    @Test func `ranked pieces split as scored ones do`() throws {
        let kitchen = try Kitchen()
        let expected = try expected("gemma3")
        let prompt = try #require(expected["prompt"]?.string)
        let wanted = (expected["tokens"]?.array ?? []).compactMap(\.integer).map { Token($0) }
        let file = try weights("gemma3", in: kitchen, without: ["tokenizer.model"])
        #expect(
            try Tokenizer(file.metadata).encode(prompt, addSpecial: true, parseSpecial: true)
                == wanted)
    }

    @Test func `an imported model answers as the trained one`() async throws {
        let kitchen = try Kitchen()
        _ = try weights("tiny-chat", in: kitchen, below: "models")
        let answer = try await kitchen.scheduler.ask("Who are you?", model: "tiny-chat", tokens: 64)
        #expect(
            answer.content
                == "I am a tiny test model. I was trained from scratch to check that inference "
                + "works.")
    }
}
