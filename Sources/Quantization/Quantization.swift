public import GGUF

/// A way to store a whole model: the format of most matrices and the rules for the others.
///
/// This module stands below the store, which quantises while it imports, and beside the engine,
/// which only reads: both share the formats of CKernels.
public struct Quantization: Sendable, Hashable, CustomStringConvertible {
    /// `Q4_K_M`.
    public let name: String
    /// `general.file_type`.
    public let fileType: UInt32
    /// The format of the matrices that no rule singles out.
    public let base: TensorType

    public var description: String { name }
    var isFloat: Bool { [.f32, .f16, .bf16].contains(base) }
    private var isMedium: Bool { name.utf8.last == UInt8(ascii: "M") }
    private var isSmall: Bool { name.utf8.last == UInt8(ascii: "S") }

    public static let all: [Quantization] = [
        .init(name: "F32", fileType: 0, base: .f32), .init(name: "F16", fileType: 1, base: .f16),
        .init(name: "BF16", fileType: 32, base: .bf16),
        .init(name: "Q8_0", fileType: 7, base: .q8_0),
        .init(name: "Q4_0", fileType: 2, base: .q4_0),
        .init(name: "Q4_1", fileType: 3, base: .q4_1),
        .init(name: "Q5_0", fileType: 8, base: .q5_0),
        .init(name: "Q5_1", fileType: 9, base: .q5_1),
        .init(name: "Q4_K_S", fileType: 14, base: .q4_K),
        .init(name: "Q4_K_M", fileType: 15, base: .q4_K),
        .init(name: "Q5_K_S", fileType: 16, base: .q5_K),
        .init(name: "Q5_K_M", fileType: 17, base: .q5_K),
        .init(name: "Q6_K", fileType: 18, base: .q6_K),
    ]

    private init(name: String, fileType: UInt32, base: TensorType) {
        self.name = name
        self.fileType = fileType
        self.base = base
    }

    /// Upper or lower case; `Q4_K` and `Q5_K` mean their medium mixes.
    public init?(named text: String) {
        var name = text.uppercased()
        if name == "Q4_K" || name == "Q5_K" { name += "_M" }
        guard let found = Self.all.first(where: { $0.name == name }) else { return nil }
        self = found
    }

    /// The formats of a model's tensors, in their order.
    ///
    /// Vectors, norms, routers, vision towers and small recurrent weights keep their type, and so
    /// does everything that is not F32, F16 or BF16.
    ///
    /// - Parameter tensors: ordered by block.
    /// - Throws: GGUFError for metadata of a wrong type.
    public func types(
        of tensors: [TensorInfo], metadata: Metadata
    ) throws(GGUFError) -> [TensorType] {
        let architecture = try metadata.architecture
        let experts = try metadata.integer(architecture + ".expert_count") ?? 1
        let blocks = try metadata.integer(architecture + ".block_count") ?? 0
        let heads = try metadata.integer(architecture + ".attention.head_count")
        let isLlama70B: Bool
        if architecture == "llama", blocks == 80 {
            let shared = try metadata.integer(architecture + ".attention.head_count_kv") ?? heads
            isLlama70B = shared != heads
        } else {
            isLlama70B = false
        }
        let hasOutput = tensors.contains { $0.name == "output.weight" }
        let values = tensors.count { tensor in
            ["attn_v.weight", "attn_qkv.weight", "attn_kv_b.weight"].contains(where: tensor.has)
        }
        var valueIndex = 0
        var types: [TensorType] = []
        for tensor in tensors {
            guard [.f32, .f16, .bf16].contains(tensor.type), tensor.isQuantizable else {
                types.append(tensor.type)
                continue
            }
            if isFloat {
                types.append(base)
                continue
            }
            let row = tensor.dimensions.first ?? 1
            var type = base
            if tensor.name == "output.weight" || (!hasOutput && tensor.name == "token_embd.weight")
            {
                type = row % base.blockSize != 0 || base == .q8_0 ? .q8_0 : .q6_K
            } else if tensor.has("attn_v.weight") {
                if isMedium, Self.usesMoreBits(valueIndex, of: values) {
                    type = .q6_K
                } else if name == "Q4_K_S", valueIndex < 4 {
                    type = .q5_K
                }
                if isLlama70B, type == .q4_K { type = .q5_K }
                if experts == 8 { type = .q8_0 }
                valueIndex += 1
            } else if tensor.has("attn_k.weight") {
                if experts == 8 { type = .q8_0 }
            } else if ["attn_k_b.", "attn_v_b.", "attn_kv_a_mqa.", "attn_q_a.", "attn_q_b."]
                .contains(where: tensor.has)
            {
                // Latent attention suffers from few bits.
                type = .q8_0
            } else if tensor.has("ffn_down") {
                let block = tensor.block ?? 0
                if isMedium, Self.usesMoreBits(block, of: blocks) {
                    type = .q6_K
                } else if name == "Q4_K_S", block < blocks / 8 {
                    type = .q5_K
                }
            } else if tensor.has("attn_output.weight") {
                if experts == 8, base == .q4_K { type = .q5_K }
            } else if tensor.has("attn_qkv.weight") {
                if isMedium { type = base == .q4_K ? .q5_K : .q6_K }
            }
            types.append(Self.fitting(type, row: row))
        }
        return types
    }

    /// The first and last eighth of the layers and every third between.
    private static func usesMoreBits(_ index: Int, of count: Int) -> Bool {
        index < count / 8 || index >= 7 * count / 8 || (index - count / 8) % 3 == 2
    }

    /// A format whose blocks fill a row, the wanted one where it can be.
    private static func fitting(_ type: TensorType, row: Int) -> TensorType {
        if row % type.blockSize == 0 { return type }
        let other: TensorType =
            switch type {
            case .q4_K: .q5_0
            case .q5_K: .q5_1
            case .q6_K: .q8_0
            default: .f16
            }
        return row % other.blockSize == 0 ? other : .f16
    }
}

extension TensorInfo {
    fileprivate func has(_ part: String) -> Bool { name.contains(part) }

    /// The number in `blk.N.`; nil outside of blocks.
    fileprivate var block: Int? {
        let parts = name.split(separator: ".", maxSplits: 2)
        return parts.count == 3 && parts[0] == "blk" ? Int(parts[1]) : nil
    }

    fileprivate var isQuantizable: Bool {
        let kept = [
            "_norm.weight", "ffn_gate_inp.weight", "ffn_gate_inp_shexp.weight",
            "ssm_conv1d.weight", "shortconv.conv.weight", "time_mix_first.weight",
            "time_mix_w1.weight", "time_mix_w2.weight", "time_mix_decay_w1.weight",
            "time_mix_decay_w2.weight", "time_mix_lerp_fused.weight", "attn_rel_b.weight",
            "per_layer_token_embd.weight", "mm.",
        ]
        return dimensions.count >= 2 && name.hasSuffix("weight") && !name.hasPrefix("v.")
            && name != "position_embd.weight" && name != "token_types.weight"
            && !kept.contains(where: has)
    }
}
