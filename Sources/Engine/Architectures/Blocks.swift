/// Grouped-query attention with rotary positions.
struct AttentionBlock: Sendable {
    let norm: Norm
    let query: Weight  // (head * headDimension, width)
    let key: Weight  // (kvHead * headDimension, width)
    let value: Weight  // (kvHead * headDimension, width)
    let output: Weight  // (width, head * headDimension)
    /// Norms of each head, in families that have them.
    let queryNorm: Norm?
    let keyNorm: Norm?

    init(
        _ reader: WeightReader, _ shape: Hyperparameters, layer: Int,
        bias: WeightReader.Bias, outputBias: WeightReader.Bias, headNorms: Bool
    ) throws(EngineError) {
        let name = "blk.\(layer)."
        let queryWidth = shape.headCount * shape.headDimension
        let keyWidth = shape.keyValueHeadCounts[layer] * shape.headDimension
        norm = try reader.norm(
            name + "attn_norm", count: shape.width, epsilon: shape.normEpsilon)
        query = try reader.weight(
            name + "attn_q", rows: queryWidth, columns: shape.width, bias: bias)
        key = try reader.weight(name + "attn_k", rows: keyWidth, columns: shape.width, bias: bias)
        value = try reader.weight(name + "attn_v", rows: keyWidth, columns: shape.width, bias: bias)
        output = try reader.weight(
            name + "attn_output", rows: shape.width, columns: queryWidth, bias: outputBias)
        queryNorm =
            headNorms
            ? try reader.norm(
                name + "attn_q_norm", count: shape.headDimension, epsilon: shape.normEpsilon) : nil
        keyNorm =
            headNorms
            ? try reader.norm(
                name + "attn_k_norm", count: shape.headDimension, epsilon: shape.normEpsilon) : nil
    }

    /// hidden += output(attention(norm(hidden))).
    ///
    /// - Returns: the rows with which the layer goes on, as ``attend(_:layer:_:_:window:scale:_:on:)``.
    func add(
        _ batch: Batch, layer: Int, _ shape: Hyperparameters, _ rotation: Rotation,
        _ memory: Workspace, on backend: some Backend
    ) -> Int {
        let rows = attend(
            batch, layer: layer, shape, rotation,
            scale: 1 / Float(shape.headDimension).squareRoot(), memory, on: backend)
        backend.project(
            memory.attended, rows: rows, norm: nil, output, into: memory.hidden, adding: true)
        return rows
    }

    /// attended = attention(norm(hidden)).
    ///
    /// After the last layer's attention no row is read by another: only the wanted ones are left, and
    /// are the first ones of `hidden` and `attended`.
    ///
    /// - Parameter window: Positions that a query sees; 0: all, turned by the first rotation.
    /// - Returns: the rows with which the layer goes on.
    func attend(
        _ batch: Batch, layer: Int, _ shape: Hyperparameters, _ rotation: Rotation,
        window: Int = 0, scale: Float, _ memory: Workspace, on backend: some Backend
    ) -> Int {
        backend.project(
            memory.hidden, rows: batch.count, norm: norm, query: query, key: key, value: value,
            into: memory.query, memory.key, memory.value)
        backend.place(
            batch, layer: layer, rotation: rotation, isLocal: window > 0, queryNorm: queryNorm,
            keyNorm: keyNorm, query: memory.query, key: memory.key, value: memory.value)
        let isLast = layer == shape.layerCount - 1
        if unsafe isLast && batch.outputs.isEmpty { return 0 }
        backend.attend(
            batch, layer: layer, scale: scale, window: window, query: memory.query,
            into: memory.attended, onlyWanted: isLast)
        guard isLast else { return batch.count }
        backend.keep(batch, of: memory.hidden)
        backend.keep(batch, of: memory.attended)
        return unsafe batch.outputs.count
    }
}

/// A gated feed-forward network with SiLU.
struct FeedForwardBlock: Sendable {
    let norm: Norm
    let gate: Weight  // (feedForward, width)
    let up: Weight  // (feedForward, width)
    let down: Weight  // (width, feedForward)

    init(
        _ reader: WeightReader, _ shape: Hyperparameters, layer: Int, bias: WeightReader.Bias
    ) throws(EngineError) {
        let name = "blk.\(layer)."
        let (width, inner) = (shape.width, shape.feedForwardLength)
        norm = try reader.norm(name + "ffn_norm", count: width, epsilon: shape.normEpsilon)
        gate = try reader.weight(name + "ffn_gate", rows: inner, columns: width, bias: bias)
        up = try reader.weight(name + "ffn_up", rows: inner, columns: width, bias: bias)
        down = try reader.weight(name + "ffn_down", rows: width, columns: inner, bias: bias)
    }

    /// hidden += down(silu(gate(norm(hidden))) * up(norm(hidden))).
    func add(rows: Int, _ memory: Workspace, on backend: some Backend) {
        backend.feedForward(
            memory.hidden, rows: rows, norm: norm, gate: gate, up: up, unit: .silu,
            by: memory.gated, down: down, into: memory.hidden, adding: true)
    }
}
