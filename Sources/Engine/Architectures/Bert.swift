/// BERT and the many embedding models of its form (MiniLM, BGE, E5, GTE, Arctic Embed): learned
/// positions, layer norms after each block, and a feed-forward network with GELU.
///
/// GELU is the tanh form, as in the reference; the models were trained with the exact one, from
/// which hidden states move by about 1e-3.
struct Bert: Encoder {
    static let name = "bert"

    let shape: Hyperparameters
    let rotation: Rotation
    let embedding: EncoderEmbedding
    let layers: [Layer]

    struct Layer: Sendable {
        let attention: EncoderAttention
        let up: Weight  // (feedForward, width)
        let down: Weight  // (width, feedForward)
        let norm: LayerNorm
    }

    var positionCount: Int? { shape.contextLength }

    init(_ reader: WeightReader) throws(EngineError) {
        try reader.checkEncoder()
        let shape = try Hyperparameters(reader, epsilon: "attention.layer_norm_epsilon")
        self.shape = shape
        rotation = .none
        embedding = try EncoderEmbedding(reader, shape, hasPositions: true)
        var layers: [Layer] = []
        for layer in 0..<shape.layerCount {
            let name = "blk.\(layer)."
            layers.append(
                Layer(
                    attention: try EncoderAttention(reader, shape, layer: layer),
                    up: try reader.weight(
                        name + "ffn_up", rows: shape.feedForwardLength, columns: shape.width,
                        bias: .optional),
                    down: try reader.weight(
                        name + "ffn_down", rows: shape.width, columns: shape.feedForwardLength,
                        bias: .optional),
                    norm: try reader.layerNorm(
                        name + "layer_output_norm", count: shape.width,
                        epsilon: shape.normEpsilon)))
        }
        self.layers = layers
    }

    func forward(_ batch: TextBatch, _ memory: Workspace, on backend: some Backend) {
        backend.embed(
            batch, tokens: embedding.tokens, types: embedding.types,
            positions: embedding.positions, norm: embedding.norm, into: memory.hidden)
        for layer in layers {
            layer.attention.apply(batch, shape, rotation, memory, on: backend)
            backend.activate(memory.hidden, rows: batch.count, layer.up, into: memory.gated)
            backend.project(
                memory.gated, rows: batch.count, norm: nil, layer.down, into: memory.hidden,
                adding: true)
            backend.normalize(memory.hidden, rows: batch.count, layer.norm, into: memory.hidden)
        }
    }
}
