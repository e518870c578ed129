/// Number of a tensor's element format in a GGUF file, with its name and block geometry.
///
/// Elements are stored in blocks of ``blockSize`` that take ``blockBytes`` bytes. Numbers and sizes
/// are those of the GGML type enumeration.
public struct TensorType: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    public let rawValue: UInt32
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    public static let f32 = TensorType(rawValue: 0)
    public static let f16 = TensorType(rawValue: 1)
    public static let q4_0 = TensorType(rawValue: 2)
    public static let q4_1 = TensorType(rawValue: 3)
    public static let q5_0 = TensorType(rawValue: 6)
    public static let q5_1 = TensorType(rawValue: 7)
    public static let q8_0 = TensorType(rawValue: 8)
    public static let q4_K = TensorType(rawValue: 12)
    public static let q5_K = TensorType(rawValue: 13)
    public static let q6_K = TensorType(rawValue: 14)
    public static let bf16 = TensorType(rawValue: 30)
    public static let mxfp4 = TensorType(rawValue: 39)

    private static let table: [UInt32: (name: String, block: Int, bytes: Int)] = [
        0: ("F32", 1, 4), 1: ("F16", 1, 2), 2: ("Q4_0", 32, 18), 3: ("Q4_1", 32, 20),
        6: ("Q5_0", 32, 22), 7: ("Q5_1", 32, 24), 8: ("Q8_0", 32, 34), 9: ("Q8_1", 32, 36),
        10: ("Q2_K", 256, 84), 11: ("Q3_K", 256, 110), 12: ("Q4_K", 256, 144),
        13: ("Q5_K", 256, 176), 14: ("Q6_K", 256, 210), 15: ("Q8_K", 256, 292),
        16: ("IQ2_XXS", 256, 66), 17: ("IQ2_XS", 256, 74), 18: ("IQ3_XXS", 256, 98),
        19: ("IQ1_S", 256, 50), 20: ("IQ4_NL", 32, 18), 21: ("IQ3_S", 256, 110),
        22: ("IQ2_S", 256, 82), 23: ("IQ4_XS", 256, 136), 24: ("I8", 1, 1), 25: ("I16", 1, 2),
        26: ("I32", 1, 4), 27: ("I64", 1, 8), 28: ("F64", 1, 8), 29: ("IQ1_M", 256, 56),
        30: ("BF16", 1, 2), 34: ("TQ1_0", 256, 54), 35: ("TQ2_0", 256, 66), 39: ("MXFP4", 32, 17),
        40: ("NVFP4", 64, 36), 41: ("Q1_0", 128, 18),
    ]

    /// `F32`, `Q4_K`, …; `type 99` when the number is not known.
    public var description: String { Self.table[rawValue]?.name ?? "type \(rawValue)" }
    public init?(named name: String) {
        guard let entry = Self.table.first(where: { $0.value.name == name.uppercased() }) else {
            return nil
        }
        rawValue = entry.key
    }
    public var isKnown: Bool { Self.table[rawValue] != nil }
    /// Elements a block; 1 for an unknown type.
    public var blockSize: Int { Self.table[rawValue]?.block ?? 1 }
    /// Bytes a block; 0 for an unknown type.
    public var blockBytes: Int { Self.table[rawValue]?.bytes ?? 0 }
}
