/// Taking tokens back.
extension Session {
    /// Rows of a step up to which several tokens of a sequence come out bit for bit as they do one by one,
    /// in steps of up to four rows.
    public static var exactRows: Int { 8 }

    /// Drops the tokens behind the first `length`, as if they had never been evaluated.
    ///
    /// Pages that others go through stay whole.
    ///
    /// - Throws: ``EngineError`` `unknownSequence`, `contextExceeded` when the sequence is
    ///   shorter, or `outOfMemory`; then nothing has changed.
    /// - Complexity: O(dropped), and a copy of at most one page.
    public func cut(_ sequence: SequenceID, to length: Int) throws(EngineError) {
        let slot = try open(sequence)
        let held = sequences[slot].tokens.count
        guard length >= 0, length <= held else {
            throw EngineError(.contextExceeded, "cannot keep \(length) tokens of \(held)")
        }
        guard length < held else { return }
        let path = sequences[slot].path
        let count = PageLayout.pages(for: length)
        let rest = length % PageLayout.positions

        // From the end: pages that nobody else goes through are given up.
        var given: Set<PrefixTree.Index> = []
        for index in path[count...].reversed() where tree.isOwned(index, apartFrom: given) {
            given.insert(index)
        }
        var copy: UnsafeMutableRawPointer?
        if rest > 0, !tree.isOwned(path[count - 1], apartFrom: given) {
            unsafe copy = unsafe try tree.makePage()
        }

        for index in given { tree.keep(0, of: index) }
        tree.release(path[count...])
        sequences[slot].cut(pages: count)
        sequences[slot].tokens.removeSubrange(length...)
        guard rest > 0 else { return }
        let last = path[count - 1]
        guard let page = unsafe copy else { return tree.keep(rest, of: last) }
        unsafe tree.copy(rest, from: tree.nodes[last].page, to: page)
        let node = unsafe tree.add(
            page, after: tree.nodes[last].parent, tokens: Array(tree.nodes[last].tokens[..<rest]),
            isDetached: tree.nodes[last].isDetached)
        tree.release(CollectionOfOne(last))
        sequences[slot].cut(pages: count - 1)
        unsafe sequences[slot].append(node, page, [])
    }
}
