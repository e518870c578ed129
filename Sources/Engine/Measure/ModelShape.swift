import GGUF

/// Sizes of a public model.
struct ModelShape: Sendable {
    let name: String
    let architecture: String
    let layers: Int
    let width: Int
    let inner: Int
    let heads: Int
    let kvHeads: Int
    let contextLength: UInt32
    let ropeBase: Float
    let epsilon: Float
    let hasBias: Bool
    let vocabulary: Int

    static let all = [
        ModelShape(
            name: "qwen2.5-0.5b", architecture: "qwen2", layers: 24, width: 896, inner: 4864,
            heads: 14, kvHeads: 2, contextLength: 32768, ropeBase: 1e6, epsilon: 1e-6,
            hasBias: true, vocabulary: 151_936),
        ModelShape(
            name: "qwen2.5-1.5b", architecture: "qwen2", layers: 28, width: 1536, inner: 8960,
            heads: 12, kvHeads: 2, contextLength: 32768, ropeBase: 1e6, epsilon: 1e-6,
            hasBias: true, vocabulary: 151_936),
        ModelShape(
            name: "llama3.2-1b", architecture: "llama", layers: 16, width: 2048, inner: 8192,
            heads: 32, kvHeads: 8, contextLength: 131_072, ropeBase: 5e5, epsilon: 1e-5,
            hasBias: false, vocabulary: 128_256),
        ModelShape(
            name: "smollm2-135m", architecture: "llama", layers: 30, width: 576, inner: 1536,
            heads: 9, kvHeads: 3, contextLength: 8192, ropeBase: 1e5, epsilon: 1e-5,
            hasBias: false, vocabulary: 49_152),
    ]

    /// Everything but the vocabulary.
    var metadata: Metadata {
        var metadata = Metadata()
        metadata["general.architecture"] = .string(architecture)
        metadata["general.name"] = .string(name + " (random weights)")
        let values: [(String, MetadataValue)] = [
            ("context_length", .uint32(contextLength)),
            ("embedding_length", .uint32(UInt32(width))),
            ("block_count", .uint32(UInt32(layers))),
            ("feed_forward_length", .uint32(UInt32(inner))),
            ("attention.head_count", .uint32(UInt32(heads))),
            ("attention.head_count_kv", .uint32(UInt32(kvHeads))),
            ("attention.layer_norm_rms_epsilon", .float32(epsilon)),
            ("rope.freq_base", .float32(ropeBase)),
            ("vocab_size", .uint32(UInt32(vocabulary))),
        ]
        for (key, value) in values { metadata["\(architecture).\(key)"] = value }
        return metadata
    }

    /// A matrix or a vector of the model.
    struct Part {
        var name: String
        /// In GGUF order: columns, rows.
        var dimensions: [Int]
        /// What the values lie around.
        var mean: Float = 0
        var isMatrix: Bool { dimensions.count == 2 }
    }

    /// In the order of the file.
    ///
    /// - Parameter isTied: whether the table of tokens is the output as well.
    func parts(isTied: Bool) -> [Part] {
        let keyWidth = width / heads * kvHeads
        var parts = [
            Part(name: "token_embd.weight", dimensions: [width, vocabulary]),
            Part(name: "output_norm.weight", dimensions: [width], mean: 1),
        ]
        if !isTied { parts.append(Part(name: "output.weight", dimensions: [width, vocabulary])) }
        for layer in 0..<layers {
            func add(_ name: String, _ dimensions: [Int], mean: Float = 0) {
                parts.append(
                    Part(name: "blk.\(layer).\(name)", dimensions: dimensions, mean: mean))
            }
            add("attn_norm.weight", [width], mean: 1)
            add("ffn_norm.weight", [width], mean: 1)
            for (part, rows) in [("attn_q", width), ("attn_k", keyWidth), ("attn_v", keyWidth)] {
                add(part + ".weight", [width, rows])
                if hasBias { add(part + ".bias", [rows]) }
            }
            add("attn_output.weight", [width, width])
            add("ffn_gate.weight", [width, inner])
            add("ffn_up.weight", [width, inner])
            add("ffn_down.weight", [inner, width])
        }
        return parts
    }
}

// Here, so that the struct keeps its memberwise initialiser.
extension ModelShape {
    /// - Throws: ``EngineError`` `malformed` for an unknown name.
    init(named name: String) throws(EngineError) {
        guard let shape = Self.all.first(where: { $0.name == name }) else {
            throw EngineError(
                .malformed,
                "shape \"\(name)\": expected one of "
                    + Self.all.map(\.name).joined(separator: ", "))
        }
        self = shape
    }
}
