public import GGUF

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Models of known shapes with random weights: as fast as the real ones, for measurements only.
public enum RandomModel {
    /// Names that ``build(shape:quant:)`` takes.
    public static var shapes: [String] { presets.map(\.name) }

    private struct Preset {
        let name: String
        let architecture: String
        let layers: Int
        let width: Int
        let inner: Int
        let heads: Int
        let kvHeads: Int
        let contextLength: UInt32
        let ropeBase: Float
        let epsilon: Float
        let hasBias: Bool
        let vocabulary: Int
    }

    private static let presets = [
        Preset(
            name: "qwen2.5-0.5b", architecture: "qwen2", layers: 24, width: 896, inner: 4864,
            heads: 14, kvHeads: 2, contextLength: 32768, ropeBase: 1e6, epsilon: 1e-6,
            hasBias: true, vocabulary: 151_936),
        Preset(
            name: "qwen2.5-1.5b", architecture: "qwen2", layers: 28, width: 1536, inner: 8960,
            heads: 12, kvHeads: 2, contextLength: 32768, ropeBase: 1e6, epsilon: 1e-6,
            hasBias: true, vocabulary: 151_936),
        Preset(
            name: "llama3.2-1b", architecture: "llama", layers: 16, width: 2048, inner: 8192,
            heads: 32, kvHeads: 8, contextLength: 131_072, ropeBase: 5e5, epsilon: 1e-5,
            hasBias: false, vocabulary: 128_256),
        Preset(
            name: "smollm2-135m", architecture: "llama", layers: 30, width: 576, inner: 1536,
            heads: 9, kvHeads: 3, contextLength: 8192, ropeBase: 1e5, epsilon: 1e-5,
            hasBias: false, vocabulary: 49_152),
    ]

    /// Makes a model without a vocabulary.
    ///
    /// Its file is gone from the folder for temporary files as soon as it is mapped; the space is
    /// free again with the returned object.
    ///
    /// Matrices repeat one random block, which no kernel notices. Where rows do not fill the
    /// format's blocks, Q8_0 stands in, as in published files.
    ///
    /// - Parameters:
    /// - shape: One of ``shapes``.
    /// - quant: Name of a format, `Q8_0` for example.
    /// - Throws: ``EngineError`` `malformed` for an unknown shape, `unsupportedFormat` for a
    /// format that this build does not write, `outOfMemory` when the file cannot be written.
    /// - Complexity: the size of the model in temporary space.
    public static func build(shape: String, quant: String) throws(EngineError) -> GGUFFile {
        guard let preset = presets.first(where: { $0.name == shape }) else {
            throw EngineError(
                .malformed,
                "shape \"\(shape)\": expected one of \(shapes.joined(separator: ", "))")
        }
        guard let format = QuantFormat(named: quant), format.isWritable else {
            throw EngineError(.unsupportedFormat, "format \"\(quant)\" cannot be written")
        }
        var writer = GGUFWriter()
        writer.metadata = metadata(preset)
        add(preset, format, to: &writer)
        let folder = unsafe getenv("TMPDIR").map { unsafe String(cString: $0) } ?? "/tmp"
        let path = "\(folder)/apus-\(shape)-\(quant)-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        do {
            try writer.write(to: path)
            defer { unsafe unlink(path) }
            return try GGUFFile(path: path)
        } catch {
            throw EngineError(.outOfMemory, "temporary model: \(error)")
        }
    }

    private static func metadata(_ preset: Preset) -> Metadata {
        var metadata = Metadata()
        metadata["general.architecture"] = .string(preset.architecture)
        metadata["general.name"] = .string(preset.name + " (random weights)")
        let values: [(String, MetadataValue)] = [
            ("context_length", .uint32(preset.contextLength)),
            ("embedding_length", .uint32(UInt32(preset.width))),
            ("block_count", .uint32(UInt32(preset.layers))),
            ("feed_forward_length", .uint32(UInt32(preset.inner))),
            ("attention.head_count", .uint32(UInt32(preset.heads))),
            ("attention.head_count_kv", .uint32(UInt32(preset.kvHeads))),
            ("attention.layer_norm_rms_epsilon", .float32(preset.epsilon)),
            ("rope.freq_base", .float32(preset.ropeBase)),
        ]
        for (key, value) in values { metadata["\(preset.architecture).\(key)"] = value }
        return metadata
    }

    private static func add(
        _ preset: Preset, _ format: QuantFormat, to writer: inout GGUFWriter
    ) {
        func matrix(_ name: String, _ rows: Int, _ columns: Int) {
            let format = columns % format.blockSize == 0 ? format : .q8_0
            writer.add(name + ".weight", dimensions: [columns, rows], type: format.type) {
                blocks(format, count: rows * columns, scale: (3 / Float(columns)).squareRoot())
            }
        }
        func vector(_ name: String, _ count: Int, around mean: Float) {
            writer.add(name, dimensions: [count], type: .f32) {
                let values = noise(count).map { mean + 0.1 * $0 }
                return unsafe values.withUnsafeBytes { unsafe Array($0) }
            }
        }
        let width = preset.width
        let keyWidth = width / preset.heads * preset.kvHeads
        matrix("token_embd", preset.vocabulary, width)
        vector("output_norm.weight", width, around: 1)
        for layer in 0..<preset.layers {
            let name = "blk.\(layer)."
            vector(name + "attn_norm.weight", width, around: 1)
            vector(name + "ffn_norm.weight", width, around: 1)
            for (part, rows) in [("attn_q", width), ("attn_k", keyWidth), ("attn_v", keyWidth)] {
                matrix(name + part, rows, width)
                if preset.hasBias { vector(name + part + ".bias", rows, around: 0) }
            }
            matrix(name + "attn_output", width, width)
            matrix(name + "ffn_gate", preset.inner, width)
            matrix(name + "ffn_up", preset.inner, width)
            matrix(name + "ffn_down", width, preset.inner)
        }
    }

    /// Packed random values; a stretch of about 64 Ki elements is repeated.
    private static func blocks(_ format: QuantFormat, count: Int, scale: Float) -> [UInt8] {
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
    private static func noise(_ count: Int) -> [Float] {
        var state: UInt64 = 0x2545_f491_4f6c_dd1d
        return (0..<count).map { _ in
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return Float(state >> 40) / Float(1 << 23) - 1
        }
    }
}
