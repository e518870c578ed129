import API
import Foundation
import GGUF
import Testing

@testable import ModelStore

/// Files of a small checkpoint, by name; parts can be changed before they are uploaded.
struct TinyCheckpoint {
    var config: JSONObject
    /// Tensors of `model.safetensors`.
    var tensors: [(name: String, type: String, shape: [Int], bytes: [UInt8])] = []
    var files: [String: [UInt8]] = [:]

    static let width = 8, heads = 2, keyHeads = 1, hidden = 12, rows = 16

    /// One layer of random F32 weights with a byte-level vocabulary of 12 tokens and 16 rows.
    init(_ architecture: String = "LlamaForCausalLM", seed: UInt64 = 1) {
        config = [
            "architectures": [.string(architecture)], "hidden_size": 8, "num_hidden_layers": 1,
            "intermediate_size": 12, "num_attention_heads": 2, "num_key_value_heads": 1,
            "max_position_embeddings": 64, "rms_norm_eps": 1e-5, "vocab_size": 16,
            "rope_theta": 10000.0, "hidden_act": "silu", "tie_word_embeddings": false,
            "eos_token_id": 11,
        ]
        var state = seed
        func random(_ count: Int) -> [UInt8] {
            (0..<count).flatMap { _ in
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                let value = Float(Int32(truncatingIfNeeded: state >> 32)) / Float(1 << 32)
                return withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) }
            }
        }
        func add(_ name: String, _ shape: [Int]) {
            tensors.append((name, "F32", shape, random(shape.reduce(1, *))))
        }
        add("model.embed_tokens.weight", [16, 8])
        add("lm_head.weight", [16, 8])
        add("model.norm.weight", [8])
        for (name, shape) in [
            ("input_layernorm", [8]), ("post_attention_layernorm", [8]),
            ("self_attn.q_proj", [8, 8]), ("self_attn.k_proj", [4, 8]),
            ("self_attn.v_proj", [4, 8]), ("self_attn.o_proj", [8, 8]),
            ("mlp.gate_proj", [12, 8]), ("mlp.up_proj", [12, 8]), ("mlp.down_proj", [8, 12]),
        ] {
            add("model.layers.0.\(name).weight", shape)
        }
        let vocabulary = "abcdefghij".enumerated().map { "\"\($1)\":\($0)" }.joined(separator: ",")
        files["tokenizer.json"] = Array(
            """
            {"version":"1.0","added_tokens":[{"id":11,"content":"<|end|>","special":true}],
            "pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false,"use_regex":true},
            "model":{"type":"BPE","vocab":{\(vocabulary),"ab":10},"merges":["a b"]}}
            """.utf8)
    }

    /// Header and data, one tensor after the other.
    static func safetensors(
        _ tensors: [(name: String, type: String, shape: [Int], bytes: [UInt8])]
    ) -> [UInt8] {
        var offset = 0
        var entries: [String] = []
        for tensor in tensors {
            let end = offset + tensor.bytes.count
            entries.append(
                """
                "\(tensor.name)":{"dtype":"\(tensor.type)","shape":\(tensor.shape),\
                "data_offsets":[\(offset),\(end)]}
                """)
            offset = end
        }
        return file(header: "{\(entries.joined(separator: ","))}", data: tensors.flatMap(\.bytes))
    }

    static func file(header: String, data: [UInt8]) -> [UInt8] {
        withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) }
            + Array(header.utf8) + data
    }

    /// A piece as `tokenizer.model` has it.
    static func piece(_ text: [UInt8], _ score: Float, _ kind: UInt8?) -> [UInt8] {
        var inner: [UInt8] = [0x0A, UInt8(text.count)] + text
        inner += [0x15] + withUnsafeBytes(of: score.bitPattern.littleEndian) { Array($0) }
        if let kind { inner += [0x18, kind] }
        return [0x0A, UInt8(inner.count)] + inner
    }

    mutating func replace(
        _ name: String, type: String? = nil, shape: [Int]? = nil, bytes: [UInt8]? = nil
    ) {
        let index = tensors.firstIndex { $0.name == name }!
        tensors[index].type = type ?? tensors[index].type
        tensors[index].shape = shape ?? tensors[index].shape
        tensors[index].bytes = bytes ?? tensors[index].bytes
    }

    func upload(to store: TemporaryStore) throws -> [(path: String, digest: String)] {
        var files = files
        files["config.json"] = files["config.json"] ?? JSONValue.object(config).serializedBytes
        if files["model.safetensors"] == nil {
            files["model.safetensors"] = Self.safetensors(tensors)
        }
        return try files.sorted { $0.key < $1.key }.map {
            (path: $0.key, digest: try store.upload($0.value))
        }
    }

    /// The GGUF file that a create makes of the checkpoint.
    func imported(in store: TemporaryStore) throws -> GGUFFile {
        try store.create("m", files: upload(to: store))
        let model = try store.store.model(ModelName("m")!)
        return try GGUFFile(path: model.weightsPath!)
    }
}

/// The error when a changed checkpoint is imported; nothing may stay behind.
func importFailure(
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
