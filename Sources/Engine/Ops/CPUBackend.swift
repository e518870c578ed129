import CKernels

/// The operations on the CPU: kernels of one instruction set, spread over a team of threads.
///
/// Driven by one thread at a time; not Sendable.
@safe
final class CPUBackend: Backend {
    let team: WorkerTeam
    let instructionSet: InstructionSet
    let layout: PageLayout
    let ops: ck_ops
    private var memory: [Memory] = []
    /// Per member: space of kernels and a row of floats.
    private let scratch: UnsafeMutableRawPointer
    private let scratchStride: Int
    /// Per member: both factors of a part of a gated unit, `gateFloats` each.
    private let gates: UnsafeMutablePointer<Float>
    let gateFloats: Int
    /// Inputs of the product at work: as its kernels read them, with a place for each form because
    /// products of one call may differ in it, and as floats where a norm was applied. The other
    /// forms than bytes are those of an instruction set: nil on the rest.
    let bytes: UnsafeMutableRawPointer
    let powers, fours, words, tiles: UnsafeMutableRawPointer?
    /// The result of a gated unit as tiles, while `tiles` is its input.
    let gatedTiles: UnsafeMutableRawPointer?
    let normalized: UnsafeMutablePointer<Float>
    /// The second factor of a gated unit that is not taken in parts.
    let rising: Activations
    /// The narrow products of adapters; nil where the model has none.
    let narrow: Activations?
    let queryHeads: Int
    /// How products take few rows.
    var few: FewRows
    var trail = WeightTrail()

    /// - Parameters:
    ///   - rows: Most rows of a batch.
    ///   - adapterRank: Greatest rank of the weights' deltas.
    ///   - few: How products take few rows, until that changes.
    init(
        _ instructionSet: InstructionSet, _ shape: Hyperparameters, team: WorkerTeam,
        layout: PageLayout, rows: Int, adapterRank: Int = 0, few: FewRows = .equal
    ) throws(EngineError) {
        self.team = team
        self.instructionSet = instructionSet
        self.layout = layout
        self.few = few
        ops = unsafe ck_ops_for(instructionSet.isa)!.pointee
        queryHeads = shape.headCount
        let columns = max(shape.widestInput, adapterRank)
        let attention = shape.keyValueHeadCounts.map { kvHeads in
            let group = shape.headCount / kvHeads
            return ck_attention_scratch(
                PageLayout.positions, group, PageLayout.positions, shape.headDimension)
        }
        let kernel = attention.reduce(ck_matmul_scratch(columns)) { max($0, $1) }
        scratchStride = (kernel + 127) / 128 * 128
        let perThread = try Memory(byteCount: scratchStride * team.count, for: "kernel scratch")
        // Untouched memory takes no place.
        let (hasWords, hasPanels, hasTiles) = unsafe (
            ops.words != nil, ops.panel != nil, ops.split != nil
        )
        let purpose = "packed activations"
        let panels = ck_panels(rows)
        let bytes = try Memory(byteCount: rows * ck_act_bytes(columns), for: purpose)
        let powers =
            hasPanels
            ? try Memory(byteCount: panels * ck_panel_bytes(columns), for: purpose) : nil
        let fours =
            hasPanels
            ? try Memory(byteCount: panels * ck_panel_bytes(columns), for: purpose) : nil
        let words =
            hasWords ? try Memory(byteCount: rows * ck_words_bytes(columns), for: purpose) : nil
        let tiles =
            hasTiles
            ? try Memory(byteCount: (rows + 15) / 16 * ck_tiles_bytes(columns), for: purpose) : nil
        let gatedTiles =
            hasTiles
            ? try Memory(
                byteCount: (rows + 15) / 16 * ck_tiles_bytes(shape.feedForwardLength),
                for: purpose) : nil
        let floats = try Memory(
            byteCount: rows * CPUBackend.aligned(columns) * 4, for: "normalized activations")
        let second = try Memory(
            byteCount: rows * CPUBackend.aligned(shape.feedForwardLength) * 4,
            for: "feed-forward activations")
        // Some outputs of many rows, or many of a few.
        let part = instructionSet.isa == CK_AMX ? 256 : 64
        gateFloats = max(rows * part, min(rows, 8) * CPUBackend.aligned(shape.feedForwardLength))
        let factors = try Memory(
            byteCount: team.count * 2 * gateFloats * 4, for: "factors of gated units")
        unsafe gates = unsafe factors.base.assumingMemoryBound(to: Float.self)
        rising = unsafe Activations(
            handle: second.base.assumingMemoryBound(to: Float.self),
            width: CPUBackend.aligned(shape.feedForwardLength))
        unsafe scratch = unsafe perThread.base
        unsafe self.bytes = unsafe bytes.base
        unsafe (self.powers, self.fours, self.words, self.tiles) = unsafe (
            powers?.base, fours?.base, words?.base, tiles?.base
        )
        unsafe self.gatedTiles = unsafe gatedTiles?.base
        unsafe normalized = unsafe floats.base.assumingMemoryBound(to: Float.self)
        memory = [perThread, bytes, floats, second, factors]
        memory += [powers, fours, words, tiles, gatedTiles].compactMap { $0 }
        guard adapterRank > 0 else {
            narrow = nil
            return
        }
        let width = CPUBackend.aligned(adapterRank)
        let third = try Memory(byteCount: rows * width * 4, for: "adapter activations")
        narrow = unsafe Activations(
            handle: third.base.assumingMemoryBound(to: Float.self), width: width)
        memory.append(third)
    }

