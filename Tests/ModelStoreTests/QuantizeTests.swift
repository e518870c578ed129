import Foundation
import GGUF
import Synchronization
import Testing

@testable import ModelStore

/// A model of one block with matrices of 256 and of 32 columns, F16.
private func floatModel(fileType: UInt32 = 1) throws -> [UInt8] {
    var writer = GGUFWriter()
    writer.metadata["general.architecture"] = .string("llama")
    writer.metadata["general.file_type"] = .uint32(fileType)
    writer.metadata["llama.block_count"] = .uint32(1)
    func add(_ name: String, _ dimensions: [Int], _ type: TensorType) {
        let count = dimensions.reduce(1, *)
        writer.add(name, dimensions: dimensions, type: type) {
            (0..<count).flatMap { index -> [UInt8] in
                let value = Float(index * 7919 % 1009 - 504) / 504
                return type == .f32
                    ? withUnsafeBytes(of: value, Array.init)
                    : withUnsafeBytes(of: Float16(value), Array.init)
            }
        }
    }
    add("token_embd.weight", [256, 8], .f16)
    add("blk.0.attn_norm.weight", [256], .f32)
    add("blk.0.attn_q.weight", [256, 256], .f16)
    add("blk.0.attn_k.weight", [96, 4], .f16)
    add("blk.0.attn_v.weight", [256, 4], .f16)
    add("blk.0.ffn_down.weight", [96, 4], .f16)
    add("blk.0.ffn_gate_inp.weight", [256, 4], .f16)
    return try writer.bytes()
}

@Suite struct QuantizeTests {
    private func types(_ store: TemporaryStore, _ name: String) throws -> [String: String] {
        let model = try store.store.model(#require(ModelName(name)))
        let layer = try #require(model.manifest.layers.first { $0.kind == "model" })
        let file = try GGUFFile(path: store.store.blobs.path(layer.digest))
        return Dictionary(
            uniqueKeysWithValues: file.tensors.map { ($0.name, $0.type.description) })
    }

    @Test(arguments: [
        ("q4_K_M", "Q4_K_M", "Q6_K", "Q4_K", "Q5_0", "Q6_K", "Q8_0"),
        ("Q4_K", "Q4_K_M", "Q6_K", "Q4_K", "Q5_0", "Q6_K", "Q8_0"),
        ("Q4_K_S", "Q4_K_S", "Q6_K", "Q4_K", "Q5_0", "Q5_K", "Q5_0"),
        ("Q5_K_M", "Q5_K_M", "Q6_K", "Q5_K", "Q5_1", "Q6_K", "Q8_0"),
        ("q6_k", "Q6_K", "Q6_K", "Q6_K", "Q8_0", "Q6_K", "Q8_0"),
        ("q8_0", "Q8_0", "Q8_0", "Q8_0", "Q8_0", "Q8_0", "Q8_0"),
        ("q4_0", "Q4_0", "Q6_K", "Q4_0", "Q4_0", "Q4_0", "Q4_0"),
        ("bf16", "BF16", "BF16", "BF16", "BF16", "BF16", "BF16"),
    ])
    func `a mix chooses a format for each tensor`(
        _ mix: (String, String, String, String, String, String, String)
    ) throws {
        let store = try TemporaryStore()
        let digest = try store.upload(floatModel())
        try store.create("m", files: [("m.gguf", digest)]) { $0.quantize = mix.0 }
        let types = try types(store, "m")
        #expect(types["token_embd.weight"] == mix.2)
        #expect(types["blk.0.attn_q.weight"] == mix.3)
        #expect(types["blk.0.attn_k.weight"] == mix.4)
        #expect(types["blk.0.attn_v.weight"] == mix.5)
        #expect(types["blk.0.ffn_down.weight"] == mix.6)
        #expect(types["blk.0.attn_norm.weight"] == "F32")
        #expect(types["blk.0.ffn_gate_inp.weight"] == "F16")
        let model = try store.store.model(#require(ModelName("m")))
        #expect(model.config.fileType == mix.1)
    }

    @Test func `a parent's weights are quantised too`() throws {
        let store = try TemporaryStore()
        try store.create("base", files: [("m.gguf", store.upload(floatModel()))])
        try store.create("child", from: "base") { $0.quantize = "q8_0" }
        #expect(try types(store, "child")["blk.0.attn_q.weight"] == "Q8_0")
        #expect(try types(store, "base")["blk.0.attn_q.weight"] == "F16")
    }

    @Test func `what cannot be quantised is refused`() throws {
        let store = try TemporaryStore()
        let float = try store.upload(floatModel())
        #expect {
            try store.create("m", files: [("m.gguf", float)]) { $0.quantize = "nonsense" }
        } throws: {
            "\($0)"
                == "unsupported quantization type NONSENSE - supported types are F32, F16, Q4_K_S, Q4_K_M, Q8_0"
        }
        let packed = try store.upload(floatModel(fileType: 7))
        #expect {
            try store.create("m", files: [("m.gguf", packed)]) { $0.quantize = "q8_0" }
        } throws: {
            "\($0)" == "quantization is only supported for F16, BF16 and F32 models"
        }
    }

    @Test func `a cancelled create leaves nothing behind`() throws {
        let store = try TemporaryStore()
        let digest = try store.upload(floatModel())
        let before = Set(store.tree().keys)
        var request = CreateRequest()
        request.name = "m"
        request.files = [("m.gguf", digest)]
        request.quantize = "q4_K_M"
        let asked = Mutex(0)
        let watcher = CreateWatcher(isCancelled: {
            asked.withLock {
                $0 += 1
                return $0 > 3
            }
        })
        #expect(throws: StoreError.self) {
            try store.store.create(request, watcher: watcher) { _ in }
        }
        #expect(asked.withLock { $0 } == 4)
        #expect(Set(store.tree().keys) == before)
    }
}
