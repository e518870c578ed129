import GGUF

/// The sizes of a decoder, read from the metadata and bounded.
struct Hyperparameters: Sendable {
    let contextLength: Int
    let width: Int
    let layerCount: Int
    let feedForwardLength: Int
    let headCount: Int
    let keyValueHeadCounts: [Int]  // (layer)
    let headDimension: Int
    let normEpsilon: Float
    let vocabularySize: Int

    /// Inputs of the widest product.
    var widestInput: Int { max(width, feedForwardLength, headCount * headDimension) }

    /// - Parameter epsilon: Key of the norms' epsilon.
    init(
        _ reader: WeightReader, epsilon: String = "attention.layer_norm_rms_epsilon"
    ) throws(EngineError) {
        contextLength = try reader.integer("context_length", in: 1...(1 << 30))
        width = try reader.integer("embedding_length", in: 1...(1 << 17))
        layerCount = try reader.integer("block_count", in: 1...1024)
        feedForwardLength = try reader.integer("feed_forward_length", in: 1...(1 << 20))
        headCount = try reader.integer("attention.head_count", in: 1...1024)
        keyValueHeadCounts = try reader.integers(
            "attention.head_count_kv", count: layerCount, in: 1...headCount,
            default: headCount)
        for count in keyValueHeadCounts where headCount % count != 0 {
            throw EngineError(
                .malformed,
                "\(reader.key("attention.head_count_kv")): \(headCount) heads cannot share "
                    + "\(count)")
        }
        if let length = try reader.optionalInteger("attention.key_length", in: 1...512) {
            headDimension = length
        } else {
            guard width % headCount == 0 else {
                throw EngineError(
                    .malformed,
                    "\(reader.key("embedding_length")): \(width) is not a multiple of "
                        + "\(headCount) heads")
            }
            headDimension = width / headCount
        }
        guard headDimension % 2 == 0, headDimension <= 512 else {
            throw EngineError(
                .malformed,
                "heads of \(headDimension) elements: expected an even number up to 512")
        }
        let valueLength = try reader.optionalInteger("attention.value_length", in: 1...512)
        if let valueLength, valueLength != headDimension {
            throw EngineError(
                .malformed,
                "\(reader.key("attention.value_length")): expected \(headDimension), "
                    + "found \(valueLength)")
        }
        normEpsilon = try reader.float(epsilon, in: 0...1)

        let table = try reader.info("token_embd.weight")
        guard table.dimensions.count == 2, (1...(1 << 24)).contains(table.dimensions[1]) else {
            throw EngineError(
                .malformed,
                "tensor \"token_embd.weight\": expected [\(width), vocabulary], "
                    + "found \(table.dimensions)")
        }
        vocabularySize = table.dimensions[1]
    }

    /// The rotation that the metadata and `rope_freqs.weight` describe.
    ///
    /// - Parameter base: Key of the base of the frequencies.
    func rotation(
        _ reader: WeightReader, pairs: Rotation.Pairs, base key: String = "rope.freq_base"
    ) throws(EngineError) -> Rotation {
        let dimension =
            try reader.optionalInteger("rope.dimension_count", in: 2...headDimension)
            ?? headDimension
        guard dimension % 2 == 0 else {
            throw EngineError(
                .malformed, "\(reader.key("rope.dimension_count")): \(dimension) is odd")
        }
        let base = try reader.optionalFloat(key, in: 1...1e12) ?? 10_000
        var stretch: Float = 1
        switch try reader.optionalString("rope.scaling.type") {
        case nil:
            stretch = try reader.optionalFloat("rope.scale_linear", in: 1e-3...1e6) ?? 1
        case "linear":
            if let factor = try reader.optionalFloat("rope.scaling.factor", in: 1e-3...1e6) {
                stretch = factor
            } else if let factor = try reader.optionalFloat(
                "rope.scale_linear", in: 1e-3...1e6)
            {
                stretch = factor
            }
        case "none", "":
            break
        case let other?:
            throw EngineError(
                .unsupportedArchitecture,
                "\(reader.key("rope.scaling.type")): \"\(other)\" is not supported")
        }
        var divisors: [Float]?
        if reader.has("rope_freqs.weight") {
            divisors = try reader.floats("rope_freqs.weight", count: dimension / 2)
            for (pair, divisor) in divisors!.enumerated() where !(divisor > 0) {
                throw EngineError(
                    .malformed, "tensor \"rope_freqs.weight\": value \(pair) is \(divisor)")
            }
        }
        return Rotation(
            pairs: pairs, dimension: dimension, base: Double(base), stretch: Double(stretch),
            divisors: divisors)
    }
}
