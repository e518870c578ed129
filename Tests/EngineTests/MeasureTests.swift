import Engine
import Foundation
import GGUF
import Testing

@Suite struct MeasureTests {
    @Test("memory delivers something")
    func bandwidth() throws {
        let rate = try MemoryBandwidth.measure(threads: 2)
        #expect(rate > 1e8 && rate < 1e13)
    }

    @Test("random models run")
    func randomModel() throws {
        let file = try RandomModel.build(shape: "smollm2-135m", quant: "Q4_0")
        let model = try Model(file)
        #expect(model.architecture == "llama")
        #expect(model.parameterCount > 100_000_000)
        var options = SessionOptions()
        options.contextLength = 64
        let session = try Session(model, options)
        let rows = try session.all([1, 2, 3])
        #expect(rows[2].allSatisfy { $0.isFinite })
        #expect(Set(rows[2]).count > 100)
        #expect(throws: EngineError.self) { try RandomModel.build(shape: "huge", quant: "Q8_0") }
        #expect(throws: EngineError.self) {
            try RandomModel.build(shape: "smollm2-135m", quant: "Q9")
        }
    }

    @Test("a random model of a recipe has its formats, and a vocabulary where it is written")
    func recipe() throws {
        let path = FileManager.default.temporaryDirectory
            .appending(path: "random-\(UUID().uuidString).gguf").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try RandomModel(shape: "smollm2-135m").write(to: path, RandomModel.recipe("Q4_K"))
        let file = try GGUFFile(path: path)
        // Rows of 576 fill no block of 256, rows of 1536 do.
        #expect(file.tensor("blk.0.attn_q.weight")?.type == .q8_0)
        #expect(file.tensor("blk.0.ffn_down.weight")?.type == .q4_K)
        #expect(file.tensor("output.weight") == nil)
        #expect(file.tensor("output_norm.weight")?.type == .f32)
        guard case .array(.strings(let tokens))? = file.metadata["tokenizer.ggml.tokens"],
            case .array(.int32(let types))? = file.metadata["tokenizer.ggml.token_type"]
        else {
            Issue.record("no vocabulary")
            return
        }
        #expect(tokens.count == 49_152)
        #expect(types.count == 49_152)
    }

    @Test("a model that copies edits the file in its prompt", arguments: ["Q8_0", "Q4_0"])
    func copies(_ quant: String) throws {
        let file = try RandomModel(shape: "smollm2-135m", copies: true)
            .build(RandomModel.recipe(quant))
        var options = SessionOptions()
        options.contextLength = 256
        let session = try Session(Model(file), options)
        func token(_ word: Int) -> Token { Token(257 + word) }
        // Some of the file, a question, and the first word of the answer.
        let start = 70
        let prompt = (start..<100).map(token) + [17, 300, 5] + [token(start)]
        let (sequence, _) = try session.begin(prompt)
        try session.step([Work(sequence: sequence, tokens: prompt, logits: .last)])
        var words = [start]
        for _ in 0..<60 {
            let row = session.row(0)
            let best = row.indices.max { row[$0] < row[$1] }!
            words.append(best - 257)
            try session.step([Work(sequence: sequence, tokens: [Token(best)], logits: .last)])
        }
        let expected = (start...start + 60).map {
            $0 % CopyText.editDistance == 0 ? $0 + CopyText.length : $0
        }
        #expect(words == expected)
        // As it is told.
        for (word, next) in zip(words, words.dropFirst()) {
            #expect(CopyText.next(after: word) == next)
        }
        #expect(CopyText.next(after: CopyText.length - 1) == 0)
        #expect(CopyText.word(7) == "w0007 ")
    }
}
