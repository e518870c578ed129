/// Name, shape and place of a tensor.
public struct TensorInfo: Sendable {
    public let name: String
    /// In GGUF order, fastest first; at most four.
    public let dimensions: [Int]
    public let type: TensorType
    /// Bytes from the start of the file; offset + byteCount is within the file.
    public let offset: Int
    public let byteCount: Int
    public let elementCount: Int

    init(
        name: String, dimensions: [Int], type: TensorType, offset: Int, byteCount: Int,
        elementCount: Int
    ) {
        self.name = name
        self.dimensions = dimensions
        self.type = type
        self.offset = offset
        self.byteCount = byteCount
        self.elementCount = elementCount
    }

    /// A tensor that is not in a file yet; its offset is 0.
    ///
    /// - Throws: ``GGUFError`` for a shape that cannot be written in this type.
    public init(name: String, dimensions: [Int], type: TensorType) throws(GGUFError) {
        let size = try Self.size(name, dimensions, type)
        self.init(
            name: name, dimensions: dimensions, type: type, offset: 0, byteCount: size.bytes,
            elementCount: size.elements)
    }

    /// Elements and bytes of a shape, checked: at most four dimensions above 0, rows of whole
    /// blocks, nothing that overflows.
    static func size(
        _ name: String, _ dimensions: [Int], _ type: TensorType
    ) throws(GGUFError) -> (elements: Int, bytes: Int) {
        guard type.isKnown else {
            throw GGUFError(.malformed, "tensor \"\(name)\": unknown type \(type.rawValue)")
        }
        guard dimensions.count <= 4 else {
            throw GGUFError(
                .malformed,
                "tensor \"\(name)\": \(dimensions.count) dimensions, at most 4 are possible")
        }
        var elements = 1
        for dimension in dimensions {
            guard dimension > 0 else {
                throw GGUFError(.malformed, "tensor \"\(name)\": bad dimension \(dimension)")
            }
            let (product, overflow) = elements.multipliedReportingOverflow(by: dimension)
            guard !overflow else {
                throw GGUFError(.malformed, "tensor \"\(name)\": shape \(dimensions) is too large")
            }
            elements = product
        }
        let row = dimensions.first ?? 1
        guard row % type.blockSize == 0 else {
            throw GGUFError(
                .malformed,
                "tensor \"\(name)\": row of \(row) is not a multiple of \(type)'s block \(type.blockSize)"
            )
        }
        let (bytes, overflow) = (elements / type.blockSize)
            .multipliedReportingOverflow(by: type.blockBytes)
        guard !overflow else {
            throw GGUFError(.malformed, "tensor \"\(name)\": shape \(dimensions) is too large")
        }
        return (elements, bytes)
    }
}
