import API
import GGUF

/// How checkpoints of one family become GGUF: their names, and what differs from plain decoders.
struct CheckpointFamily: Sendable {
    /// Values of `architectures` in `config.json`.
    let names: [String]
    /// `general.architecture`.
    let architecture: String
    /// Names of a layer's tensors beyond those of every decoder, and their GGUF names; `.weight` and
    /// `.bias` aside. They come before the common ones.
    var layerNames: [String: String] = [:]
    /// GGUF names of a layer's matrices that may have a bias; of those in ``requiredBiases`` each must.
    var biases: Set<String> = []
    var requiredBiases: Set<String> = []
    /// Rotation pairs the two halves of a head in the checkpoint, neighbours in GGUF: rows of queries
    /// and keys change places.
    var interleavesHeads = false
    /// Norms are stored without the one that they add to their weight.
    var addsOneToNorms = false
    /// Whether `output.weight` is left out when the config says nothing.
    var tiesEmbeddings = false
    /// Values of `hidden_act` or `hidden_activation` that the architecture computes.
    var activations = ["silu", "swish"]
    /// Member of `rope_parameters` that holds the values of ordinary layers.
    var rotationKind: String?
    /// Metadata of the family's own, by keys without the architecture.
    var extras:
        @Sendable (
            _ config: CheckpointConfig, _ shape: CheckpointShape
        ) throws(StoreError) -> [(String, MetadataValue)] = {
            (_, _) throws(StoreError) in []
        }
    /// Positions that the model can tell apart.
    var contextLength:
        @Sendable (_ config: CheckpointConfig, _ shape: CheckpointShape) throws(StoreError) -> Int =
            {
                (_, shape) throws(StoreError) in shape.contextLength
            }

    static let all: [CheckpointFamily] = [.llama, .mistral, .qwen2, .qwen3, .gemma3]

    /// Names for which a checkpoint could be meant, though nothing here makes a GGUF file of them.
    private static let others = [
        "Llama", "Mllama", "Mistral", "Ministral", "Mixtral", "Gemma", "Phi", "Qwen", "Olmo",
        "Bert",
        "NomicBert", "Cohere", "GptOss", "Deepseek", "Glm", "Lfm", "Laguna", "Nemotron",
    ]

    /// - Throws: malformed that names an architecture which cannot be imported.
    static func named(_ name: String) throws(StoreError) -> CheckpointFamily {
        if let family = all.first(where: { $0.names.contains(name) }) { return family }
        guard others.contains(where: name.hasPrefix) else {
            throw StoreError(.malformed, "unsupported architecture \"\(name)\"")
        }
        throw StoreError(
            .malformed,
            "safetensors of architecture \"\(name)\" cannot be imported; give the model as GGUF")
    }

    private static let commonLayerNames = [
        "input_layernorm": "attn_norm", "post_attention_layernorm": "ffn_norm",
        "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v",
        "self_attn.o_proj": "attn_output", "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up",
        "mlp.down_proj": "ffn_down",
    ]

    /// What the name of a checkpoint's tensor means.
    enum Place: Equatable {
        /// A tensor outside of the layers, or of one layer, by its GGUF name without the layer.
        case tensor(String, layer: Int?)
        /// Values that follow from the config.
        case derived
        case unknown
    }

    func place(of name: String) -> Place {
        let plain = name.hasPrefix("model.") ? String(name.dropFirst("model.".count)) : name
        switch plain {
        case "embed_tokens.weight": return .tensor("token_embd.weight", layer: nil)
        case "norm.weight": return .tensor("output_norm.weight", layer: nil)
        case "lm_head.weight": return .tensor("output.weight", layer: nil)
        default: break
        }
        if plain.hasSuffix("rotary_emb.inv_freq") { return .derived }
        let parts = plain.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count >= 4, parts[0] == "layers", let layer = Int(parts[1]), layer >= 0,
            let kind = parts.last, kind == "weight" || kind == "bias"
        else { return .unknown }
        let inner = parts[2..<(parts.count - 1)].joined(separator: ".")
        guard let known = layerNames[inner] ?? Self.commonLayerNames[inner],
            kind == "weight" || biases.contains(known) || requiredBiases.contains(known)
        else { return .unknown }
        return .tensor("\(known).\(kind)", layer: layer)
    }

    /// Tensors that a layer cannot do without, by their GGUF names.
    var requiredOfLayers: [String] {
        var names = Self.commonLayerNames
        names.merge(layerNames) { $1 }
        return names.values.map { $0 + ".weight" }.sorted()
            + requiredBiases.sorted().map { $0 + ".bias" }
    }

    /// The family's metadata, in the order of the reference.
    func metadata(
        _ config: CheckpointConfig, _ shape: CheckpointShape, _ rotation: CheckpointRotation
    ) throws(StoreError) -> [(String, MetadataValue)] {
        let activation = (config.json["hidden_act"] ?? config.json["hidden_activation"])?.string
        if let activation, !activations.contains(activation) {
            throw StoreError(
                .malformed,
                "config.json: activation \"\(activation)\" is not the one of \(architecture)")
        }
        var pairs: [(String, MetadataValue)] = [
            ("block_count", .uint32(UInt32(shape.layerCount))),
            ("context_length", .uint32(UInt32(try contextLength(config, shape)))),
            ("embedding_length", .uint32(UInt32(shape.width))),
            ("feed_forward_length", .uint32(UInt32(shape.feedForwardLength))),
            ("attention.head_count", .uint32(UInt32(shape.headCount))),
            ("attention.head_count_kv", .uint32(UInt32(shape.keyValueHeadCount))),
        ]
        switch rotation.scaling {
        case .none, .byWavelength: break
        case .linear(let factor):
            pairs += [
                ("rope.scaling.type", .string("linear")),
                ("rope.scaling.factor", .float32(Float(factor))),
            ]
        case .yarn(let factor, let context):
            pairs += [
                ("rope.scaling.type", .string("yarn")),
                ("rope.scaling.factor", .float32(Float(factor))),
                ("rope.scaling.original_context_length", .uint32(UInt32(clamping: context))),
            ]
        }
        pairs.append(("rope.freq_base", .float32(Float(rotation.base))))
        pairs.append(("attention.layer_norm_rms_epsilon", .float32(Float(shape.normEpsilon))))
        if shape.namesHeadDimension {
            pairs.append(("attention.key_length", .uint32(UInt32(shape.headDimension))))
            pairs.append(("attention.value_length", .uint32(UInt32(shape.headDimension))))
        }
        pairs += try extras(config, shape)
        return pairs.map { ("\(architecture).\($0)", $1) }
    }
}
