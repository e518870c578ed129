extension CheckpointFamily {
    /// Qwen 2 and 2.5: biases on queries, keys and values.
    static let qwen2 = CheckpointFamily(
        names: ["Qwen2ForCausalLM"], architecture: "qwen2",
        requiredBiases: ["attn_q", "attn_k", "attn_v"], contextLength: refusingWindows)

    /// Qwen 3 without experts: norms on the heads of queries and keys.
    static let qwen3 = CheckpointFamily(
        names: ["Qwen3ForCausalLM"], architecture: "qwen3",
        layerNames: ["self_attn.q_norm": "attn_q_norm", "self_attn.k_norm": "attn_k_norm"],
        contextLength: refusingWindows)

    @Sendable private static func refusingWindows(
        _ config: CheckpointConfig, _ shape: CheckpointShape
    ) throws(StoreError) -> Int {
        if try config.flag("use_sliding_window") {
            throw StoreError(.malformed, "config.json: use_sliding_window is not supported")
        }
        return shape.contextLength
    }
}
