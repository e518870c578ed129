import API
import GGUF

extension CheckpointFamily {
    /// Gemma 3 for text: norms before and after, most layers attend to a window.
    static let gemma3 = CheckpointFamily(
        names: ["Gemma3ForCausalLM", "Gemma3TextModel"], architecture: "gemma3",
        layerNames: [
            "self_attn.q_norm": "attn_q_norm", "self_attn.k_norm": "attn_k_norm",
            "post_attention_layernorm": "post_attention_norm",
            "pre_feedforward_layernorm": "ffn_norm",
            "post_feedforward_layernorm": "post_ffw_norm",
        ],
        addsOneToNorms: true, tiesEmbeddings: true,
        activations: ["gelu_pytorch_tanh", "gelu_tanh"],
        rotationKind: "full_attention",
        extras: { (config, shape) throws(StoreError) in
            for key in ["attn_logit_softcapping", "final_logit_softcapping"]
            where try config.optionalFloat(key) != nil {
                throw StoreError(.malformed, "config.json: \(key) is not supported for gemma3")
            }
            let window = try config.integer("sliding_window", in: 1...(1 << 30))
            let kinds = config.json["rope_parameters"]
            let inside = try config.optionalFloat(
                "rope_theta", of: kinds?["sliding_attention"] ?? .null)
            let outside = try config.optionalFloat("rope_local_base_freq")
            let local = inside ?? outside ?? 10_000
            return [
                ("attention.sliding_window", .uint32(UInt32(window))),
                ("rope.freq_base_swa", .float32(Float(local))),
            ]
        })
}
