import API
import Foundation
import GGUF
import Testing

@testable import ModelStore

/// Checkpoints that cannot become a model.
@Suite struct CheckpointRefusalTests {
    @Test(
        arguments: [
            ("hidden_size", nil, "config.json: hidden_size is missing"),
            (
                "hidden_size", "eight",
                "config.json: hidden_size: expected an integer from 1 to 131072, found \"eight\""
            ),
            (
                "num_attention_heads", 0,
                "config.json: num_attention_heads: expected an integer from 1 to 1024, found 0"
            ),
            (
                "num_key_value_heads", 3,
                "config.json: num_key_value_heads: 2 heads cannot share 3"
            ),
            ("head_dim", 3, "config.json: head_dim: 3 is odd"),
            ("hidden_act", "relu", "config.json: activation \"relu\" is not the one of llama"),
            (
                "rope_scaling", ["type": "dynamic", "factor": 2.0],
                "config.json: rope scaling \"dynamic\" is not supported"
            ),
            (
                "num_hidden_layers", 2, "no tensor for \"blk.1.attn_k.weight\" in the files"
            ),
        ] as [(String, JSONValue?, String)])
    func `a config that cannot be is refused`(
        key: String, value: JSONValue?, message: String
    ) throws {
        #expect(try importFailure { $0.config[key] = value } == message)
    }

    @Test func `nothing is left of a conversion that was not wanted`() throws {
        let store = try TemporaryStore()
        let files = try TinyCheckpoint().upload(to: store)
        let before = store.blobCount
        #expect(throws: StoreError.self) {
            try store.create("m", files: files) { $0.quantize = "nonsense" }
        }
        #expect(store.blobCount == before)
        // The type that it has is no work.
        try store.create("m", files: files) { $0.quantize = "f32" }
        let model = try store.store.model(#require(ModelName("m")))
        #expect(try GGUFFile(path: #require(model.weightsPath)).tensors.count == 12)
    }

    @Test func `architectures without an import are named`() throws {
        #expect(
            try importFailure({ _ in }, "MixtralForCausalLM")
                == "safetensors of architecture \"MixtralForCausalLM\" cannot be imported; "
                + "give the model as GGUF")
        #expect(try importFailure({ _ in }, "Nonsense") == "unsupported architecture \"Nonsense\"")
        #expect(try importFailure { $0.config["architectures"] = [] } == "unknown architecture")
    }

    @Test func `tensors that do not fit are named`() throws {
        let query = "model.layers.0.self_attn.q_proj.weight"
        #expect(
            try importFailure { $0.replace(query, shape: [4, 16]) }
                == "tensor \"\(query)\": expected [8, 8], found [4, 16]")
        #expect(
            try importFailure { $0.replace(query, type: "I32") }
                == "tensor \"\(query)\": dtype I32 is not supported; expected F32, F16 or BF16")
        #expect(
            try importFailure { $0.replace(query, type: "F64") }
                == "model.safetensors: tensor \"\(query)\": F64 of shape [8, 8] in 256 bytes")
        #expect(
            try importFailure { $0.tensors[3].name = "model.layers.0.self_attn.rel_bias.weight" }
                == "tensor \"model.layers.0.self_attn.rel_bias.weight\" is not known in "
                + "LlamaForCausalLM")
        #expect(
            try importFailure { $0.tensors[3].name = "model.layers.7.input_layernorm.weight" }
                == "tensor \"model.layers.7.input_layernorm.weight\": the model has 1 layers")
        #expect(
            try importFailure { $0.tensors.removeAll { $0.name == "lm_head.weight" } }
                == "no tensor for \"output.weight\" in the files")
    }

    @Test(
        arguments: [
            ("{", "tokenizer.json: expected a string at byte 1"),
            ("[]", "tokenizer.json: expected an object at byte 0"),
            ("{}", "tokenizer.json: a model of type \"\" is not supported"),
            (
                "{\"model\":{\"type\":\"Unigram\",\"vocab\":[[\"a\",0.5]]}}",
                "tokenizer.json: a model of type \"Unigram\" is not supported"
            ),
            (
                "{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":-1}}}",
                "tokenizer.json: token number -1 at byte 38"
            ),
            (
                "{\"pre_tokenizer\":{\"type\":\"ByteLevel\"},\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":16}}}",
                "tokenizer.json: token 16 of an embedding of 16 rows"
            ),
            (
                "{\"model\":{\"type\":\"BPE\",\"vocab\":{},\"merges\":[\"ab\"]}}",
                "tokenizer.json: a merge without a blank at byte 48"
            ),
            (
                "{\"pre_tokenizer\":{\"type\":\"Whitespace\"},\"model\":{\"type\":\"BPE\",\"vocab\":{}}}",
                "tokenizer.json: the pre-tokenizer does not work on bytes"
            ),
        ])
    func `tokenizers that cannot be used are refused`(text: String, message: String) throws {
        #expect(try importFailure { $0.files["tokenizer.json"] = Array(text.utf8) } == message)
    }

    @Test func `broken vocabularies never crash`() throws {
        #expect(
            try importFailure { $0.files["tokenizer.json"] = nil }
                == "neither tokenizer.json nor tokenizer.model is there")
        for bytes in [
            [], [0x0A], [0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1],
            [0x0A, 5, 1], [0x0B], [0x0A, 2, 0x18, 9],
        ] as [[UInt8]] {
            let message = try importFailure {
                $0.files["tokenizer.json"] = nil
                $0.files["tokenizer.model"] = bytes
            }
            #expect(message?.hasPrefix("tokenizer.model: ") == true, "\(bytes)")
        }
    }

    /// Bytes of good files replaced at random: an error or a file, never a crash.
    @Test(arguments: ["config.json", "tokenizer.json", "model.safetensors"])
    func `damaged files never crash`(_ name: String) throws {
        let folder = try TemporaryStore()
        var checkpoint = TinyCheckpoint()
        checkpoint.files["config.json"] = JSONValue.object(checkpoint.config).serializedBytes
        checkpoint.files["model.safetensors"] = TinyCheckpoint.safetensors(checkpoint.tensors)
        var paths: [(name: String, path: String)] = []
        for (file, bytes) in checkpoint.files {
            let path = folder.root + "/" + file
            try Data(bytes).write(to: URL(filePath: path))
            paths.append((file, path))
        }
        let good = try #require(checkpoint.files[name])
        let path = folder.root + "/" + name
        let target = folder.root + "/out"
        var state: UInt64 = 7
        func random(_ count: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % count
        }
        let telling = Array("0123456789-.eE\"\\{}[],: tfn\0\u{FF}".utf8)
        var refused = 0
        for _ in 0..<400 {
            var bad = good
            for _ in 0...random(3) {
                bad[random(min(bad.count, 2000))] = telling[random(telling.count)]
            }
            try Data(bad).write(to: URL(filePath: path))
            do throws(StoreError) {
                try CheckpointImport(paths).write(to: target)
            } catch {
                refused += 1
                #expect(!error.description.isEmpty)
            }
        }
        #expect(refused > 50)
    }
}
