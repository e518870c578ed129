/// Llama 2 and 3, Mistral and the many that share their form: grouped-query attention, neighbouring
/// rotary pairs (with per-pair divisors in Llama 3.1 and later), gated feed-forward; biases where
/// the file has them.
struct Llama: Architecture {
    static let name = "llama"

    let shape: Hyperparameters
    let rotation: Rotation
    let embedding: Weight  // (vocabulary, width)
    let layers: [Layer]
    let outputNorm: Norm
    let output: Weight  // (vocabulary, width); the embedding itself in tied models

    struct Layer: Sendable {
        let attention: AttentionBlock
        let feedForward: FeedForwardBlock
    }

    init(_ reader: WeightReader) throws(EngineError) {
        try reader.refuse(
            tensorsContaining: "_exps.", "mixtures of experts are not supported in llama models")
        let shape = try Hyperparameters(reader)
        self.shape = shape
        rotation = try shape.rotation(reader, pairs: .neighbours)
        embedding = try reader.weight(
            "token_embd", rows: shape.vocabularySize, columns: shape.width, isTable: true)
        var layers: [Layer] = []
        for layer in 0..<shape.layerCount {
            layers.append(
                Layer(
                    attention: try AttentionBlock(
                        reader, shape, layer: layer, bias: .optional, outputBias: .optional,
                        headNorms: false),
                    feedForward: try FeedForwardBlock(reader, shape, layer: layer, bias: .optional))
            )
        }
        self.layers = layers
        outputNorm = try reader.norm(
            "output_norm", count: shape.width, epsilon: shape.normEpsilon)
        output = try reader.output(tiedTo: embedding, shape)
    }

    func forward(_ batch: Batch, _ memory: Workspace, on backend: some Backend) {
        backend.embed(batch, embedding, into: memory.hidden)
        for (index, layer) in layers.enumerated() {
            let rows = layer.attention.add(
                batch, layer: index, shape, rotation, memory, on: backend)
            layer.feedForward.add(rows: rows, memory, on: backend)
        }
    }
}
