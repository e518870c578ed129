import API
import Foundation
import GGUF
import OrderedCollections
import TestSupport
import Testing

@testable import ModelStore

/// Checkpoints against the GGUF files that the reference made of them.
@Suite(.enabled(if: Golden.isPresent)) struct GoldenCheckpointTests {
    /// Keys that say nothing about the model, or that only other kinds of tokenizer heed.
    static let ignored: Set<String> = [
        // The name of the folder, which is not uploaded.
        "general.name",
        // The type of the matrices: the reference was told which to write.
        "general.file_type",
        "tokenizer.ggml.add_sep_token",
    ]

    static func upload(_ name: String, to store: TemporaryStore) throws -> [(
        path: String, digest: String
    )] {
        let folder = Golden.url("\(name)/hf")
        return try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted().map {
            (path: $0, digest: try store.upload(Golden.data("\(name)/hf/\($0)")))
        }
    }

    @Test(arguments: [
        ("archs/llama", "model"), ("archs/qwen3", "model"), ("archs/gemma3", "model"),
        ("models/tiny-chat", "tiny-chat.F16"),
    ])
    func `metadata and tensors are those of the reference`(_ name: String, _ file: String) throws {
        let store = try TemporaryStore()
        let lines = try store.create("m", files: Self.upload(name, to: store))
        let model = try store.store.model(#require(ModelName("m")))
        let layer = model.manifest.layers[0].digest
        #expect(lines.prefix(2) == ["converting model", "creating new layer \(layer)"])
        #expect(lines.suffix(2) == ["writing manifest", "success"])

        let made = try GGUFFile(path: #require(model.weightsPath))
        let reference = try GGUFFile(path: Golden.url("\(name)/\(file).gguf").path)
        for key in reference.metadata.keys where !Self.ignored.contains(key) {
            // Byte-level tokenizers never put a blank in front.
            if key == "tokenizer.ggml.add_space_prefix",
                try reference.metadata.string("tokenizer.ggml.model") == "gpt2"
            {
                continue
            }
            let found = try #require(made.metadata[key], "\(key)")
            #expect(describe(found) == describe(reference.metadata[key]!), "\(key)")
        }
        for key in made.metadata.keys where reference.metadata[key] == nil {
            Issue.record("key \(key) is not in the reference")
        }
        #expect(
            Set(made.tensors.map(\.name)) == Set(reference.tensors.map(\.name)))
        for wanted in reference.tensors {
            let tensor = try #require(made.tensor(wanted.name))
            #expect(tensor.dimensions == wanted.dimensions, "\(wanted.name)")
            var values = floats(made, tensor)
            if wanted.type == .f16 { values = values.map { Float(Float16($0)) } }
            #expect(values == floats(reference, wanted), "\(wanted.name)")
        }
        #expect(CanonicalGGUF(shards: [made]).isCanonical())
    }

    /// A checkpoint made backwards from the reference's file, since none is recorded.
    @Test func `a Mistral checkpoint becomes the reference's file`() throws {
        let reference = try GGUFFile(path: Golden.url("archs/mistral/model.gguf").path)
        var checkpoint = TinyCheckpoint("MistralForCausalLM")
        checkpoint.config = [
            "architectures": ["MistralForCausalLM"], "hidden_size": 64, "num_hidden_layers": 3,
            "intermediate_size": 160, "num_attention_heads": 4, "num_key_value_heads": 1,
            "head_dim": 24, "max_position_embeddings": 512, "rms_norm_eps": 1e-5,
            "vocab_size": 640, "rope_theta": 1000000.0, "hidden_act": "silu",
            "sliding_window": nil, "tie_word_embeddings": false, "bos_token_id": 1,
            "eos_token_id": 2,
        ]
        let names = [
            "token_embd": "model.embed_tokens", "output": "lm_head", "output_norm": "model.norm",
            "attn_norm": "input_layernorm", "ffn_norm": "post_attention_layernorm",
            "attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj",
            "attn_v": "self_attn.v_proj", "attn_output": "self_attn.o_proj",
            "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj", "ffn_down": "mlp.down_proj",
        ]
        checkpoint.tensors = try reference.tensors.map { tensor in
            let parts = tensor.name.split(separator: ".").map(String.init)
            let inner = try #require(names[parts[parts.count - 2]])
            let name = parts.count > 2 ? "model.layers.\(parts[1]).\(inner)" : inner
            var bytes = Array(reference.bytes(of: tensor))
            if inner.hasSuffix("q_proj") || inner.hasSuffix("k_proj") {
                // Even rows of a head are its first half, odd ones its second.
                let rows = stride(from: 0, to: bytes.count, by: 64 * 4).map {
                    bytes[$0..<($0 + 64 * 4)]
                }
                bytes = stride(from: 0, to: rows.count, by: 24).flatMap { head in
                    [0, 1].flatMap { half in
                        (0..<12).flatMap { rows[head + 2 * $0 + half] }
                    }
                }
            }
            return (name + ".weight", "F32", tensor.dimensions.reversed(), bytes)
        }
        let tokens = try #require(try reference.metadata.strings("tokenizer.ggml.tokens"))
        let scores = try #require(try reference.metadata.floats("tokenizer.ggml.scores"))
        let kinds = try #require(try reference.metadata.integers("tokenizer.ggml.token_type"))
        checkpoint.files = [
            "tokenizer.model": tokens.indices.flatMap { id in
                TinyCheckpoint.piece(tokens.bytes(at: id), scores[id], UInt8(kinds[id]))
            },
            "tokenizer_config.json": Array(
                """
                {"bos_token":"<s>","eos_token":"</s>","unk_token":"<unk>","add_bos_token":true,
                "add_eos_token":false}
                """.utf8),
        ]
        let made = try checkpoint.imported(in: TemporaryStore())
        for key in reference.metadata.keys where !Self.ignored.contains(key) {
            let found = try #require(made.metadata[key], "\(key)")
            #expect(describe(found) == describe(reference.metadata[key]!), "\(key)")
        }
        #expect(made.tensors.count == reference.tensors.count)
        for wanted in reference.tensors {
            let tensor = try #require(made.tensor(wanted.name))
            #expect(
                Array(made.bytes(of: tensor)) == Array(reference.bytes(of: wanted)),
                "\(wanted.name)")
        }
    }

    @Test func `the same checkpoint is the same blob`() throws {
        let store = try TemporaryStore()
        try store.create("a", files: Self.upload("archs/llama", to: store))
        let lines = try store.create("b", files: Self.upload("archs/llama", to: store))
        #expect(lines[1].hasPrefix("using existing layer sha256:"))
    }

    @Test func `a missing shard is named`() throws {
        let store = try TemporaryStore()
        let files = try Self.upload("archs/gemma3", to: store).filter {
            $0.path != "model-00002-of-00002.safetensors"
        }
        let error = #expect(throws: StoreError.self) { try store.create("m", files: files) }
        #expect(
            error?.description
                == "model.safetensors.index.json: model-00002-of-00002.safetensors is missing")
        #expect(error?.stage == .inStream)
    }
}

/// A value as text, long arrays in full.
func describe(_ value: MetadataValue) -> String {
    switch value {
    case .array(.strings(let strings)): "\(Array(strings))"
    case .float32(let value): "\(value)"
    default: "\(value)"
    }
}

/// The values of an F32, F16 or BF16 tensor, widened by means of this test's own.
func floats(_ file: GGUFFile, _ tensor: TensorInfo) -> [Float] {
    let bytes = Array(file.bytes(of: tensor))
    func word(_ index: Int) -> UInt16 {
        UInt16(bytes[2 * index]) | UInt16(bytes[2 * index + 1]) << 8
    }
    return (0..<tensor.elementCount).map { index in
        switch tensor.type {
        case .f32:
            Float(
                bitPattern: UInt32(word(2 * index)) | UInt32(word(2 * index + 1)) << 16)
        case .f16: Float(Float16(bitPattern: word(index)))
        default: Float(bitPattern: UInt32(word(index)) << 16)
        }
    }
}
