public import GGUF

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Loaded, immutable weights of one file.
///
/// Shared by sessions.
///
/// Matrices stay packed: they are read from the mapped file or from a copy in huge pages.
public final class Model: Sendable {
    let file: GGUFFile
    let decoder: any Architecture
    /// The kernels that sessions over this model use.
    public let instructionSet: InstructionSet
    /// Owns what the decoder's weights point at, besides the file.
    private let memory: WeightMemory

    /// `general.architecture`.
    public let architecture: String
    /// Bytes of all tensors in the file.
    public let weightBytes: Int
    /// Elements of all tensors in the file.
    public let parameterCount: Int
    /// nil when the file gives no pooling type: no embeddings then.
    public let pooling: Pooling?

    // Sendable: constant after the initialiser.
    private struct WeightMemory: @unchecked Sendable { let blocks: [Memory] }

    /// Checks the whole configuration: every key and tensor that a step will need.
    ///
    /// - Throws: ``EngineError``: `unsupportedArchitecture`, `unsupportedFormat`, or `malformed`
    ///   with the name of the key or tensor.
    /// - Complexity: O(vectors) over the mapping, O(file) for a copy.
    public init(
        _ file: GGUFFile, instructionSet: InstructionSet = .best,
        placement: WeightPlacement = .automatic
    ) throws(EngineError) {
        let name: String
        do {
            name = try file.metadata.architecture
        } catch {
            throw EngineError(.malformed, error.description)
        }
        guard let type = Architectures.all.first(where: { $0.name == name }) else {
            throw EngineError(
                .unsupportedArchitecture, "architecture \"\(name)\" is not supported")
        }
        let copies = placement.copies(file)
        if !copies { Model.readAhead(file) }
        let reader = WeightReader(file, architecture: name, copying: copies)
        decoder = try type.init(reader)
        switch try reader.optionalInteger("pooling_type", in: 0...4) {
        case 1: pooling = .mean
        case 2: pooling = .cls
        case 3: pooling = .last
        default: pooling = nil
        }
        memory = WeightMemory(blocks: reader.memory)
        self.file = file
        self.instructionSet = instructionSet
        architecture = name
        weightBytes = file.tensors.reduce(0) { $0 + $1.byteCount }
        parameterCount = file.tensors.reduce(0) { $0 + $1.elementCount }
    }

    /// Asks for the weights to be read while the rest of the start-up goes on.
    private static func readAhead(_ file: GGUFFile) {
        let page = max(1, Int(sysconf(Int32(_SC_PAGESIZE))))
        for tensor in file.tensors {
            let bytes = unsafe file.bytes(of: tensor)
            guard let base = bytes.baseAddress, bytes.count >= page else { continue }
            let start = UInt(bitPattern: base)
            let excess = start % UInt(page)
            unsafe madvise(
                UnsafeMutableRawPointer(bitPattern: start - excess), bytes.count + Int(excess),
                Int32(MADV_WILLNEED))
        }
    }

    /// Context length the model was trained for.
    public var contextLength: Int { decoder.shape.contextLength }
    public var vocabularySize: Int { decoder.shape.vocabularySize }
    public var embeddingLength: Int { decoder.shape.width }

    /// KV cache bytes that one position takes over all layers, in half precision.
    public var cacheBytesPerPosition: Int {
        PageLayout(decoder.shape, .f16).byteCount / PageLayout.positions
    }

    /// Whether cached keys can be moved to other positions (context shift).
    public var canShift: Bool { true }

    /// Names of the architectures that this build runs.
    public static var supportedArchitectures: [String] { Architectures.all.map { $0.name } }
}

/// How hidden states of tokens become one embedding.
public enum Pooling: Sendable { case mean, cls, last }
