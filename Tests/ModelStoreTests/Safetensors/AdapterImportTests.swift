import API
import Foundation
import GGUF
import Testing

@testable import ModelStore

/// LoRA files of training libraries over the small checkpoint.
@Suite struct AdapterImportTests {
    /// Matrices of rank 3 for some modules of the only layer.
    struct TinyAdapter {
        typealias Tensor = (name: String, type: String, shape: [Int], bytes: [UInt8])
        static let modules: [(name: String, rows: Int, columns: Int)] = [
            ("self_attn.q_proj", 8, 8), ("self_attn.k_proj", 4, 8), ("self_attn.v_proj", 4, 8),
            ("mlp.down_proj", 8, 12),
        ]
        static let rank = 3

        var config: JSONObject = [
            "peft_type": "LORA", "r": 3, "lora_alpha": 6, "bias": "none", "use_dora": false,
            "modules_to_save": .null, "target_modules": ["q_proj"], "rank_pattern": .object([:]),
        ]
        var tensors: [Tensor] = []

        init(isPEFT: Bool = true) {
            for (name, rows, columns) in Self.modules {
                let (down, up) = Self.values(name, rows, columns)
                let full = "model.layers.0.\(name)"
                if isPEFT {
                    add("base_model.model.\(full).lora_A.weight", [Self.rank, columns], down)
                    add("base_model.model.\(full).lora_B.weight", [rows, Self.rank], up)
                } else {
                    add("\(full).lora_a", [columns, Self.rank], transposed(down, columns))
                    add("\(full).lora_b", [Self.rank, rows], transposed(up, Self.rank))
                }
            }
            if !isPEFT {
                config = [
                    "fine_tune_type": "lora", "lora_parameters": ["rank": 3, "scale": 2.0],
                ]
            }
        }

        private mutating func add(_ name: String, _ shape: [Int], _ values: [Float]) {
            tensors.append((name, "F32", shape, values.withUnsafeBytes { Array($0) }))
        }

        private func transposed(_ values: [Float], _ columns: Int) -> [Float] {
            (0..<columns).flatMap { column in
                stride(from: column, to: values.count, by: columns).map { values[$0] }
            }
        }

        /// (rank, columns) and (rows, rank), rows first.
        static func values(_ name: String, _ rows: Int, _ columns: Int) -> ([Float], [Float]) {
            let start = name.utf8.reduce(0) { $0 + Int($1) }
            return (
                (0..<rank * columns).map { Float((start + $0 * 7) % 11) / 8 - 0.5 },
                (0..<rows * rank).map { Float((start + $0 * 5) % 13) / 8 - 0.75 }
            )
        }

        func upload(to store: TemporaryStore) throws -> [(path: String, digest: String)] {
            [
                (
                    "adapter_model.safetensors",
                    try store.upload(TinyCheckpoint.safetensors(tensors))
                ),
                (
                    "adapter_config.json",
                    try store.upload(JSONValue.object(config).serializedBytes)
                ),
            ]
        }
    }

