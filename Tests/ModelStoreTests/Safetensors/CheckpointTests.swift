import API
import Foundation
import GGUF
import Testing

@testable import ModelStore

@Suite struct CheckpointTests {
    private func failure(
        _ change: (inout TinyCheckpoint) -> Void, _ name: String = "LlamaForCausalLM"
    ) throws -> String? {
        let store = try TemporaryStore()
        var checkpoint = TinyCheckpoint(name)
        change(&checkpoint)
        let files = try checkpoint.upload(to: store)
        let before = store.blobCount
        let error = #expect(throws: StoreError.self) { try store.create("m", files: files) }
        #expect(store.blobCount == before, "something was left behind")
        return error?.description
    }

    @Test func `halves of the heads of queries and keys are interleaved`() throws {
        let store = try TemporaryStore()
        var checkpoint = TinyCheckpoint()
        func rows(_ count: Int) -> [UInt8] {
            (0..<count).flatMap { row in
                [Float](repeating: Float(row), count: 8).flatMap {
                    withUnsafeBytes(of: $0.bitPattern.littleEndian) { Array($0) }
                }
            }
        }
        checkpoint.replace("model.layers.0.self_attn.q_proj.weight", bytes: rows(8))
        checkpoint.replace("model.layers.0.self_attn.k_proj.weight", bytes: rows(4))
        let file = try checkpoint.imported(in: store)
        func firsts(_ name: String) throws -> [Float] {
            let values = try floats(file, #require(file.tensor(name)))
            return stride(from: 0, to: values.count, by: 8).map { values[$0] }
        }
        #expect(try firsts("blk.0.attn_q.weight") == [0, 2, 1, 3, 4, 6, 5, 7])
        #expect(try firsts("blk.0.attn_k.weight") == [0, 2, 1, 3])
    }

    @Test func `the vocabulary fills the embedding`() throws {
        let store = try TemporaryStore()
        let file = try TinyCheckpoint().imported(in: store)
        let tokens = try #require(try file.metadata.strings("tokenizer.ggml.tokens"))
        #expect(tokens.count == 16)
        #expect(tokens[10] == "ab" && tokens[11] == "<|end|>" && tokens[15] == "[PAD15]")
        #expect(
            try file.metadata.integers("tokenizer.ggml.token_type")
                == [Int](repeating: 1, count: 11) + [3, 5, 5, 5, 5])
        #expect(try file.metadata.integer("tokenizer.ggml.eos_token_id") == 11)
        #expect(try file.metadata.string("tokenizer.ggml.pre") == "gpt-2")
        #expect(try file.metadata.integer("llama.vocab_size") == 16)
    }

