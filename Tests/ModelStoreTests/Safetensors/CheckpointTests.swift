import API
import Foundation
import GGUF
import Testing

@testable import ModelStore

@Suite struct CheckpointTests {
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
        let message = try importFailure { $0.files["mmproj.gguf"] = [1] }
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
}
