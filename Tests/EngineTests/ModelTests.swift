import Engine
import Foundation
import GGUF
import Testing

@Suite struct ModelTests {
    @Test("tells its sizes")
    func sizes() throws {
        let model = try TinyModel.llama.model()
        #expect(model.architecture == "llama")
        #expect(model.contextLength == 256)
        #expect(model.vocabularySize == 80)
        #expect(model.embeddingLength == 64)
        #expect(model.cacheBytesPerPosition() == 2 * 2 * 1 * 20 * 2)
        #expect(model.cacheBytesPerPosition(.q8_0) == 2 * 2 * 1 * 34)
        #expect(model.cacheBytesPerPosition(.f32) == 2 * 2 * 1 * 20 * 4)
        #expect(model.weightBytes == model.parameterCount * 4)
        #expect(model.pooling == nil)
        #expect(model.canShift)
        #expect(!model.isEncoder)
        #expect(
            Model.supportedArchitectures == [
                "llama", "qwen2", "qwen3", "gemma3", "bert", "nomic-bert",
            ])
    }

    @Test("every architecture stands in a file of its own, and in the list")
    func files() throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../Sources/Engine/Architectures")
        let shared: Set = [
            "Architecture", "Blocks", "Encoder", "EncoderBlocks", "Hyperparameters",
            "WeightReader",
        ]
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
            .map { String($0.prefix { $0 != "." }) }
        let families = Set(files).subtracting(shared).map { $0.lowercased() }
        let names = Model.supportedArchitectures.map { $0.filter { $0 != "-" } }
        #expect(Set(families) == Set(names))
    }

    struct Defect: Sendable, CustomTestStringConvertible {
        let code: EngineError.Code
        let message: String
        let change: @Sendable (inout Metadata, inout TinyModel.Tensors) -> Void
        var testDescription: String { message }

        init(
            _ message: String, _ code: EngineError.Code = .malformed,
            _ change: @escaping @Sendable (inout Metadata, inout TinyModel.Tensors) -> Void
        ) {
            self.message = message
            self.code = code
            self.change = change
        }
    }

    static let defects = [
        Defect("architecture \"novel\" is not supported", .unsupportedArchitecture) { m, _ in
            m["general.architecture"] = .string("novel")
        },
        Defect("missing tensor \"blk.1.ffn_up.weight\"") { _, t in t["blk.1.ffn_up.weight"] = nil },
        Defect("missing tensor \"token_embd.weight\"") { _, t in t["token_embd.weight"] = nil },
        Defect("tensor \"blk.0.attn_q.weight\": expected [64, 80], found [80, 64]") { _, t in
            t["blk.0.attn_q.weight"]!.dimensions = [80, 64]
        },
        Defect("tensor \"output_norm.weight\": expected [64], found [32]") { _, t in
            t["output_norm.weight"] = ([32], [Float](repeating: 1, count: 32))
        },
        Defect("llama.attention.head_count: expected 1 to 1024, found 0") { m, _ in
            m["llama.attention.head_count"] = .uint32(0)
        },
        Defect("llama.block_count: expected 1 to 1024, found 4000000000") { m, _ in
            m["llama.block_count"] = .uint32(4_000_000_000)
        },
        Defect("llama.block_count") { m, _ in m["llama.block_count"] = .string("two") },
        Defect("missing key llama.embedding_length") { m, _ in m["llama.embedding_length"] = nil },
        Defect("llama.embedding_length: 64 is not a multiple of 3 heads") { m, _ in
            m["llama.attention.head_count"] = .uint32(3)
            m["llama.attention.key_length"] = nil
        },
        Defect("llama.attention.head_count_kv: 4 heads cannot share 3") { m, _ in
            m["llama.attention.head_count_kv"] = .uint32(3)
        },
        Defect("llama.attention.head_count_kv: expected 2 values, found 3") { m, _ in
            m["llama.attention.head_count_kv"] = .array(.uint32([1, 1, 1]))
        },
        Defect("llama.attention.layer_norm_rms_epsilon") { m, _ in
            m["llama.attention.layer_norm_rms_epsilon"] = .float32(.nan)
        },
        Defect("llama.attention.value_length: expected 20, found 16") { m, _ in
            m["llama.attention.value_length"] = .uint32(16)
        },
        Defect("llama.rope.scaling.type: \"yarn\"", .unsupportedArchitecture) { m, _ in
            m["llama.rope.scaling.type"] = .string("yarn")
        },
        Defect("blk.0.ffn_gate_exps.weight", .unsupportedArchitecture) { _, t in
            t["blk.0.ffn_gate_exps.weight"] = ([4], [1, 2, 3, 4])
        },
        Defect("tensor \"rope_freqs.weight\": value 3 is 0.0") { _, t in
            t["rope_freqs.weight"]!.values[3] = 0
        },
    ]

    @Test("names what is wrong with a file", arguments: defects)
    func errors(_ defect: Defect) throws {
        let file = try TinyModel.llama.file(defect.change)
        do {
            _ = try Model(file)
            Issue.record("loaded")
        } catch {
            #expect(error.code == defect.code)
            #expect(error.description.contains(defect.message), "\(error)")
        }
    }

    @Test("layers may differ in key/value heads")
    func perLayerHeads() throws {
        let tiny = TinyModel(layers: 1, kvHeads: 2)
        let file = try tiny.file { metadata, _ in
            metadata["llama.attention.head_count_kv"] = .array(.int32([2]))
        }
        var options = SessionOptions()
        options.cacheType = .f32
        let rows = try Session(Model(file), options).all(tiny.prompt(5))
        #expect(greatestDifference(rows[4], tiny.logits(tiny.prompt(5))[4]) < 1e-3)
    }

    @Test(
        "weights in huge pages and in the file give the same", arguments: [TinyModel.qwen2, .llama])
    func placements(_ tiny: TinyModel) throws {
        let mapped = try Session(Model(tiny.file(), placement: .mapped), SessionOptions())
        let model = try Model(tiny.file(), placement: .automatic)
        model.settle()
        let moved = try Session(model, SessionOptions())
        #expect(try mapped.all(tiny.prompt(20)) == moved.all(tiny.prompt(20)))
    }

    @Test("linear scaling stretches positions")
    func linearScaling() throws {
        let tiny = TinyModel(layers: 1)
        var options = SessionOptions()
        options.cacheType = .f32
        let plain = try Session(Model(tiny.file()), options).all(tiny.prompt(9))
        let file = try tiny.file { metadata, tensors in
            metadata["llama.rope.scaling.type"] = .string("linear")
            metadata["llama.rope.scaling.factor"] = .float32(4)
        }
        let same = try tiny.file { metadata, tensors in
            tensors["rope_freqs.weight"] = ([8], [Float](repeating: 4, count: 8))
        }
        let stretched = try Session(Model(file), options).all(tiny.prompt(9))
        let divided = try Session(Model(same), options).all(tiny.prompt(9))
        #expect(greatestDifference(stretched[8], divided[8]) < 1e-4)
        #expect(greatestDifference(stretched[8], plain[8]) > 1e-2)
    }

    @Test("options out of range are refused")
    func options() throws {
        let model = try TinyModel.llama.model()
        for change in [
            { $0.contextLength = 0 }, { $0.batchSize = -1 }, { $0.maxSequences = 0 },
            { $0.threads = -2 },
        ] as [(inout SessionOptions) -> Void] {
            var options = SessionOptions()
            change(&options)
            #expect(throws: EngineError.self) { try Session(model, options) }
        }
    }
}
