/// Pages that leave a session and come back, in another session or another process.
extension Session {
    /// Positions of a page.
    public static var pageLength: Int { PageLayout.positions }

    /// Bytes of a page.
    public var pageBytes: Int { tree.layout.byteCount }

    /// What the bytes of a page depend on besides weights, adapters and tokens: two sessions over the
    /// same weights may exchange pages where this text is the same.
    public var pageFormat: String {
        let layout = tree.layout
        return [
            "layout \(PageLayout.version)", model.instructionSet.description, model.architecture,
            layout.type.rawValue, "\(PageLayout.positions) positions",
            "heads of \(layout.headDimension)",
            layout.headCounts.map { "\($0)" }.joined(separator: ","),
        ].joined(separator: "; ")
    }

    /// Bytes of all pages that the cache may hold.
    public var cacheBudget: Int { tree.budget * tree.layout.byteCount }

    /// A copy of page `number` of a text; nil when the cache does not hold all of its tokens there.
    ///
    /// A text may end within the page: positions behind its end are zeros.
    ///
    /// - Complexity: O(number), and the copy.
    public func copyPage(_ number: Int, of text: [Token]) -> [UInt8]? {
        guard number >= 0, number * PageLayout.positions < text.count else { return nil }
        var node = PrefixTree.root
        var count = 0
        for page in 0...number {
            let first = page * PageLayout.positions
            count = min(PageLayout.positions, text.count - first)
            guard
                let (child, common) = tree.bestChild(of: node, for: text[first..<first + count]),
                common == count
            else { return nil }
            node = child
        }
        let size = tree.layout.byteCount
        if count == PageLayout.positions {
            return unsafe Array(
                UnsafeRawBufferPointer(start: tree.nodes[node].page, count: size))
        }
        var copy = [UInt8](repeating: 0, count: size)
        unsafe copy.withUnsafeMutableBytes { bytes in
            unsafe tree.copy(count, from: tree.nodes[node].page, to: bytes.baseAddress!)
        }
        return copy
    }

    /// Appends a page that ``copyPage(_:of:)`` made for the same tokens at the same place, or for
    /// tokens that begin with these.
    ///
    /// Where another sequence has evaluated the tokens of a whole page meanwhile, its page is shared
    /// instead.
    ///
    /// - Parameters:
    ///   - tokens: 1 to ``pageLength``, which follow what the sequence holds; that is a multiple
    ///     of ``pageLength``.
    ///   - page: ``pageBytes`` bytes. They are taken as they are: whoever keeps pages checks them.
    /// - Throws: ``EngineError`` `unknownSequence`, `malformed`, `badToken`, `contextExceeded` or
    ///   `outOfMemory`; then nothing has changed.
    public func restore(
        _ sequence: SequenceID, _ tokens: [Token], from page: UnsafeRawBufferPointer
    ) throws(EngineError) {
        let slot = try open(sequence)
        let length = sequences[slot].tokens.count
        guard 1...PageLayout.positions ~= tokens.count, page.count == tree.layout.byteCount else {
            throw EngineError(
                .malformed,
                "a page has 1 to \(PageLayout.positions) tokens and \(tree.layout.byteCount) bytes, "
                    + "not \(tokens.count) and \(page.count)")
        }
        guard sequences[slot].path.count * PageLayout.positions == length,
            !sequences[slot].isDetached
        else { throw EngineError(.malformed, "no page can follow the \(length) tokens") }
        try checkContext(length + tokens.count)
        for token in tokens { try checkToken(token) }
        let parent = sequences[slot].path.last ?? PrefixTree.root
        // A page that is not full belongs to one sequence.
        if tokens.count == PageLayout.positions,
            let (child, common) = tree.bestChild(of: parent, for: tokens[...]),
            common == PageLayout.positions
        {
            tree.use(child)
            unsafe sequences[slot].append(child, tree.nodes[child].page, tokens[...])
            return
        }
        let copy = unsafe try tree.makePage()
        unsafe copy.copyMemory(from: page.baseAddress!, byteCount: page.count)
        let node = unsafe tree.add(copy, after: parent, tokens: tokens, isDetached: false)
        unsafe sequences[slot].append(node, copy, tokens[...])
    }

    /// Whether the pages of the sequence can be found by its tokens: not once positions were moved.
    public func isShared(_ sequence: SequenceID) -> Bool {
        slot(sequence).map { !sequences[$0].isDetached } ?? false
    }
}
