public import GGUF

/// What the header of a GGUF file says about the model in it.
public struct WeightFacts: Sendable, Hashable {
    public enum Kind: String, Sendable { case model, projector, adapter }

    /// `general.architecture`.
    public var family: String
    public var kind: Kind
    /// Elements of all tensors.
    public var parameterCount: Int
    /// `general.file_type`; nil when missing.
    public var fileType: Int?
    /// nil when missing.
    public var contextLength: Int?
    public var embeddingLength: Int?

    public init(of file: GGUFFile) throws(GGUFError) {
        let metadata = file.metadata
        family = try metadata.architecture
        parameterCount = file.tensors.reduce(0) {
            let (sum, overflow) = $0.addingReportingOverflow($1.elementCount)
            return overflow ? .max : sum
        }
        fileType = try metadata.integer("general.file_type")
        contextLength = try metadata.integer(family + ".context_length")
        embeddingLength = try metadata.integer(family + ".embedding_length")
        kind = try Self.kind(of: metadata, family: family)
    }

    private static func kind(of metadata: Metadata, family: String) throws(GGUFError) -> Kind {
        switch try metadata.string("general.type") {
        case "adapter": return .adapter
        case "projector", "mmproj": return .projector
        default: break
        }
        if metadata[family + ".block_count"] == nil, metadata[family + ".vision.block_count"] != nil
        {
            return .projector
        }
        if family == "clip" {
            for key in ["clip.has_vision_encoder", "clip.has_audio_encoder"] {
                if try metadata.bool(key) ?? false { return .projector }
            }
        }
        return .model
    }

    /// `494.03M`.
    public var parameterSize: String { Self.countText(parameterCount) }

    /// The file type's name, also of 0; `unknown` where there is none.
    var typeName: String { fileType.flatMap { Self.typeNames[$0] } ?? "unknown" }

    /// `Q4_K_M`; `unknown` for a missing type, for 0 and for types without a name.
    public var quantization: String {
        guard let fileType, fileType != 0 else { return "unknown" }
        return Self.typeNames[fileType] ?? "unknown"
    }

    /// A count as the API prints it: at least 1e9 `7.6B`, 1e6 `494.03M`, 1e3 `33K`; whole numbers
    /// without decimals.
    public static func countText(_ count: Int) -> String {
        func scaled(by unit: Int, decimals: Int, _ letter: String) -> String {
            if count % unit == 0 { return "\(count / unit)\(letter)" }
            let power = decimals == 2 ? 100 : decimals == 1 ? 10 : 1
            let step = unit / power
            let units = count / step + (count % step * 2 >= step ? 1 : 0)
            if decimals == 0 { return "\(units)\(letter)" }
            let fraction = String(units % power)
            let zeros = String(repeating: "0", count: decimals - fraction.utf8.count)
            return "\(units / power).\(zeros)\(fraction)\(letter)"
        }
        switch count {
        case 1_000_000_000...: return scaled(by: 1_000_000_000, decimals: 1, "B")
        case 1_000_000...: return scaled(by: 1_000_000, decimals: 2, "M")
        case 1_000...: return scaled(by: 1_000, decimals: 0, "K")
        default: return "\(count)"
        }
    }

    static let typeNames: [Int: String] = [
        0: "F32", 1: "F16", 2: "Q4_0", 3: "Q4_1", 7: "Q8_0", 8: "Q5_0", 9: "Q5_1", 10: "Q2_K",
        11: "Q3_K_S", 12: "Q3_K_M", 13: "Q3_K_L", 14: "Q4_K_S", 15: "Q4_K_M", 16: "Q5_K_S",
        17: "Q5_K_M", 18: "Q6_K", 19: "IQ2_XXS", 20: "IQ2_XS", 21: "Q2_K_S", 22: "IQ3_XS",
        23: "IQ3_XXS", 24: "IQ1_S", 25: "IQ4_NL", 26: "IQ3_S", 27: "IQ3_M", 28: "IQ2_S",
        29: "IQ2_M", 30: "IQ4_XS", 31: "IQ1_M", 32: "BF16", 36: "TQ1_0", 37: "TQ2_0",
        38: "MXFP4_MOE", 39: "NVFP4", 40: "Q1_0",
    ]
}

extension GGUFError {
    /// In the words that a create uses for files that are none.
    var forCreate: StoreError {
        switch code {
        case .notGGUF: StoreError(.malformed, "supplied file was not in GGUF format")
        case .truncated: StoreError(.malformed, "unexpected EOF")
        case .io: StoreError(.io, description)
        default: StoreError(.malformed, description)
        }
    }
}
