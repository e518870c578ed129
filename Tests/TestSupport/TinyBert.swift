public import Foundation
import GGUF

/// An embedding model with random weights over a WordPiece vocabulary of our own: one layer of width
/// 32, context 64.
public enum TinyBert {
    public static let contextLength = 64

    /// `[PAD]`, `[UNK]`, `[CLS]` and `[SEP]`, letters at the start and inside of words, some words
    /// and ends of words, and the full stop.
    public static let vocabulary: [String] = {
        let letters = "abcdefghijklmnopqrstuvwxyz".map { String($0) }
        return ["[PAD]", "[UNK]", "[CLS]", "[SEP]"] + letters.map { "▁" + $0 } + letters
            + ["▁hello", "▁hell", "▁wor", "ld", "lo", "▁."]
    }()

    /// Writes the model's file.
    ///
    /// - Parameter pooling: 1 mean, 2 of the first token, 3 of the last; nil: none.
    public static func write(to url: URL, pooling: UInt32? = 1) throws {
        var writer = GGUFWriter()
        let (width, inner) = (32, 48)
        let tokens = vocabulary
        writer.metadata["general.architecture"] = .string("bert")
        writer.metadata["general.name"] = .string("Tiny Encoder")
        for (key, value) in [
            ("block_count", 1), ("context_length", contextLength), ("embedding_length", width),
            ("feed_forward_length", inner), ("attention.head_count", 2),
        ] {
            writer.metadata["bert.\(key)"] = .uint32(UInt32(value))
        }
        writer.metadata["bert.attention.layer_norm_epsilon"] = .float32(1e-6)
        writer.metadata["bert.attention.causal"] = .bool(false)
        if let pooling { writer.metadata["bert.pooling_type"] = .uint32(pooling) }
        writer.metadata["tokenizer.ggml.model"] = .string("bert")
        writer.metadata["tokenizer.ggml.pre"] = .string("default")
        writer.metadata["tokenizer.ggml.tokens"] = .array(.strings(StringArray(tokens)))
        writer.metadata["tokenizer.ggml.token_type"] = .array(
            .int32(tokens.map { $0.hasPrefix("[") ? 3 : 1 }))
        writer.metadata["tokenizer.ggml.unknown_token_id"] = .uint32(1)
        writer.metadata["tokenizer.ggml.bos_token_id"] = .uint32(2)
        writer.metadata["tokenizer.ggml.seperator_token_id"] = .uint32(3)

        var state: UInt64 = 5
        func add(_ name: String, _ dimensions: [Int], around mean: Float = 0) {
            var values: [Float] = []
            for _ in 0..<dimensions.reduce(1, *) {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                values.append(mean + (Float(state >> 40) / Float(1 << 23) - 1) * 0.4)
            }
            let data = values
            writer.add(name, dimensions: dimensions, type: .f32) {
                data.withUnsafeBytes { Array($0) }
            }
        }
        func addNorm(_ name: String) {
            add(name + ".weight", [width], around: 1)
            add(name + ".bias", [width])
        }
        func addLayer(_ name: String, from columns: Int, to rows: Int) {
            add(name + ".weight", [columns, rows])
            add(name + ".bias", [rows])
        }
        add("token_embd.weight", [width, tokens.count])
        add("token_types.weight", [width, 2])
        add("position_embd.weight", [width, contextLength])
        addNorm("token_embd_norm")
        for part in ["q", "k", "v", "output"] {
            addLayer("blk.0.attn_\(part)", from: width, to: width)
        }
        addNorm("blk.0.attn_output_norm")
        addLayer("blk.0.ffn_up", from: width, to: inner)
        addLayer("blk.0.ffn_down", from: inner, to: width)
        addNorm("blk.0.layer_output_norm")
        try writer.write(to: url.path)
    }
}
