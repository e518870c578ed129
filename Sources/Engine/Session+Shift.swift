/// Context shift.
extension Session {
    /// Drops `discard` tokens right after the first `keep`; the rest move down.
    ///
    /// Whole pages before `keep` stay as they are; the others are made anew, with every key turned
    /// back by `discard` positions. From then on the sequence shares its new pages with no other.
    ///
    /// - Throws: ``EngineError`` `unknownSequence`, `contextExceeded` when `keep + discard` is
    ///   more than the sequence holds, or `outOfMemory`; then nothing has changed.
    /// - Complexity: O(length - keep) copies, no evaluation.
    public func shift(_ sequence: SequenceID, keep: Int, discard: Int) throws(EngineError) {
        let slot = try open(sequence)
        let length = sequences[slot].tokens.count
        guard keep >= 0, discard >= 0, keep <= length, discard <= length - keep else {
            throw EngineError(
                .contextExceeded,
                "cannot drop \(discard) tokens after \(keep) of \(length)")
        }
        guard discard > 0 else { return }

        let positions = PageLayout.positions
        let kept = keep / positions
        let newLength = length - discard
        let newCount = PageLayout.pages(for: newLength)
        var pages: [UnsafeMutableRawPointer] = unsafe []
        do {
            while unsafe kept + pages.count < newCount { unsafe pages.append(try tree.makePage()) }
        } catch {
            while let page = unsafe pages.popLast() { unsafe tree.dropPage(page) }
            throw error
        }

        var shift = Shift(
            tree.layout, model.decoder.rotation, local: model.decoder.local, backend.ops,
            distance: discard)
        var position = kept * positions
        while position < newLength {
            // A run within one old page, one new page, and on one side of the cut.
            let isMoved = position >= keep
            let old = isMoved ? position + discard : position
            var run = min(positions - position % positions, positions - old % positions)
            run = min(run, (isMoved ? newLength : min(keep, newLength)) - position)
            unsafe shift.move(
                run, from: tree.nodes[sequences[slot].path[old / positions]].page,
                old % positions, to: pages[position / positions - kept], position % positions,
                turns: isMoved)
            position += run
        }

        tree.release(sequences[slot].path[kept...])
        let remaining = sequences[slot].tokens
        sequences[slot].cut(pages: kept)
        sequences[slot].isDetached = true
        sequences[slot].tokens = Array(remaining[..<keep] + remaining[(keep + discard)...])
        for index in 0..<(newCount - kept) {
            let page = unsafe pages[index]
            let first = (kept + index) * positions
            let held = sequences[slot].tokens[first..<min(newLength, first + positions)]
            let node = unsafe tree.add(
                page, after: sequences[slot].path.last ?? PrefixTree.root, tokens: Array(held),
                isDetached: true)
            unsafe sequences[slot].append(node, page, [])
        }
    }
}
