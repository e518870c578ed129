import GGUF

/// Sizes of a decoder as `config.json` gives them.
struct CheckpointShape {
    let contextLength: Int
    let width: Int
    let layerCount: Int
    let feedForwardLength: Int
    let headCount: Int
    let keyValueHeadCount: Int
    let headDimension: Int
    /// Whether the config gives the size of a head, which else follows from the width.
    let namesHeadDimension: Bool
    let normEpsilon: Double

    init(_ config: CheckpointConfig) throws(StoreError) {
        contextLength = try config.integer("max_position_embeddings", in: 1...(1 << 30))
        width = try config.integer("hidden_size", in: 1...(1 << 17))
        layerCount = try config.integer("num_hidden_layers", in: 1...1024)
        feedForwardLength = try config.integer("intermediate_size", in: 1...(1 << 20))
        headCount = try config.integer("num_attention_heads", in: 1...1024)
        keyValueHeadCount =
            try config.optionalInteger("num_key_value_heads", in: 1...1024) ?? headCount
        guard headCount % keyValueHeadCount == 0 else {
            throw StoreError(
                .malformed,
                "config.json: num_key_value_heads: \(headCount) heads cannot share "
                    + "\(keyValueHeadCount)")
        }
        let dimension = try config.optionalInteger("head_dim", in: 1...4096)
        namesHeadDimension = dimension != nil
        guard dimension != nil || width % headCount == 0 else {
            throw StoreError(
                .malformed,
                "config.json: hidden_size: \(width) is not a multiple of \(headCount) heads")
        }
        headDimension = dimension ?? width / headCount
        guard headDimension % 2 == 0 else {
            throw StoreError(.malformed, "config.json: head_dim: \(headDimension) is odd")
        }
        normEpsilon = try config.optionalFloat("rms_norm_eps") ?? 1e-6
    }

    /// Shape of a tensor by its GGUF name without the layer, slowest dimension first; nil for one that
    /// decoders of this kind do not have. -1 stands for the size of the vocabulary.
    func shape(of name: String) -> [Int]? {
        let queries = headCount * headDimension
        let keys = keyValueHeadCount * headDimension
        switch name {
        case "token_embd.weight", "output.weight": return [-1, width]
        case "attn_q.weight": return [queries, width]
        case "attn_k.weight", "attn_v.weight": return [keys, width]
        case "attn_output.weight": return [width, queries]
        case "ffn_gate.weight", "ffn_up.weight": return [feedForwardLength, width]
        case "ffn_down.weight": return [width, feedForwardLength]
        case "attn_q.bias": return [queries]
        case "attn_k.bias", "attn_v.bias": return [keys]
        case "ffn_gate.bias", "ffn_up.bias": return [feedForwardLength]
        case "attn_output.bias", "ffn_down.bias": return [width]
        case "attn_q_norm.weight", "attn_k_norm.weight": return [headDimension]
        case "output_norm.weight", "attn_norm.weight", "ffn_norm.weight",
            "post_attention_norm.weight", "post_ffw_norm.weight":
            return [width]
        default: return nil
        }
    }
}
