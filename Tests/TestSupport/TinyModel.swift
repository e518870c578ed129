public import Foundation
import GGUF

/// A language model with random weights, small enough to build for every test: two layers of width
/// 32 over the 256 bytes and three control tokens, context 512.
///
/// It talks nonsense, always the same and without an end: everything about serving can be tested
/// with it.
public enum TinyModel {
    public static let contextLength = 512
    /// Unlike the templates that importers know by heart.
    public static let template = """
        {#- A template of our own for a model that nobody trained. It says who speaks, then what is \
        said, and leaves the last turn open for the model to fill in. -#}
        {%- for m in messages %}{{- '<|im_start|>' + m['role'] + '\\n' + m['content'] + \
        '<|im_end|>\\n' }}{%- endfor %}{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' \
        }}{%- endif %}
        """

    /// Writes the model's file.
    ///
    /// - Parameters:
    ///   - seed: other seeds make other models.
    ///   - pooling: the file's pooling type; with one, the model makes embeddings.
    ///   - contextLength: what the file says of itself; answers end at ten times as many tokens.
    public static func write(
        to url: URL, seed: UInt64 = 1, pooling: UInt32? = nil,
        contextLength: Int = TinyModel.contextLength
    ) throws {
        var writer = GGUFWriter()
        let (width, hidden, layers, heads, keyHeads, head) = (32, 64, 2, 4, 2, 8)
        let tokens = vocabulary
        writer.metadata["general.architecture"] = .string("llama")
        writer.metadata["general.name"] = .string("Tiny Random")
        writer.metadata["llama.block_count"] = .uint32(UInt32(layers))
        writer.metadata["llama.context_length"] = .uint32(UInt32(contextLength))
        writer.metadata["llama.embedding_length"] = .uint32(UInt32(width))
        writer.metadata["llama.feed_forward_length"] = .uint32(UInt32(hidden))
        writer.metadata["llama.attention.head_count"] = .uint32(UInt32(heads))
        writer.metadata["llama.attention.head_count_kv"] = .uint32(UInt32(keyHeads))
        writer.metadata["llama.attention.layer_norm_rms_epsilon"] = .float32(1e-5)
        writer.metadata["llama.rope.freq_base"] = .float32(10000)
        writer.metadata["llama.rope.dimension_count"] = .uint32(UInt32(head))
        writer.metadata["llama.vocab_size"] = .uint32(UInt32(tokens.count))
        if let pooling { writer.metadata["llama.pooling_type"] = .uint32(pooling) }
        writer.metadata["tokenizer.ggml.model"] = .string("gpt2")
        writer.metadata["tokenizer.ggml.pre"] = .string("qwen2")
        writer.metadata["tokenizer.ggml.tokens"] = .array(.strings(StringArray(tokens)))
        writer.metadata["tokenizer.ggml.token_type"] = .array(
            .int32(tokens.map { $0.hasPrefix("<|") ? 3 : 1 }))
        writer.metadata["tokenizer.ggml.merges"] = .array(.strings(StringArray(["h e"])))
        writer.metadata["tokenizer.ggml.bos_token_id"] = .uint32(UInt32(tokens.count - 3))
        writer.metadata["tokenizer.ggml.eos_token_id"] = .uint32(UInt32(tokens.count - 2))
        writer.metadata["tokenizer.ggml.add_bos_token"] = .bool(false)
        writer.metadata["tokenizer.chat_template"] = .string(template)

        var state = seed
        func add(_ name: String, _ dimensions: [Int], scale: Float) {
            let start = state
            state &+= 0x9E37_79B9_7F4A_7C15
            writer.add(name, dimensions: dimensions, type: .f32) {
                randomFloats(dimensions.reduce(1, *), seed: start, scale: scale)
            }
        }
        func addOnes(_ name: String, _ count: Int) {
            writer.add(name, dimensions: [count], type: .f32) {
                [Float](repeating: 1, count: count).withUnsafeBytes { Array($0) }
            }
        }
        add("token_embd.weight", [width, tokens.count], scale: 1)
        addOnes("output_norm.weight", width)
        for layer in 0..<layers {
            let prefix = "blk.\(layer)."
            addOnes(prefix + "attn_norm.weight", width)
            add(prefix + "attn_q.weight", [width, heads * head], scale: 0.4)
            add(prefix + "attn_k.weight", [width, keyHeads * head], scale: 0.4)
            add(prefix + "attn_v.weight", [width, keyHeads * head], scale: 0.4)
            add(prefix + "attn_output.weight", [heads * head, width], scale: 0.4)
            addOnes(prefix + "ffn_norm.weight", width)
            add(prefix + "ffn_gate.weight", [width, hidden], scale: 0.3)
            add(prefix + "ffn_up.weight", [width, hidden], scale: 0.3)
            add(prefix + "ffn_down.weight", [hidden, width], scale: 0.3)
        }
        // Control tokens get no weight: their logits are 0, far below the best forty of the others, so
        // that an answer goes on until something else ends it.
        let last = state
        writer.add("output.weight", dimensions: [width, tokens.count], type: .f32) {
            let bytes = randomFloats(width * tokens.count, seed: last, scale: 0.5)
            let controls = 3 * width * MemoryLayout<Float>.size
            return bytes.dropLast(controls) + [UInt8](repeating: 0, count: controls)
        }
        try writer.write(to: url.path)
    }

    /// The 256 bytes in the spelling of byte-level vocabularies, one merged pair, and
    /// `<|im_start|>`, `<|im_end|>` (ends generation), `<|endoftext|>`.
    public static var vocabulary: [String] {
        var next: UInt32 = 256
        let bytes = (0..<256).map { byte -> String in
            let printable =
                (33...126).contains(byte) || (161...172).contains(byte)
                || (174...255).contains(byte)
            var scalar = UInt32(byte)
            if !printable {
                scalar = next
                next += 1
            }
            return String(Unicode.Scalar(scalar)!)
        }
        return bytes + ["he", "<|im_start|>", "<|im_end|>", "<|endoftext|>"]
    }

    /// Uniform in ±scale, little-endian bytes.
    private static func randomFloats(_ count: Int, seed: UInt64, scale: Float) -> [UInt8] {
        var state = seed
        let floats = (0..<count).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return (Float(state >> 40) / Float(1 << 23) - 1) * scale
        }
        return floats.withUnsafeBytes { Array($0) }
    }
}
