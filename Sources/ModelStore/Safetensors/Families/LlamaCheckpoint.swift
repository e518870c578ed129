import GGUF

extension CheckpointFamily {
    /// Llama 1 to 3 and models of their shape.
    static let llama = CheckpointFamily(
        names: ["LlamaForCausalLM", "LLaMAForCausalLM"], architecture: "llama",
        biases: [
            "attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down",
        ],
        interleavesHeads: true, extras: llamaExtras)

    /// Mistral without experts. Those of the first version attend to a window of positions only; within
    /// its length that makes no difference, so the context ends there.
    static let mistral = CheckpointFamily(
        names: ["MistralForCausalLM"], architecture: "llama", interleavesHeads: true,
        extras: llamaExtras,
        contextLength: { (config, shape) throws(StoreError) in
            let window = try config.optionalInteger("sliding_window", in: 1...(1 << 30))
            return min(shape.contextLength, window ?? .max)
        })

    @Sendable private static func llamaExtras(
        _ config: CheckpointConfig, _ shape: CheckpointShape
    ) throws(StoreError) -> [(String, MetadataValue)] {
        let size = try config.integer("vocab_size", in: 1...(1 << 24))
        return [
            ("vocab_size", .uint32(UInt32(size))),
            ("rope.dimension_count", .uint32(UInt32(shape.headDimension))),
        ]
    }
}