    /// The GGUF file of the adapter layer over the small checkpoint.
    private static func imported(
        _ adapter: TinyAdapter, over checkpoint: TinyCheckpoint = TinyCheckpoint()
    ) throws -> (base: GGUFFile, adapter: GGUFFile, lines: [String]) {
        let store = try TemporaryStore()
        let base = try checkpoint.imported(in: store)
        let files = try adapter.upload(to: store)
        let lines = try store.create("adapted", from: "m") { $0.adapters = files }
        let model = try store.store.model(#require(ModelName("adapted")))
        return (base, try GGUFFile(path: #require(model.adapterPaths.first)), lines)
    }

    private static func floats(_ file: GGUFFile, _ name: String) throws -> [Float] {
        let tensor = try #require(file.tensor(name))
        #expect(tensor.type == .f32)
        return Array(file.bytes(of: tensor).bindMemory(to: Float.self))
    }

    @Test("the products belong to the rows that the model's matrices have")
    func merged() throws {
        let (base, adapter, lines) = try Self.imported(TinyAdapter())
        #expect(lines.first == "converting adapter")
        #expect(lines.count { $0.hasPrefix("creating new layer") } == 1)
        #expect(try adapter.metadata.string("general.type") == "adapter")
        #expect(try adapter.metadata.string("adapter.type") == "lora")
        #expect(try adapter.metadata.float("adapter.lora.alpha") == 6)
        #expect(adapter.tensors.count == 8)

        // The same products added to the checkpoint before it is imported.
        var checkpoint = TinyCheckpoint()
        for (name, rows, columns) in TinyAdapter.modules {
            let (down, up) = TinyAdapter.values(name, rows, columns)
            let full = "model.layers.0.\(name).weight"
            let index = try #require(checkpoint.tensors.firstIndex { $0.name == full })
            var values = checkpoint.tensors[index].bytes.withUnsafeBytes {
                Array($0.bindMemory(to: Float.self))
            }
            for row in 0..<rows {
                for column in 0..<columns {
                    for rank in 0..<3 {
                        values[row * columns + column] +=
                            2 * up[row * 3 + rank] * down[rank * columns + column]
                    }
                }
            }
            checkpoint.replace(full, bytes: values.withUnsafeBytes { Array($0) })
        }
        let merged = try checkpoint.imported(in: TemporaryStore())
        for (name, rows, columns) in [
            ("attn_q", 8, 8), ("attn_k", 4, 8), ("attn_v", 4, 8), ("ffn_down", 8, 12),
        ] {
            let full = "blk.0.\(name).weight"
            var values = try Self.floats(base, full)
            let down = try Self.floats(adapter, full + ".lora_a")
            let up = try Self.floats(adapter, full + ".lora_b")
            #expect(adapter.tensor(full + ".lora_a")?.dimensions == [columns, 3])
            #expect(adapter.tensor(full + ".lora_b")?.dimensions == [3, rows])
            for row in 0..<rows {
                for column in 0..<columns {
                    for rank in 0..<3 {
                        values[row * columns + column] +=
                            2 * up[row * 3 + rank] * down[rank * columns + column]
                    }
                }
            }
            for (found, wanted) in zip(values, try Self.floats(merged, full)) {
                #expect(abs(found - wanted) < 1e-5)
            }
        }
    }

    @Test("both libraries' files become the same")
    func libraries() throws {
        let first = try Self.imported(TinyAdapter()).adapter
        let second = try Self.imported(TinyAdapter(isPEFT: false)).adapter
        #expect(first.tensors.map(\.name) == second.tensors.map(\.name))
        #expect(try second.metadata.float("adapter.lora.alpha") == 6)
        for tensor in first.tensors {
            #expect(try Self.floats(first, tensor.name) == Self.floats(second, tensor.name))
        }
    }

    @Test("the strength is alpha over the rank, over its root, or a factor")
    func strength() throws {
        var adapter = TinyAdapter()
        adapter.config["use_rslora"] = true
        let root = try Self.imported(adapter).adapter.metadata.float("adapter.lora.alpha")
        #expect(abs(try #require(root) - 6 * Float(3).squareRoot()) < 1e-5)
        adapter.config["use_rslora"] = nil
        adapter.config["lora_parameters"] = ["alpha": 9]
        #expect(try Self.imported(adapter).adapter.metadata.float("adapter.lora.alpha") == 9)
    }

    private static func refusal(
        _ architecture: String = "LlamaForCausalLM", _ change: (inout TinyAdapter) -> Void
    ) throws -> String? {
        let store = try TemporaryStore()
        _ = try TinyCheckpoint(architecture).imported(in: store)
        var adapter = TinyAdapter()
        change(&adapter)
        let files = try adapter.upload(to: store)
        let before = store.blobCount
        let error = #expect(throws: StoreError.self) {
            try store.create("adapted", from: "m") { $0.adapters = files }
        }
        #expect(store.blobCount == before, "something was left behind")
        return error?.description
    }

    @Test("what is no plain LoRA is refused by its key")
    func kinds() throws {
        for (key, value, text) in [
            ("peft_type", "IA3" as JSONValue, "\"IA3\""), ("use_dora", true, "true"),
            ("fan_in_fan_out", true, "true"), ("bias", "all", "\"all\""),
            ("modules_to_save", ["lm_head"], "[\"lm_head\"]"),
            ("alpha_pattern", ["q_proj": 4], "{\"q_proj\":4}"),
            ("fine_tune_type", "dora", "\"dora\""),
            ("init_lora_weights", "pissa_niter_4", "\"pissa_niter_4\""),
        ] {
            #expect(
                try Self.refusal { $0.config[key] = value }
                    == "adapter_config.json: \(key): \(text) is not supported")
        }
        #expect(
            try Self.refusal { $0.config["lora_alpha"] = nil }
                == "adapter_config.json: lora_alpha is missing")
        #expect(
            try Self.refusal { $0.config["lora_alpha"] = -1 }
                == "adapter_config.json: lora_alpha: expected a positive number, found -1")
    }

    @Test("tensors that do not fit are refused by their names and shapes")
    func tensors() throws {
        let name = "base_model.model.model.layers.0.self_attn.q_proj.lora_"
        func zeros(_ full: String, _ shape: [Int]) -> TinyAdapter.Tensor {
            (full, "F32", shape, [UInt8](repeating: 0, count: shape.reduce(4, *)))
        }
        #expect(
            try Self.refusal { $0.tensors[0] = zeros(name + "A.weight", [3, 9]) }
                == "adapter tensor \"\(name)A.weight\": [3, 9] does not fit "
                + "\"blk.0.attn_q.weight\" of [8, 8] at rank 3")
        #expect(
            try Self.refusal { $0.tensors[1] = zeros(name + "B.weight", [8, 2]) }
                == "adapter tensor \"\(name)B.weight\": [8, 2] does not fit "
                + "\"blk.0.attn_q.weight\" of [8, 8] at rank 3")
        #expect(
            try Self.refusal { $0.tensors.remove(at: 1) }
                == "adapter tensor \"\(name)A.weight\" lacks its lora_B")
        #expect(
            try Self.refusal { $0.tensors.append(zeros("x.lora_magnitude_vector", [8])) }
                == "adapter tensor \"x.lora_magnitude_vector\" is not known for llama")
        let far = "model.layers.4.mlp.up_proj.lora_A.weight"
        #expect(
            try Self.refusal {
                $0.tensors += [
                    zeros(far, [3, 8]), zeros("model.layers.4.mlp.up_proj.lora_B.weight", [12, 3]),
                ]
            } == "adapter tensor \"\(far)\": the model has no \"blk.4.ffn_up.weight\"")
        #expect(try Self.refusal { $0.tensors = [] } == "the adapter holds no tensors")
        #expect(
            try Self.refusal {
                $0.config["use_rslora"] = true
                $0.tensors[6] = zeros($0.tensors[6].name, [2, 12])
                $0.tensors[7] = zeros($0.tensors[7].name, [8, 2])
            }?.hasPrefix("adapter_config.json: ranks ") == true)
    }

    @Test("families whose checkpoints are read take adapters too")
    func families() throws {
        let base = try Self.imported(TinyAdapter()).base
        #expect(try base.metadata.architecture == "llama")
        let store = try TemporaryStore()
        try store.create(
            "other", files: [("m.gguf", store.upload(smallGGUF(architecture: "phi3")))])
        let files = try TinyAdapter().upload(to: store)
        let error = #expect(throws: StoreError.self) {
            try store.create("adapted", from: "other") { $0.adapters = files }
        }
        #expect(
            error?.description
                == "safetensors adapters for architecture \"phi3\" cannot be imported; give the "
                + "adapter as GGUF")
    }

    @Test("a Modelfile names a folder or the file in it; a second adapter is refused")
    func modelfile() throws {
        let folder = NSTemporaryDirectory() + "apus-adapter-" + UUID().uuidString
        try FileManager.default.createDirectory(
            atPath: folder + "/lora", withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for name in ["adapter_model.safetensors", "adapter_config.json", "tokenizer.json"] {
            try Data(name.utf8).write(to: URL(filePath: "\(folder)/lora/\(name)"))
        }
        for path in ["./lora", "lora/adapter_model.safetensors"] {
            let modelfile = try Modelfile(parsing: Array("FROM m\nADAPTER \(path)\n".utf8))
            let request = try modelfile.createRequest(relativeTo: folder).request
            #expect(
                request.adapters?.map(\.path) == [
                    "adapter_model.safetensors", "adapter_config.json",
                ])
        }
        let two = try Modelfile(parsing: Array("FROM m\nADAPTER lora\nADAPTER lora\n".utf8))
        let error = #expect(throws: StoreError.self) { try two.createRequest(relativeTo: folder) }
        #expect(error?.description == "only one adapter is currently supported")
        try FileManager.default.removeItem(atPath: folder + "/lora/adapter_config.json")
        let bare = try Modelfile(parsing: Array("FROM m\nADAPTER lora\n".utf8))
        #expect(throws: StoreError.self) { try bare.createRequest(relativeTo: folder) }
    }
}
