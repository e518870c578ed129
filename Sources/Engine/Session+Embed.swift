/// Embeddings.
extension Session {
    /// Final hidden state of the tokens, pooled as the model says, not normalised.
    ///
    /// Takes the memory of one more sequence while it runs and leaves open sequences alone.
    ///
    /// - Returns: `embeddingLength` floats.
    /// - Throws: ``EngineError`` `noPooling`, `badToken`, `contextExceeded`, `outOfMemory`;
    ///   `malformed` for no tokens.
    public func embed(_ tokens: [Token]) throws(EngineError) -> [Float] {
        guard let pooling = model.pooling else {
            throw EngineError(.noPooling, "the model has no pooling type: it makes no embeddings")
        }
        guard !tokens.isEmpty else { throw EngineError(.malformed, "no tokens to embed") }
        try checkContext(tokens.count)
        for token in tokens { try checkToken(token) }

        setLogitRows(0)
        var sequence = OpenSequence(number: 0, contextLength: tokens.count)
        sequence.isDetached = true
        sequences.append(sequence)
        defer { end(SequenceID(rawValue: 0)) }
        let slot = sequences.count - 1
        try reservePages(slot, length: tokens.count)

        let shape = model.decoder.shape
        var sum = [Double](repeating: 0, count: shape.width)
        var first = 0
        while first < tokens.count {
            let chunk = Array(tokens[first..<min(tokens.count, first + options.batchSize)])
            var spans = 0
            append(chunk, to: slot, firstRow: 0, span: &spans)
            model.decoder.forward(
                batch(rows: chunk.count, spans: spans, outputs: 0), workspace, on: backend)
            // The residual stream is done with: normalise it in place.
            let hidden = workspace.hidden
            backend.normalize(
                hidden, rows: chunk.count, model.decoder.outputNorm, into: hidden)
            for row in 0..<chunk.count where pooling.takes(first + row, of: tokens.count) {
                let state = unsafe hidden.handle + row * hidden.width
                for column in 0..<shape.width { unsafe sum[column] += Double(state[column]) }
            }
            first += chunk.count
        }
        let count = pooling == .mean ? Double(tokens.count) : 1
        return sum.map { Float($0 / count) }
    }
}

extension Pooling {
    fileprivate func takes(_ position: Int, of count: Int) -> Bool {
        switch self {
        case .mean: true
        case .cls: position == 0
        case .last: position == count - 1
        }
    }
}
