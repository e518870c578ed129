/// Gemma 3, the part that reads and writes text: most layers see a window of the past and turn
/// fast, every sixth sees all of it; heads of queries and keys are normalised, and so is what
/// attention and feed-forward (gated by GELU) add.
struct Gemma3: Architecture {
    static let name = "gemma3"

    let shape: Hyperparameters
    let rotation: Rotation
    let local: LocalAttention?
    let embedding: Weight  // (vocabulary, width)
    let layers: [Layer]
    let outputNorm: Norm
    let output: Weight  // (vocabulary, width); the embedding itself in tied models
    /// Of scores.
    private let scale: Float

    struct Layer: Sendable {
        let attention: AttentionBlock
        let attentionOutputNorm: Norm
        let feedForward: FeedForwardBlock
        let feedForwardOutputNorm: Norm
    }

    var normsOutputs: Bool { true }

    init(_ reader: WeightReader) throws(EngineError) {
        let shape = try Hyperparameters(reader)
        self.shape = shape
        for key in ["attn_logit_softcapping", "final_logit_softcapping"] {
            if let cap = try reader.optionalFloat(key, in: 0...1e6), cap > 0 {
                throw EngineError(
                    .unsupportedArchitecture, "\(reader.key(key)): \(cap) is not supported")
            }
        }
        // Files of Ollama's own converter name the bases in another way.
        let base = "rope.global.freq_base"
        rotation = try shape.rotation(
            reader, pairs: .halves,
            base: try reader.optionalFloat(base, in: 1...1e12) == nil ? "rope.freq_base" : base)
        local = try Self.local(reader, shape, dimension: rotation.dimension)
        // The largest model's scale follows its width; the file does not say so.
        let isLargest = shape.layerCount == 62
        let scaled = isLargest ? shape.width / shape.headCount : shape.headDimension
        scale = 1 / Float(scaled).squareRoot()
        embedding = try reader.weight(
            "token_embd", rows: shape.vocabularySize, columns: shape.width, isTable: true)
        var layers: [Layer] = []
        for layer in 0..<shape.layerCount {
            func norm(_ name: String) throws(EngineError) -> Norm {
                try reader.norm(
                    "blk.\(layer).\(name)", count: shape.width, epsilon: shape.normEpsilon)
            }
            layers.append(
                Layer(
                    attention: try AttentionBlock(
                        reader, shape, layer: layer, bias: .none, outputBias: .none,
                        headNorms: true),
                    attentionOutputNorm: try norm("post_attention_norm"),
                    feedForward: try FeedForwardBlock(reader, shape, layer: layer, bias: .none),
                    feedForwardOutputNorm: try norm("post_ffw_norm")))
        }
        self.layers = layers
        outputNorm = try reader.norm(
            "output_norm", count: shape.width, epsilon: shape.normEpsilon)
        output = try reader.output(tiedTo: embedding, shape)
    }

    /// nil without a window.
    private static func local(
        _ reader: WeightReader, _ shape: Hyperparameters, dimension: Int
    ) throws(EngineError) -> LocalAttention? {
        let window = try reader.optionalInteger("attention.sliding_window", in: 0...(1 << 30)) ?? 0
        guard window > 0 else { return nil }
        let period =
            try reader.optionalInteger("attention.sliding_window_pattern", in: 1...1024) ?? 6
        var base = try reader.optionalFloat("rope.freq_base_swa", in: 1...1e12)
        if base == nil { base = try reader.optionalFloat("rope.local.freq_base", in: 1...1e12) }
        return LocalAttention(
            window: window,
            rotation: Rotation(
                pairs: .halves, dimension: dimension, base: Double(base ?? 10_000), stretch: 1,
                divisors: nil),
            isLocal: (0..<shape.layerCount).map { $0 % period < period - 1 })
    }

    func forward(_ batch: Batch, _ memory: Workspace, on backend: some Backend) {
        backend.embed(batch, embedding, into: memory.hidden)
        backend.scale(memory.hidden, rows: batch.count, by: Float(shape.width).squareRoot())
        for (index, layer) in layers.enumerated() {
            let seen = local.flatMap { $0.isLocal[index] ? $0 : nil }
            let rows = layer.attention.attend(
                batch, layer: index, shape, seen?.rotation ?? rotation,
                window: seen?.window ?? 0, scale: scale, memory, on: backend)
            backend.project(
                memory.attended, rows: rows, norm: nil, layer.attention.output,
                into: memory.added, adding: false)
            backend.add(
                memory.added, rows: rows, norm: layer.attentionOutputNorm,
                to: memory.hidden)
            let network = layer.feedForward
            backend.feedForward(
                memory.hidden, rows: rows, norm: network.norm, gate: network.gate,
                up: network.up, unit: .gelu, by: memory.gated, down: network.down,
                into: memory.added, adding: false)
            backend.add(
                memory.added, rows: rows, norm: layer.feedForwardOutputNorm,
                to: memory.hidden)
        }
    }
}
