import GGUF

/// A tensor of a checkpoint on its way into a GGUF file.
struct TensorConversion: Sendable {
    let source: SafetensorsTensor
    /// GGUF name, with the layer.
    let name: String
    let type: TensorType
    /// Heads whose halves are to be interleaved; nil: rows stay where they are.
    var interleavedHeads: Int?
    var addsOne = false
    /// Whether rows and columns change places.
    var isTransposed = false

    /// Matrices keep the type of their elements, so that nothing is lost; vectors become F32.
    ///
    /// - Throws: malformed for elements that are neither F32 nor F16 nor BF16.
    init(_ source: SafetensorsTensor, name: String) throws(StoreError) {
        self.source = source
        self.name = name
        let types: [String: TensorType] = ["F32": .f32, "F16": .f16, "BF16": .bf16]
        guard let type = types[source.elementType] else {
            throw StoreError(
                .malformed,
                "tensor \"\(source.name)\": dtype \(source.elementType) is not supported; "
                    + "expected F32, F16 or BF16")
        }
        self.type = source.shape.count > 1 ? type : .f32
    }

    /// Fastest dimension first.
    var dimensions: [Int] { isTransposed ? source.shape : source.shape.reversed() }

    /// `general.file_type` of the type in which most elements of matrices are.
    static func fileType(of tensors: [TensorConversion]) -> UInt32 {
        var counts: [TensorType: Int] = [:]
        for tensor in tensors where tensor.dimensions.count > 1 {
            counts[tensor.type, default: 0] += tensor.source.elementCount
        }
        switch counts.max(by: { $0.value < $1.value })?.key {
        case .f16?: return 1
        case .bf16?: return 32
        default: return 0
        }
    }

    /// The data as the file is to hold them.
    ///
    /// - Complexity: O(elements); the size of the data, twice while rows change places.
    func data() throws(StoreError) -> [UInt8] {
        let raw = try source.file.bytes(in: source.range, spare: 64)
        var data = source.shape.count > 1 || source.elementType == "F32" ? raw : widened(raw)
        if addsOne { Self.addOne(to: &data) }
        if isTransposed {
            data = Self.transpose(data, rows: source.shape[0], columns: source.shape[1])
        }
        guard let heads = interleavedHeads else { return data }
        return Self.interleave(data, rows: dimensions.last ?? 0, heads: heads)
    }

    private func widened(_ raw: [UInt8]) -> [UInt8] {
        let isBrain = source.elementType == "BF16"
        var data: [UInt8] = []
        data.reserveCapacity(raw.count * 2 + 64)
        for index in stride(from: 0, to: raw.count - 1, by: 2) {
            let half = UInt16(raw[index]) | UInt16(raw[index + 1]) << 8
            let bits = isBrain ? UInt32(half) << 16 : Self.single(ofHalf: half)
            for shift: UInt32 in [0, 8, 16, 24] {
                data.append(UInt8(truncatingIfNeeded: bits >> shift))
            }
        }
        return data
    }

    /// The bits of the single-precision number that a half-precision one is.
    static func single(ofHalf half: UInt16) -> UInt32 {
        let sign = UInt32(half & 0x8000) << 16
        let exponent = UInt32(half >> 10 & 0x1F)
        let fraction = UInt32(half & 0x3FF)
        switch exponent {
        case 0: return sign | (Float(fraction) * 0x1p-24).bitPattern
        case 0x1F: return sign | 0x7F80_0000 | fraction << 13
        default: return sign | (exponent + 112) << 23 | fraction << 13
        }
    }

    private static func addOne(to data: inout [UInt8]) {
        data.withUnsafeMutableBytes { bytes in
            for offset in stride(from: 0, to: bytes.count - 3, by: 4) {
                let value = Float(
                    bitPattern: UInt32(
                        littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
                bytes.storeBytes(
                    of: (value + 1).bitPattern.littleEndian, toByteOffset: offset, as: UInt32.self)
            }
        }
    }

    static func transpose(_ data: [UInt8], rows: Int, columns: Int) -> [UInt8] {
        let width = data.count / max(1, rows * columns)
        return [UInt8](unsafeUninitializedCapacity: data.count + 64) { out, count in
            for column in 0..<columns {
                for row in 0..<rows {
                    let start = (row * columns + column) * width
                    for byte in start..<(start + width) {
                        out[count] = data[byte]
                        count += 1
                    }
                }
            }
        }
    }

    /// Rows of each head: row i of the first half, row i of the second, and so on.
    static func interleave(_ data: [UInt8], rows: Int, heads: Int) -> [UInt8] {
        let rowBytes = data.count / max(1, rows)
        let half = rows / heads / 2
        var out: [UInt8] = []
        out.reserveCapacity(data.count + 64)
        for head in 0..<heads {
            for row in 0..<half {
                for part in 0..<2 {
                    let start = ((head * 2 + part) * half + row) * rowBytes
                    out += data[start..<(start + rowBytes)]
                }
            }
        }
        return out
    }
}
