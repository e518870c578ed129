/// Nomic Embed: BERT with rotary positions, queries, keys and values in one matrix, and a gated
/// feed-forward network with SiLU.
struct NomicBert: Encoder {
    static let name = "nomic-bert"

    let shape: Hyperparameters
    let rotation: Rotation
    let embedding: EncoderEmbedding
    let layers: [Layer]

    struct Layer: Sendable {
        let attention: EncoderAttention
        let gate: Weight  // (feedForward, width)
        let up: Weight  // (feedForward, width)
        let down: Weight  // (width, feedForward)
        let norm: LayerNorm
    }

    /// Rotary positions have no end.
    var positionCount: Int? { nil }

    init(_ reader: WeightReader) throws(EngineError) {
        try reader.checkEncoder()
        let shape = try Hyperparameters(reader, epsilon: "attention.layer_norm_epsilon")
        self.shape = shape
        rotation = try shape.rotation(reader, pairs: .halves)
        embedding = try EncoderEmbedding(reader, shape, hasPositions: false)
        var layers: [Layer] = []
        for layer in 0..<shape.layerCount {
            let name = "blk.\(layer)."
            let (width, inner) = (shape.width, shape.feedForwardLength)
            layers.append(
                Layer(
                    attention: try EncoderAttention(reader, shape, layer: layer),
                    gate: try reader.weight(
                        name + "ffn_gate", rows: inner, columns: width, bias: .optional),
                    up: try reader.weight(
                        name + "ffn_up", rows: inner, columns: width, bias: .optional),
                    down: try reader.weight(
                        name + "ffn_down", rows: width, columns: inner, bias: .optional),
                    norm: try reader.layerNorm(
                        name + "layer_output_norm", count: width, epsilon: shape.normEpsilon)))
        }
        self.layers = layers
    }

    func forward(_ batch: TextBatch, _ memory: Workspace, on backend: some Backend) {
        backend.embed(
            batch, tokens: embedding.tokens, types: embedding.types,
            positions: embedding.positions, norm: embedding.norm, into: memory.hidden)
        for layer in layers {
            layer.attention.apply(batch, shape, rotation, memory, on: backend)
            backend.feedForward(
                memory.hidden, rows: batch.count, norm: nil, gate: layer.gate, up: layer.up,
                unit: .silu, by: memory.gated, down: layer.down, into: memory.hidden,
                adding: true)
            backend.normalize(memory.hidden, rows: batch.count, layer.norm, into: memory.hidden)
        }
    }
}
