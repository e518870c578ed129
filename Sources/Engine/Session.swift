#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The paged KV cache, scratch memory and compute threads over one model: steps a batch of sequences.
///
/// Keys and values live in pages that sequences with a common beginning share, also after their
/// end, as long as memory lasts: at most `maxSequences * contextLength` positions.
///
/// Owned by one thread at a time; not Sendable.
@safe
public final class Session {
    public let model: Model
    public let options: SessionOptions
    let backend: CPUBackend
    let workspace: Workspace
    var tree: PrefixTree
    var sequences: [OpenSequence] = []
    private var nextNumber = 1
    let scratch: StepScratch

    /// Hidden states and logits of the wanted rows; grown on demand.
    var resultMemory: ResultMemory?
    var resultCapacity = 0
    private(set) public var logitRows = 0

    /// - Throws: ``EngineError`` `malformed` for an option out of range, `outOfMemory`.
    /// - Complexity: memory of `batchSize` rows of activations; pages come with the tokens.
    public init(_ model: Model, _ options: SessionOptions) throws(EngineError) {
        try options.check()
        self.model = model
        self.options = options
        let shape = model.shape
        let layout = PageLayout(shape, options.cacheType)
        let team = WorkerTeam(
            count: options.threads == 0 ? ProcessorCount.usable : options.threads)
        backend = try CPUBackend(
            model.isEncoder ? model.instructionSet.exactInBatches : model.instructionSet, shape,
            team: team, layout: layout, rows: options.batchSize,
            adapterRank: model.adapterRank, few: model.isEncoder ? .asMany : .equal)
        workspace =
            model.isEncoder
            ? try Workspace(encoding: shape, rows: options.batchSize, on: backend)
            : try Workspace(
                shape, rows: options.batchSize, on: backend,
                normsOutputs: model.decoder.normsOutputs)
        let (pages, overflow) = options.maxSequences.multipliedReportingOverflow(
            by: PageLayout.pages(for: options.contextLength))
        guard !overflow else {
            throw EngineError(
                .outOfMemory,
                "\(options.maxSequences) sequences of \(options.contextLength) tokens")
        }
        tree = PrefixTree(layout, budget: model.isEncoder ? 0 : pages)
        scratch = try StepScratch(
            rows: options.batchSize, rotated: model.rotation.dimension,
            locallyRotated: model.isEncoder ? 0 : model.decoder.local?.rotation.dimension ?? 0)
    }

    /// Whether the model's weights stay where they are for now, instead of moving to huge pages beside what
    /// is computed: as long as someone waits for a first token.
    public var holdsWeights = false {
        didSet {
            if holdsWeights == oldValue { return }
            if holdsWeights { model.move?.pause() } else { model.move?.resume() }
        }
    }

    deinit {
        if holdsWeights { model.move?.resume() }
        for sequence in sequences { sequence.deallocate() }
        tree.removeAll()
    }

    // MARK: Sequences

    /// Opens a sequence for `prompt` and returns how many of its first tokens are in the cache already
    /// (at most prompt.count - 1); the caller steps the rest, in chunks of up to batchSize.
    ///
    /// - Throws: ``EngineError`` `contextExceeded`, `outOfMemory` when `maxSequences` are open, or
    ///   `embeddingsOnly` for an encoder.
    /// - Complexity: O(reused), and a copy of at most one page.
    public func begin(
        _ prompt: [Token]
    ) throws(EngineError) -> (sequence: SequenceID, reused: Int) {
        guard !model.isEncoder else {
            throw EngineError(
                .embeddingsOnly, "\(model.architecture) models make embeddings and no text")
        }
        guard sequences.count < options.maxSequences else {
            throw EngineError(.outOfMemory, "\(sequences.count) sequences are open already")
        }
        try checkContext(prompt.count)
        var sequence = OpenSequence(number: nextNumber, contextLength: options.contextLength)
        let limit = max(0, prompt.count - 1)
        var parent = PrefixTree.root
        while sequence.tokens.count < limit {
            let rest = prompt[sequence.tokens.count..<limit]
            guard let (child, common) = tree.bestChild(of: parent, for: rest) else { break }
            let held = tree.nodes[child].tokens.count
            if common == PageLayout.positions || (common == held && tree.isFree(child)) {
                tree.use(child)
                unsafe sequence.append(child, tree.nodes[child].page, rest.prefix(common))
                parent = child
                if common < PageLayout.positions { break }
                continue
            }
            // The page goes on differently: take over what is common.
            tree.use(child)
            defer { tree.release(CollectionOfOne(child)) }
            guard let page = unsafe try? tree.makePage() else { break }
            unsafe tree.copy(common, from: tree.nodes[child].page, to: page)
            let copy = unsafe tree.add(
                page, after: parent, tokens: Array(rest.prefix(common)), isDetached: false)
            unsafe sequence.append(copy, page, rest.prefix(common))
            break
        }
        nextNumber += 1
        sequences.append(sequence)
        return (SequenceID(rawValue: sequence.number), sequence.tokens.count)
    }

    /// Tokens the sequence holds; none when it is not open.
    public func tokens(of sequence: SequenceID) -> [Token] {
        slot(sequence).map { sequences[$0].tokens } ?? []
    }

    public func length(of sequence: SequenceID) -> Int {
        slot(sequence).map { sequences[$0].tokens.count } ?? 0
    }

    /// Closes the sequence.
    ///
    /// Its pages stay for prefix reuse until memory is needed.
    public func end(_ sequence: SequenceID) {
        guard let slot = slot(sequence) else { return }
        tree.release(sequences[slot].path)
        sequences[slot].deallocate()
        sequences.remove(at: slot)
    }

    func slot(_ sequence: SequenceID) -> Int? {
        sequences.firstIndex { $0.number == sequence.rawValue }
    }

    func open(_ sequence: SequenceID) throws(EngineError) -> Int {
        guard let slot = slot(sequence) else {
            throw EngineError(.unknownSequence, "sequence \(sequence.rawValue) is not open")
        }
        return slot
    }

    func checkContext(_ length: Int) throws(EngineError) {
        guard length <= options.contextLength else {
            throw EngineError(
                .contextExceeded,
                "\(length) tokens exceed the context of \(options.contextLength)")
        }
    }

    // MARK: Results

    /// vocabularySize floats, overwritten by the next step; the caller may change them in place.
    ///
    /// - Parameter row: Below ``logitRows``, in order of the work.
    public func logits(_ row: Int) -> UnsafeMutableBufferPointer<Float> {
        precondition(row >= 0 && row < logitRows, "row \(row) of \(logitRows)")
        let results = resultMemory!.results
        return unsafe UnsafeMutableBufferPointer(
            start: results.handle + row * results.width, count: model.vocabularySize)
    }

    func setLogitRows(_ count: Int) {
        logitRows = count
    }

    /// Bytes of KV pages in use, those of ended sequences included; blocks of pages may hold some more.
    public var cacheBytes: Int { tree.cacheBytes }
    /// Bytes of activations and kernel scratch.
    public var scratchBytes: Int {
        backend.scratchBytes + scratch.byteCount + (resultMemory?.byteCount ?? 0)
    }
    /// Compute threads, the caller's included.
    public var threads: Int { backend.team.count }
}