    var scratchBytes: Int { memory.reduce(0) { $0 + $1.byteCount } }

    func activations(rows: Int, width: Int) throws(EngineError) -> Activations {
        let (bytes, overflow) = (rows * 4).multipliedReportingOverflow(
            by: CPUBackend.aligned(width))
        guard !overflow else {
            throw EngineError(.outOfMemory, "\(rows) rows of \(width) floats")
        }
        let block = try Memory(byteCount: bytes, for: "\(rows) rows of \(width) floats")
        memory.append(block)
        return unsafe Activations(
            handle: block.base.assumingMemoryBound(to: Float.self),
            width: CPUBackend.aligned(width))
    }

    /// Rows start at multiples of 64 bytes, an odd number of them apart: so the parts of a column of
    /// many rows are spread over all places of a cache.
    static func aligned(_ width: Int) -> Int {
        let lines = (width + 15) / 16
        return (lines | 1) * 16
    }

    func scratch(of member: Int) -> UnsafeMutableRawPointer {
        unsafe scratch + member * scratchStride
    }

    func gated(of member: Int) -> UnsafeMutablePointer<Float> {
        unsafe gates + 2 * member * gateFloats
    }

    func risen(of member: Int) -> UnsafeMutablePointer<Float> {
        unsafe gates + (2 * member + 1) * gateFloats
    }

    /// Calls `body` with every row, on the calling thread where few rows are not worth the rest.
    func forEachRow(_ rows: Int, _ body: (_ row: Int) -> Void) {
        if rows < 4 {
            for row in 0..<rows { body(row) }
            return
        }
        let chunk = max(1, min(16, rows / (team.count * 2)))
        team.run(tasks: (rows + chunk - 1) / chunk) { task, _ in
            for row in task * chunk..<min(rows, (task + 1) * chunk) { body(row) }
        }
    }

    func embed(_ batch: Batch, _ table: Weight, into y: Activations) {
        let dequantize = unsafe table.format.kernels.pointee.dequantize!
        forEachRow(batch.count) { row in
            unsafe dequantize(
                table.handle + Int(batch.tokens[row]) * table.rowBytes, table.columns,
                y.handle + row * y.width)
        }
    }

    func keep(_ batch: Batch, of x: Activations) {
        // A row's new place is never behind its old one, and rows between them are done with.
        for row in unsafe 0..<batch.outputs.count {
            let from = unsafe Int(batch.outputs[row])
            if from != row {
                unsafe (x.handle + row * x.width).update(
                    from: x.handle + from * x.width, count: x.width)
            }
        }
    }

    func scale(_ y: Activations, rows: Int, by factor: Float) {
        let (scale, width) = unsafe (ops.scale!, y.width)
        forEachRow(rows) { row in unsafe scale(y.handle + row * width, factor, width) }
    }

    func add(_ x: Activations, rows: Int, norm: Norm, to y: Activations) {
        let (rmsNorm, add, weight) = unsafe (ops.rms_norm!, ops.add!, norm.weight)
        let stride = CPUBackend.aligned(weight.count)
        let normalized = unsafe self.normalized
        forEachRow(rows) { row in
            let part = unsafe normalized + row * stride
            unsafe rmsNorm(
                x.handle + row * x.width, weight.handle, norm.epsilon, weight.count, part)
            unsafe add(y.handle + row * y.width, part, weight.count)
        }
    }

    func normalize(_ x: Activations, rows: Int, _ norm: Norm, into y: Activations) {
        let (rmsNorm, weight) = unsafe (ops.rms_norm!, norm.weight)
        forEachRow(rows) { row in
            unsafe rmsNorm(
                x.handle + row * x.width, weight.handle, norm.epsilon, weight.count,
                y.handle + row * y.width)
        }
    }
}
