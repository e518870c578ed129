/// Embeddings.
extension Session {
    /// Final hidden state of the tokens, pooled as the model says, not normalised.
    ///
    /// A decoder takes the memory of one more sequence while it runs; open sequences are left
    /// alone. An encoder needs no cache.
    ///
    /// - Returns: `embeddingLength` floats.
    /// - Throws: ``EngineError`` `noPooling`, `badToken`, `contextExceeded`, `outOfMemory`;
    ///   `batchExceeded` for an encoder and more tokens than a batch takes; `malformed` for no
    ///   tokens.
    public func embed(_ tokens: [Token]) throws(EngineError) -> [Float] {
        try embed(batch: [tokens])[0]
    }

    /// ``embed(_:)`` of several texts.
    ///
    /// An encoder computes as many of them at once as a batch takes, packed without padding. Then a
    /// vector is the same bit for bit whatever stands beside it, except that without AVX-512 texts of up
    /// to 8 tokens come out differently, by rounding, beside others where weights are quantised.
    ///
    /// - Throws: what ``embed(_:)`` throws, for any of the texts.
    public func embed(batch texts: [[Token]]) throws(EngineError) -> [[Float]] {
        guard let pooling = model.pooling else {
            throw EngineError(.noPooling, "the model has no pooling type: it makes no embeddings")
        }
        for tokens in texts { try checkText(tokens) }
        var vectors: [[Float]] = []
        guard let encoder = model.encoder else {
            for tokens in texts { vectors.append(try embed(tokens, pooling)) }
            return vectors
        }
        var next = 0
        while next < texts.count {
            var end = next + 1
            var rows = texts[next].count
            while end < texts.count, rows + texts[end].count <= options.batchSize {
                rows += texts[end].count
                end += 1
            }
            for text in encode(texts[next..<end], encoder) {
                var pool = Pool(pooling, width: model.embeddingLength)
                pool.add(workspace.hidden, rows: text, of: text.count, firstPosition: 0)
                vectors.append(pool.vector)
            }
            next = end
        }
        return vectors
    }

    /// Final hidden states of every token of a text, for an encoder.
    func states(of tokens: [Token]) throws(EngineError) -> [[Float]] {
        guard let encoder = model.encoder else {
            throw EngineError(.noPooling, "\(model.architecture) is no encoder")
        }
        try checkText(tokens)
        let hidden = workspace.hidden
        return encode([tokens], encoder)[0].map { row in
            (0..<model.embeddingLength).map { unsafe hidden.handle[row * hidden.width + $0] }
        }
    }

    private func checkText(_ tokens: [Token]) throws(EngineError) {
        guard !tokens.isEmpty else { throw EngineError(.malformed, "no tokens to embed") }
        try checkContext(tokens.count)
        if let encoder = model.encoder {
            if let most = encoder.positionCount, tokens.count > most {
                throw EngineError(
                    .contextExceeded, "\(tokens.count) tokens exceed the context of \(most)")
            }
            guard tokens.count <= options.batchSize else {
                throw EngineError(
                    .batchExceeded,
                    "\(tokens.count) tokens exceed the batch of \(options.batchSize)")
            }
        }
        for token in tokens { try checkToken(token) }
    }

    /// Leaves final hidden states in the workspace; returns the rows of each text.
    private func encode(
        _ texts: ArraySlice<[Token]>, _ encoder: any Encoder
    ) -> [Range<Int>] {
        setLogitRows(0)
        let rotation = encoder.rotation
        var ranges: [Range<Int>] = []
        var row = 0
        for tokens in texts {
            ranges.append(row..<row + tokens.count)
            for (position, token) in tokens.enumerated() {
                unsafe scratch.tokens[row] = token
                unsafe scratch.offsets[row] = Int32(position)
                unsafe rotation.write(
                    position: position, to: scratch.rotations + row * rotation.dimension)
                row += 1
            }
        }
        let batch = unsafe TextBatch(
            count: row, tokens: scratch.tokens, positions: scratch.offsets,
            rotations: scratch.rotations, texts: ranges)
        encoder.forward(batch, workspace, on: backend)
        return ranges
    }

    /// Runs a decoder over a text of its own.
    private func embed(_ tokens: [Token], _ pooling: Pooling) throws(EngineError) -> [Float] {
        setLogitRows(0)
        var sequence = OpenSequence(number: 0, contextLength: tokens.count)
        sequence.isDetached = true
        sequences.append(sequence)
        defer { end(SequenceID(rawValue: 0)) }
        let slot = sequences.count - 1
        try reservePages(slot, length: tokens.count)

        var pool = Pool(pooling, width: model.embeddingLength)
        var first = 0
        while first < tokens.count {
            let chunk = Array(tokens[first..<min(tokens.count, first + options.batchSize)])
            var spans = 0
            append(chunk, to: slot, firstRow: 0, span: &spans)
            for row in chunk.indices { unsafe scratch.outputs[row] = Int32(row) }
            model.decoder.forward(
                batch(rows: chunk.count, spans: spans, outputs: chunk.count), workspace,
                on: backend)
            // The residual stream is done with: normalise it in place.
            let hidden = workspace.hidden
            backend.normalize(
                hidden, rows: chunk.count, model.decoder.outputNorm, into: hidden)
            pool.add(hidden, rows: 0..<chunk.count, of: tokens.count, firstPosition: first)
            first += chunk.count
        }
        return pool.vector
    }
}

/// The hidden states of a text on their way to one vector.
private struct Pool {
    let pooling: Pooling
    private var sum: [Double]
    private var count = 0

    init(_ pooling: Pooling, width: Int) {
        self.pooling = pooling
        sum = Array(repeating: 0, count: width)
    }

    /// - Parameters:
    ///   - length: Tokens of the text.
    ///   - firstPosition: Of the first row in the text.
    mutating func add(
        _ hidden: Activations, rows: Range<Int>, of length: Int, firstPosition: Int
    ) {
        for (index, row) in rows.enumerated() {
            let position = firstPosition + index
            switch pooling {
            case .mean: break
            case .cls: guard position == 0 else { continue }
            case .last: guard position == length - 1 else { continue }
            }
            let state = unsafe hidden.handle + row * hidden.width
            for column in sum.indices { unsafe sum[column] += Double(state[column]) }
            count += 1
        }
    }

    var vector: [Float] { sum.map { Float($0 / Double(count)) } }
}
