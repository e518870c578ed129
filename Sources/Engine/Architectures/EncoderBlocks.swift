import GGUF

/// The tables that a text enters an encoder by, and the norm of their sum.
struct EncoderEmbedding: Sendable {
    let tokens: Weight  // (vocabulary, width)
    /// All tokens are of the first type.
    let types: Weight?  // (type, width)
    let positions: Weight?  // (position, width)
    let norm: LayerNorm

    init(
        _ reader: WeightReader, _ shape: Hyperparameters, hasPositions: Bool
    ) throws(EngineError) {
        tokens = try reader.weight(
            "token_embd", rows: shape.vocabularySize, columns: shape.width, isTable: true)
        types = try EncoderEmbedding.table("token_types", reader, shape)
        positions =
            hasPositions
            ? try reader.weight(
                "position_embd", rows: shape.contextLength, columns: shape.width, isTable: true)
            : nil
        norm = try reader.layerNorm(
            "token_embd_norm", count: shape.width, epsilon: shape.normEpsilon)
    }

    /// A table with as many rows as the file has, at least one.
    private static func table(
        _ name: String, _ reader: WeightReader, _ shape: Hyperparameters
    ) throws(EngineError) -> Weight? {
        guard reader.has(name + ".weight") else { return nil }
        let dimensions = try reader.info(name + ".weight").dimensions
        guard dimensions.count == 2, dimensions[1] > 0 else {
            throw EngineError(
                .malformed,
                "tensor \"\(name).weight\": expected [\(shape.width), types], "
                    + "found \(dimensions)")
        }
        return try reader.weight(
            name, rows: dimensions[1], columns: shape.width, isTable: true)
    }
}

/// Attention in both directions, its result normalised with what went in.
struct EncoderAttention: Sendable {
    let query: Weight  // (head * headDimension, width)
    let key: Weight  // (kvHead * headDimension, width)
    let value: Weight  // (kvHead * headDimension, width)
    let output: Weight  // (width, head * headDimension)
    let norm: LayerNorm
    let kvHeads: Int

    /// Queries, keys and values are three matrices or one.
    init(_ reader: WeightReader, _ shape: Hyperparameters, layer: Int) throws(EngineError) {
        let name = "blk.\(layer)."
        kvHeads = shape.keyValueHeadCounts[layer]
        let queryWidth = shape.headCount * shape.headDimension
        let keyWidth = kvHeads * shape.headDimension
        if reader.has(name + "attn_qkv.weight") {
            let all = try reader.weight(
                name + "attn_qkv", rows: queryWidth + 2 * keyWidth, columns: shape.width,
                bias: .optional)
            query = all.rows(0..<queryWidth, name + "attn_q")
            key = all.rows(queryWidth..<queryWidth + keyWidth, name + "attn_k")
            value = all.rows(
                queryWidth + keyWidth..<queryWidth + 2 * keyWidth, name + "attn_v")
        } else {
            query = try reader.weight(
                name + "attn_q", rows: queryWidth, columns: shape.width, bias: .optional)
            key = try reader.weight(
                name + "attn_k", rows: keyWidth, columns: shape.width, bias: .optional)
            value = try reader.weight(
                name + "attn_v", rows: keyWidth, columns: shape.width, bias: .optional)
        }
        output = try reader.weight(
            name + "attn_output", rows: shape.width, columns: queryWidth, bias: .optional)
        norm = try reader.layerNorm(
            name + "attn_output_norm", count: shape.width, epsilon: shape.normEpsilon)
    }

    /// hidden = norm(hidden + output(attention(hidden))).
    func apply(
        _ batch: TextBatch, _ shape: Hyperparameters, _ rotation: Rotation, _ memory: Workspace,
        on backend: some Backend
    ) {
        backend.project(
            memory.hidden, rows: batch.count, norm: nil, query: query, key: key, value: value,
            into: memory.query, memory.key, memory.value)
        if rotation.dimension > 0 {
            backend.rotate(
                batch, rotation, query: memory.query, key: memory.key, heads: shape.headCount,
                kvHeads: kvHeads, headDimension: shape.headDimension)
        }
        backend.attend(
            batch, scale: 1 / Float(shape.headDimension).squareRoot(), query: memory.query,
            key: memory.key, value: memory.value, heads: shape.headCount, kvHeads: kvHeads,
            headDimension: shape.headDimension, into: memory.attended)
        backend.project(
            memory.attended, rows: batch.count, norm: nil, output, into: memory.hidden,
            adding: true)
        backend.normalize(memory.hidden, rows: batch.count, norm, into: memory.hidden)
    }
}

extension WeightReader {
    /// Refuses files of an encoder's name that hold what it does not compute.
    func checkEncoder() throws(EngineError) {
        if try optionalBool("attention.causal") == true {
            throw EngineError(
                .unsupportedArchitecture, "\(key("attention.causal")): true is not supported")
        }
        try refuse(tensorsContaining: "_exps.", "mixtures of experts are not supported here")
        try refuse(tensorsContaining: "attn_q_norm", "norms of queries are not supported here")
    }
}
