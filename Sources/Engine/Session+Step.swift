/// Evaluating a batch.
extension Session {
    /// Evaluates the batch; afterwards `logits(row)` holds one row per requested position, in order
    /// of the work.
    ///
    /// Prompts in chunks and single tokens of several sequences may stand together. Single tokens of five
    /// or more sequences are computed as it is fastest, with another order of sums; else see
    /// ``exactRows``.
    ///
    /// - Throws: ``EngineError`` `unknownSequence`, `badToken`, `contextExceeded`,
    ///   `batchExceeded` or `outOfMemory`; then nothing has changed.
    /// - Complexity: no allocation, except a page for every 32nd position and the logits' first
    ///   use.
    public func step(_ work: [Work]) throws(EngineError) {
        try check(work)
        setLogitRows(0)
        var wanted = 0
        for item in work { wanted += item.logits.wanted(of: item.tokens.count) }
        try reserveResults(wanted)
        for (index, item) in work.enumerated() {
            // Work for the same sequence may stand before.
            let slot = slot(item.sequence)!
            var length = sequences[slot].tokens.count + item.tokens.count
            for other in work[..<index] where other.sequence == item.sequence {
                length += other.tokens.count
            }
            try reservePages(slot, length: length)
        }

        var row = 0
        var spanCount = 0
        var outputCount = 0
        for item in work where !item.tokens.isEmpty {
            let slot = slot(item.sequence)!
            append(item.tokens, to: slot, firstRow: row, span: &spanCount)
            let last = row + item.tokens.count
            for one in last - item.logits.wanted(of: item.tokens.count)..<last {
                unsafe scratch.outputs[outputCount] = Int32(one)
                outputCount += 1
            }
            row = last
        }
        guard row > 0 else { return }
        // Neither drafts nor tokens that are known beforehand may change what is said.
        backend.few = work.allSatisfy { $0.tokens.count <= 1 } ? .fast : .equal
        run(batch(rows: row, spans: spanCount, outputs: outputCount))
        setLogitRows(outputCount)
    }

    func batch(rows: Int, spans: Int, outputs: Int) -> Batch {
        unsafe Batch(
            count: rows, tokens: scratch.tokens, rotations: scratch.rotations,
            localRotations: scratch.localRotations, pages: scratch.pages, offsets: scratch.offsets,
            spans: UnsafeBufferPointer(start: scratch.spans, count: spans),
            outputs: UnsafeBufferPointer(start: scratch.outputs, count: outputs))
    }

    private func run(_ batch: Batch) {
        let decoder = model.decoder
        decoder.forward(batch, workspace, on: backend)
        if unsafe batch.outputs.isEmpty { return }
        unsafe backend.project(
            workspace.hidden, rows: batch.outputs.count, norm: decoder.outputNorm,
            decoder.output, into: resultMemory!.results, adding: false)
    }

    private func check(_ work: [Work]) throws(EngineError) {
        var total = 0
        var lengths: [Int: Int] = [:]
        for item in work {
            let slot = try open(item.sequence)
            total += item.tokens.count
            let length = (lengths[slot] ?? sequences[slot].tokens.count) + item.tokens.count
            try checkContext(length)
            lengths[slot] = length
            for token in item.tokens { try checkToken(token) }
        }
        guard total <= options.batchSize else {
            throw EngineError(
                .batchExceeded, "\(total) tokens exceed the batch of \(options.batchSize)")
        }
    }

    func checkToken(_ token: Token) throws(EngineError) {
        guard token >= 0 && Int(token) < model.vocabularySize else {
            throw EngineError(
                .badToken, "token \(token) is not in the vocabulary of \(model.vocabularySize)")
        }
    }

    private func reserveResults(_ rows: Int) throws(EngineError) {
        guard rows > resultCapacity else { return }
        let shape = model.decoder.shape
        let capacity = min(options.batchSize, max(rows, resultCapacity * 2, 4))
        resultMemory = nil
        resultCapacity = 0
        resultMemory = try ResultMemory(rows: capacity, shape)
        resultCapacity = capacity
    }

    /// Adds empty pages up to `length` positions; when memory runs out, those added stay, empty.
    func reservePages(_ slot: Int, length: Int) throws(EngineError) {
        while sequences[slot].path.count < PageLayout.pages(for: length) {
            let page = unsafe try tree.makePage()
            let index = unsafe tree.add(
                page, after: sequences[slot].path.last ?? PrefixTree.root, tokens: [],
                isDetached: sequences[slot].isDetached)
            unsafe sequences[slot].append(index, page, [])
        }
    }

    /// Puts tokens into the sequence and the scratch rows; pages are there.
    func append(_ tokens: [Token], to slot: Int, firstRow: Int, span: inout Int) {
        let first = sequences[slot].tokens.count
        let rotation = model.decoder.rotation
        let local = model.decoder.local?.rotation
        for (index, token) in tokens.enumerated() {
            let row = firstRow + index
            let position = first + index
            let page = sequences[slot].path[position / PageLayout.positions]
            unsafe scratch.tokens[row] = token
            unsafe scratch.pages[row] = unsafe tree.nodes[page].page
            unsafe scratch.offsets[row] = Int32(position % PageLayout.positions)
            unsafe rotation.write(
                position: position, to: scratch.rotations + row * rotation.dimension)
            if let local {
                unsafe local.write(
                    position: position, to: scratch.localRotations + row * local.dimension)
            }
        }
        unsafe scratch.spans[span] = unsafe Batch.Span(
            firstRow: firstRow, count: tokens.count, firstPosition: first,
            pages: UnsafePointer(sequences[slot].pages))
        span += 1
        sequences[slot].tokens.append(contentsOf: tokens)
        var index = 0
        while index < tokens.count {
            let position = first + index
            let count = min(
                tokens.count - index,
                PageLayout.positions - position % PageLayout.positions)
            tree.append(
                tokens[index..<index + count],
                to: sequences[slot].path[position / PageLayout.positions])
            index += count
        }
    }
}
