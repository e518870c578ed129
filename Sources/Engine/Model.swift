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
/// Matrices stay packed and where the file has them in memory; see ``WeightPlacement``.
public final class Model: Sendable {
    let file: GGUFFile
    let network: Network
    /// The kernels that sessions over this model use.
    public let instructionSet: InstructionSet
    /// Owns what the decoder's weights point at, besides the file.
    private let memory: WeightMemory
    /// nil when the weights stay in the file's own pages.
    let move: HugePageMove?

    /// `general.architecture`.
    public let architecture: String
    /// Bytes of all tensors in the file, and of adapters in memory.
    public let weightBytes: Int
    /// Elements of all tensors in the file.
    public let parameterCount: Int
    /// nil when the file gives no pooling type: no embeddings then.
    public let pooling: Pooling?
    /// Greatest sum of ranks that adapters have at a matrix; 0 without adapters.
    let adapterRank: Int

    // Sendable: constant after the initialiser.
    private struct WeightMemory: @unchecked Sendable { let blocks: [Memory] }

    /// Checks the whole configuration: every key and tensor that a step will need.
    ///
    /// - Parameter adapters: LoRA files; what they add is summed. Weights stay as they are in the
    ///   file, and each product of an adapted matrix costs two narrow ones more.
    /// - Throws: ``EngineError``: `unsupportedArchitecture`, `unsupportedFormat`, or `malformed`
    ///   with the name of the key or tensor.
    /// - Complexity: O(vectors), besides what moves on a thread of its own.
    public init(
        _ file: GGUFFile, adapters: [GGUFFile] = [], instructionSet: InstructionSet = .best,
        placement: WeightPlacement = .automatic
    ) throws(EngineError) {
        let name: String
        do {
            name = try file.metadata.architecture
        } catch {
            throw EngineError(.malformed, error.description)
        }
        let decoderType = Architectures.all.first { $0.name == name }
        let encoderType = Encoders.all.first { $0.name == name }
        guard decoderType != nil || encoderType != nil else {
            throw EngineError(
                .unsupportedArchitecture, "architecture \"\(name)\" is not supported")
        }
        var loras: [Adapter] = []
        for adapter in adapters { loras.append(try Adapter(adapter, architecture: name)) }
        Model.readAhead(file)
        let reader = WeightReader(file, architecture: name, adapters: loras)
        if let decoderType {
            network = .decoder(try decoderType.init(reader))
        } else {
            network = .encoder(try encoderType!.init(reader))
        }
        try reader.checkAdapters()
        adapterRank = reader.adapterRank
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
        weightBytes = file.tensors.reduce(reader.adapterBytes) { $0 + $1.byteCount }
        parameterCount = file.tensors.reduce(0) { $0 + $1.elementCount }
        let tables = reader.tables.map { $0.offset..<$0.offset + $0.byteCount }
        switch placement {
        case .mapped: move = nil
        case .automatic:
            move = HugePageMove(file, except: tables)
            move?.start()
        }
    }

    deinit { move?.stop() }

    /// Waits until the weights are where they will stay, so that what is measured from now on is not
    /// disturbed.
    public func settle() { move?.finish() }

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
    public var contextLength: Int { shape.contextLength }
    public var vocabularySize: Int { shape.vocabularySize }
    public var embeddingLength: Int { shape.width }

    /// Whether the model makes embeddings and nothing else: it has no logits and no cache, and
    /// opens no sequence.
    public var isEncoder: Bool { encoder != nil }

    /// KV cache bytes that one position takes over all layers; 0 for encoders.
    public func cacheBytesPerPosition(_ type: SessionOptions.CacheType = .f16) -> Int {
        isEncoder ? 0 : PageLayout(shape, type).byteCount / PageLayout.positions
    }

    /// Whether cached keys can be moved to other positions (context shift).
    public var canShift: Bool { !isEncoder }

    /// Names of the architectures that this build runs.
    public static var supportedArchitectures: [String] {
        Architectures.all.map { $0.name } + Encoders.all.map { $0.name }
    }
}

extension Model {
    /// What a model is made of.
    enum Network: Sendable {
        case decoder(any Architecture)
        case encoder(any Encoder)
    }

    var shape: Hyperparameters {
        switch network {
        case .decoder(let decoder): decoder.shape
        case .encoder(let encoder): encoder.shape
        }
    }

    var rotation: Rotation {
        switch network {
        case .decoder(let decoder): decoder.rotation
        case .encoder(let encoder): encoder.rotation
        }
    }

    /// Asked for by sequences only, and encoders open none.
    var decoder: any Architecture {
        guard case .decoder(let decoder) = network else {
            preconditionFailure("\(architecture) is no decoder")
        }
        return decoder
    }

    var encoder: (any Encoder)? {
        if case .encoder(let encoder) = network { encoder } else { nil }
    }
}

/// How hidden states of tokens become one embedding.
public enum Pooling: Sendable { case mean, cls, last }