    @Test func `vectors become F32 and matrices keep their type`() throws {
        let store = try TemporaryStore()
        var checkpoint = TinyCheckpoint()
        // 1, -2, 2^-24 (the smallest of all), infinity, and the like.
        let halves: [UInt16] = [0x3C00, 0xC000, 0x0001, 0x7C00, 0x03FF, 0x8000, 0x7BFF, 0x0400]
        let bytes = halves.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }
        checkpoint.replace("model.norm.weight", type: "F16", bytes: bytes)
        checkpoint.replace(
            "lm_head.weight", type: "BF16", bytes: [UInt8](repeating: 0x3F, count: 16 * 8 * 2))
        let file = try checkpoint.imported(in: store)
        let norm = try #require(file.tensor("output_norm.weight"))
        #expect(norm.type == .f32)
        #expect(floats(file, norm) == halves.map { Float(Float16(bitPattern: $0)) })
        #expect(file.tensor("output.weight")?.type == .bf16)
        #expect(try file.metadata.integer("general.file_type") == 0)
    }

    @Test func `biases are where the family has them`() throws {
        func biased(_ architecture: String, _ names: [String]) -> TinyCheckpoint {
            var checkpoint = TinyCheckpoint(architecture)
            for (name, count) in [("q", 8), ("k", 4), ("v", 4), ("o", 8)] where names.contains(name)
            {
                checkpoint.tensors.append(
                    (
                        "model.layers.0.self_attn.\(name)_proj.bias", "F32", [count],
                        [UInt8](repeating: 0, count: 4 * count)
                    ))
            }
            return checkpoint
        }
        for (checkpoint, message) in [
            (biased("LlamaForCausalLM", ["q", "o"]), nil),
            (biased("Qwen2ForCausalLM", ["q", "k", "v"]), nil),
            (
                biased("Qwen2ForCausalLM", ["q", "v"]),
                "no tensor for \"blk.0.attn_k.bias\" in the files"
            ),
            (
                biased("Qwen3ForCausalLM", ["q"]),
                "tensor \"model.layers.0.self_attn.q_proj.bias\" is not known in Qwen3ForCausalLM"
            ),
        ] as [(TinyCheckpoint, String?)] {
            let store = try TemporaryStore()
            do throws(StoreError) {
                var request = CreateRequest()
                request.name = "m"
                request.files = try? checkpoint.upload(to: store)
                try store.store.create(request) { _ in }
                #expect(message == nil)
            } catch {
                #expect(error.description == message)
            }
        }
    }

    @Test func `a GGUF file among safetensors is refused`() throws {
        let message = try failure { $0.files["mmproj.gguf"] = [1] }
        #expect(message == "mmproj.gguf cannot be combined with safetensors files")
    }

    @Test func `tied weights are stored once`() throws {
        let store = try TemporaryStore()
        var checkpoint = TinyCheckpoint()
        checkpoint.config["tie_word_embeddings"] = true
        let file = try checkpoint.imported(in: store)
        #expect(file.tensor("output.weight") == nil)
        #expect(file.tensor("token_embd.weight") != nil)
    }

    @Test func `scaled rotations are carried over`() throws {
        let store = try TemporaryStore()
        var checkpoint = TinyCheckpoint()
        checkpoint.config["rope_scaling"] = ["type": "linear", "factor": 4.0]
        var file = try checkpoint.imported(in: store)
        #expect(try file.metadata.string("llama.rope.scaling.type") == "linear")
        #expect(try file.metadata.float("llama.rope.scaling.factor") == 4)
        checkpoint.config["rope_scaling"] = [
            "rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
            "original_max_position_embeddings": 8192,
        ]
        file = try checkpoint.imported(in: store)
        let divisors = try #require(file.tensor("rope_freqs.weight"))
        // Wavelengths of 6 and 628 positions: both far below 8192 / 4.
        #expect(floats(file, divisors) == [1, 1])
        #expect(file.metadata["llama.rope.scaling.type"] == nil)
    }

    @Test func `a window ends the context`() throws {
        let store = try TemporaryStore()
        var checkpoint = TinyCheckpoint("MistralForCausalLM")
        checkpoint.config["sliding_window"] = 32
        let file = try checkpoint.imported(in: store)
        #expect(try file.metadata.architecture == "llama")
        #expect(try file.metadata.integer("llama.context_length") == 32)
    }

    @Test func `chat templates come from where they may be`() throws {
        let store = try TemporaryStore()
        var checkpoint = TinyCheckpoint()
        checkpoint.files["tokenizer_config.json"] = Array(
            """
            {"chat_template":[{"name":"rag","template":"R"},{"name":"default","template":"D"}],
            "bos_token":{"content":"a"},"add_bos_token":true}
            """.utf8)
        var metadata = try checkpoint.imported(in: store).metadata
        #expect(try metadata.string("tokenizer.chat_template") == "D")
        #expect(try metadata.integer("tokenizer.ggml.bos_token_id") == 0)
        #expect(try metadata.bool("tokenizer.ggml.add_bos_token") == true)
        checkpoint.files["chat_template.jinja"] = Array("{{ 'J' }}".utf8)
        metadata = try checkpoint.imported(in: store).metadata
        #expect(try metadata.string("tokenizer.chat_template") == "{{ 'J' }}")
    }

    @Test func `pieces without scores rank by their merges`() throws {
        let store = try TemporaryStore()
        var checkpoint = TinyCheckpoint()
        checkpoint.files["tokenizer.json"] = Array(
            """
            {"normalizer":{"type":"Sequence","normalizers":[{"type":"Prepend","prepend":"▁"}]},
            "model":{"type":"BPE","byte_fallback":true,
            "vocab":{"<unk>":0,"<0x0A>":1,"a":2,"b":3,"ab":4,"Å":5,"\\u212b":6,"A\\u030a":7},
            "merges":[["b","a"],["a","b"]]},
            "added_tokens":[{"id":0,"content":"<unk>","special":true}]}
            """.utf8)
        let metadata = try checkpoint.imported(in: store).metadata
        #expect(try metadata.string("tokenizer.ggml.model") == "llama")
        let scores = try #require(try metadata.floats("tokenizer.ggml.scores"))
        #expect(scores.prefix(8) == [-1000, 0, -2, -2, -1, -2, -2, -2])
        #expect(try metadata.integers("tokenizer.ggml.token_type")?.prefix(3) == [3, 6, 1])
        // Canonically equal texts are different tokens.
        let tokens = try #require(try metadata.strings("tokenizer.ggml.tokens"))
        #expect((5...7).map { tokens.bytes(at: $0).count } == [2, 3, 3])
        #expect(metadata["tokenizer.ggml.add_space_prefix"] == nil)
    }

    @Test func `a SentencePiece vocabulary is read`() throws {
        let store = try TemporaryStore()
        var checkpoint = TinyCheckpoint()
        func piece(_ text: String, _ score: Float, _ kind: UInt8?) -> [UInt8] {
            TinyCheckpoint.piece(Array(text.utf8), score, kind)
        }
        checkpoint.files["tokenizer.json"] = nil
        checkpoint.files["tokenizer.model"] =
            piece("<unk>", 0, 2) + piece("<s>", 0, 3) + piece("▁a", -1.5, nil)
            + [0x12, 2, 0x18, 2] + [0x1A, 2, 0x18, 0]
        checkpoint.files["tokenizer_config.json"] = Array(
            "{\"added_tokens_decoder\":{\"3\":{\"content\":\"<x>\",\"special\":false}}}".utf8)
        let metadata = try checkpoint.imported(in: store).metadata
        #expect(try metadata.integers("tokenizer.ggml.token_type")?.prefix(5) == [2, 3, 1, 4, 5])
        #expect(
            try metadata.floats("tokenizer.ggml.scores")?.prefix(5) == [0, 0, -1.5, -1000, -10000])
        #expect(try metadata.bool("tokenizer.ggml.add_space_prefix") == false)
    }

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
        #expect(try failure { $0.config[key] = value } == message)
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
            try failure({ _ in }, "MixtralForCausalLM")
                == "safetensors of architecture \"MixtralForCausalLM\" cannot be imported; "
                + "give the model as GGUF")
        #expect(try failure({ _ in }, "Nonsense") == "unsupported architecture \"Nonsense\"")
        #expect(try failure { $0.config["architectures"] = [] } == "unknown architecture")
    }

    @Test func `tensors that do not fit are named`() throws {
        let query = "model.layers.0.self_attn.q_proj.weight"
        #expect(
            try failure { $0.replace(query, shape: [4, 16]) }
                == "tensor \"\(query)\": expected [8, 8], found [4, 16]")
        #expect(
            try failure { $0.replace(query, type: "I32") }
                == "tensor \"\(query)\": dtype I32 is not supported; expected F32, F16 or BF16")
        #expect(
            try failure { $0.replace(query, type: "F64") }
                == "model.safetensors: tensor \"\(query)\": F64 of shape [8, 8] in 256 bytes")
        #expect(
            try failure { $0.tensors[3].name = "model.layers.0.self_attn.rel_bias.weight" }
                == "tensor \"model.layers.0.self_attn.rel_bias.weight\" is not known in "
                + "LlamaForCausalLM")
        #expect(
            try failure { $0.tensors[3].name = "model.layers.7.input_layernorm.weight" }
                == "tensor \"model.layers.7.input_layernorm.weight\": the model has 1 layers")
        #expect(
            try failure { $0.tensors.removeAll { $0.name == "lm_head.weight" } }
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
        #expect(try failure { $0.files["tokenizer.json"] = Array(text.utf8) } == message)
    }

    @Test func `broken vocabularies never crash`() throws {
        #expect(
            try failure { $0.files["tokenizer.json"] = nil }
                == "neither tokenizer.json nor tokenizer.model is there")
        for bytes in [
            [], [0x0A], [0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1],
            [0x0A, 5, 1], [0x0B], [0x0A, 2, 0x18, 9],
        ] as [[UInt8]] {
            let message = try failure {
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
