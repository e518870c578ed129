public import GGUF

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Models of known shapes with random weights: as fast as the real ones, for measurements only.
///
/// Matrices repeat one random block, which no kernel notices. The same every time.
public struct RandomModel: Sendable {
    /// Names of shapes.
    public static var shapes: [String] { ModelShape.all.map(\.name) }

    let shape: ModelShape
    /// Whether answers go on as ``CopyText`` says; the output is a matrix of its own then.
    public let copies: Bool

    /// - Throws: ``EngineError`` `malformed` for a name that is not among ``shapes``.
    public init(shape: String, copies: Bool = false) throws(EngineError) {
        self.shape = try ModelShape(named: shape)
        self.copies = copies
    }

    /// Formats of the tensors for their shapes, which come with the type F16, or F32 for vectors.
    public typealias Recipe = ([TensorInfo], Metadata) throws(GGUFError) -> [TensorType]

    /// One format for all matrices; where rows do not fill its blocks, Q8_0 stands in.
    ///
    /// - Throws: ``EngineError`` `unsupportedFormat` for a format that this build does not write.
    public static func recipe(_ quant: String) throws(EngineError) -> Recipe {
        guard let format = QuantFormat(named: quant), format.isWritable else {
            throw EngineError(.unsupportedFormat, "format \"\(quant)\" cannot be written")
        }
        return { (tensors, _) throws(GGUFError) in
            tensors.map { tensor in
                if tensor.dimensions.count < 2 { return .f32 }
                return tensor.dimensions[0] % format.blockSize == 0 ? format.type : .q8_0
            }
        }
    }

    /// Makes a model without a vocabulary, with all matrices in one format.
    ///
    /// - Throws: what ``init(shape:copies:)``, ``recipe(_:)`` and ``build(_:)`` throw.
    public static func build(shape: String, quant: String) throws(EngineError) -> GGUFFile {
        try RandomModel(shape: shape).build(recipe(quant))
    }

    /// Makes the model without a vocabulary.
    ///
    /// Its file is gone from the folder for temporary files as soon as it is mapped; the space is
    /// free again with the returned object.
    ///
    /// - Throws: ``EngineError`` `outOfMemory` when the file cannot be written.
    /// - Complexity: the size of the model in temporary space.
    public func build(_ recipe: Recipe) throws(EngineError) -> GGUFFile {
        let folder = unsafe getenv("TMPDIR").map { unsafe String(cString: $0) } ?? "/tmp"
        let number = UInt32.random(in: 0 ... .max)
        let path = "\(folder)/apus-\(shape.name)-\(getpid())-\(number)"
        try write(to: path, shape.metadata, recipe)
        defer { unsafe unlink(path) }
        do throws(GGUFError) {
            return try GGUFFile(path: path)
        } catch {
            throw EngineError(.outOfMemory, "temporary model: \(error)")
        }
    }

    /// Writes the model with a vocabulary, so that servers can load it: the 256 bytes, ``CopyText``'s
    /// words, control tokens and names that fill the rest.
    ///
    /// - Throws: ``EngineError`` `outOfMemory` when the file cannot be written.
    public func write(to path: String, _ recipe: Recipe) throws(EngineError) {
        var metadata = shape.metadata
        CopyText.addVocabulary(of: shape.vocabulary, shape.architecture, to: &metadata)
        try write(to: path, metadata, recipe)
    }

    private func write(
        to path: String, _ metadata: Metadata, _ recipe: Recipe
    ) throws(EngineError) {
        let parts = shape.parts(isTied: !copies)
        do throws(GGUFError) {
            var tensors: [TensorInfo] = []
            for part in parts {
                tensors.append(
                    try TensorInfo(
                        name: part.name, dimensions: part.dimensions,
                        type: part.isMatrix ? .f16 : .f32))
            }
            var writer = GGUFWriter()
            writer.metadata = metadata
            for (part, type) in zip(parts, try recipe(tensors, metadata)) {
                let copies = copies
                writer.add(part.name, dimensions: part.dimensions, type: type) {
                    Self.bytes(of: part, QuantFormat(type)!, copies: copies)
                }
            }
            try writer.write(to: path)
        } catch {
            throw EngineError(.outOfMemory, "random model: \(error)")
        }
    }

    private static func bytes(
        of part: ModelShape.Part, _ format: QuantFormat, copies: Bool
    ) -> [UInt8] {
        guard part.isMatrix else {
            let values = noise(part.dimensions[0]).map { part.mean + 0.1 * $0 }
            return unsafe values.withUnsafeBytes { unsafe Array($0) }
        }
        let (columns, rows) = (part.dimensions[0], part.dimensions[1])
        let scale = (3 / Float(columns)).squareRoot()
        guard copies else { return blocks(format, count: columns * rows, scale: scale) }
        return CopyText.matrix(part.name, columns, rows, format, scale)
    }

    /// Packed random values; a stretch of about 64 Ki elements is repeated.
    static func blocks(_ format: QuantFormat, count: Int, scale: Float) -> [UInt8] {
        let stretch = min(count, (1 << 16) / 256 * 256)
        let pattern = format.quantize(noise(stretch).map { $0 * scale })!
        let size = count / format.blockSize * format.blockBytes
        var result: [UInt8] = []
        result.reserveCapacity(size)
        while result.count < size {
            result.append(contentsOf: pattern.prefix(size - result.count))
        }
        return result
    }

    /// Uniform in -1 ..< 1; the same every time.
    static func noise(_ count: Int, seed: UInt64 = 0) -> [Float] {
        var state: UInt64 = 0x2545_f491_4f6c_dd1d &+ seed &* 0x9e37_79b9_7f4a_7c15
        return (0..<count).map { _ in
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return Float(state >> 40) / Float(1 << 23) - 1
        }
    }
}
