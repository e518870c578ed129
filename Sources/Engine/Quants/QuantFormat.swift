import CKernels
public import GGUF

/// A format of weights that this build computes with: its name, block geometry and kernels.
@safe
public struct QuantFormat: Sendable, Equatable, CustomStringConvertible {
    /// The constant that describes the format; lives as long as the process.
    nonisolated(unsafe) let kernels: UnsafePointer<ck_format>

    public static func == (a: QuantFormat, b: QuantFormat) -> Bool { a.type == b.type }

    /// Everything that this build runs, in the order of the type numbers.
    public static let all: [QuantFormat] = [
        .f32, .f16, .q4_0, .q4_1, .q5_0, .q5_1, .q8_0, .q4_K, .q5_K, .q6_K, .bf16,
    ]

    public static let f32 = named(0)
    public static let f16 = named(1)
    public static let q4_0 = named(2)
    public static let q4_1 = named(3)
    public static let q5_0 = named(6)
    public static let q5_1 = named(7)
    public static let q8_0 = named(8)
    public static let q4_K = named(12)
    public static let q5_K = named(13)
    public static let q6_K = named(14)
    public static let bf16 = named(30)

    private static func named(_ type: UInt32) -> QuantFormat {
        QuantFormat(TensorType(rawValue: type))!
    }

    /// nil when this build does not run the type.
    public init?(_ type: TensorType) {
        guard let kernels = unsafe ck_format_of_type(type.rawValue) else { return nil }
        unsafe self.kernels = unsafe kernels
    }

    /// nil when this build has no format of that name, for example `Q4_K`.
    public init?(named name: String) {
        guard let format = QuantFormat.all.first(where: { $0.name == name }) else { return nil }
        self = format
    }

    public var name: String { unsafe String(cString: kernels.pointee.name) }
    public var type: TensorType { unsafe TensorType(rawValue: kernels.pointee.ggml_type) }
    /// Elements of a block.
    public var blockSize: Int { unsafe Int(kernels.pointee.block) }
    /// Bytes of a block.
    public var blockBytes: Int { unsafe Int(kernels.pointee.block_bytes) }
    public var description: String { name }

    /// Whether products take activations in 8 bits (otherwise in F32).
    var quantizesActivations: Bool { unsafe kernels.pointee.activation == CK_ACT_Q8 }

    /// The product for an instruction set; the portable one where the set has no variant.
    func product(_ set: InstructionSet) -> ck_matmul_function {
        unsafe ck_format_matmul(kernels, set.isa) ?? ck_format_matmul(kernels, CK_SCALAR)!
    }

    /// All values of a tensor of the file, first dimension fastest.
    ///
    /// - Throws: ``EngineError`` `unsupportedFormat` for a type that this build does not run.
    /// - Complexity: O(elements); 4 bytes an element.
    public static func dequantize(
        _ file: GGUFFile, _ tensor: TensorInfo
    ) throws(EngineError) -> [Float] {
        guard let format = QuantFormat(tensor.type) else {
            throw EngineError(
                .unsupportedFormat,
                "tensor \"\(tensor.name)\": format \(tensor.type) is not supported")
        }
        guard tensor.elementCount % format.blockSize == 0,
            tensor.byteCount == tensor.elementCount / format.blockSize * format.blockBytes
        else {
            throw EngineError(
                .malformed,
                "tensor \"\(tensor.name)\": \(tensor.elementCount) elements in "
                    + "\(tensor.byteCount) bytes")
        }
        let bytes = unsafe file.bytes(of: tensor)
        return unsafe [Float](unsafeUninitializedCapacity: tensor.elementCount) { output, count in
            if tensor.elementCount > 0 {
                unsafe format.kernels.pointee.dequantize(
                    bytes.baseAddress!, tensor.elementCount, output.baseAddress!)
            }
            count = tensor.elementCount
        }
    }

    /// Whether this build can pack floats into the format.
    public var isWritable: Bool { unsafe kernels.pointee.quantize != nil }

    /// The blocks of `values`; nil when the format has no writer or `values` do not fill blocks.
    public func quantize(_ values: [Float]) -> [UInt8]? {
        guard let write = unsafe kernels.pointee.quantize, values.count % blockSize == 0 else {
            return nil
        }
        let size = values.count / blockSize * blockBytes
        return unsafe [UInt8](unsafeUninitializedCapacity: size) { output, count in
            unsafe values.withUnsafeBufferPointer { input in
                if let base = input.baseAddress, size > 0 {
                    unsafe write(base, values.count, output.baseAddress!)
                }
            }
            count = size
        }
    }
}
