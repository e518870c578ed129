import CKernels

/// Gated feed-forward networks.
extension CPUBackend {
    func feedForward(
        _ x: Activations, rows: Int, norm: Norm?, gate: Weight, up: Weight, unit: GatedUnit,
        by z: Activations, down: Weight, into y: Activations, adding: Bool
    ) {
        guard rows > 0 else { return }
        guard gatesTiles(rows, gate, up, down) else {
            self.gate(x, rows, norm, gate, up, unit, into: z)
            project(z, rows: rows, norm: nil, down, into: y, adding: adding)
            return
        }
        // No factor leaves the cache of the thread that made it.
        prepare(x, rows, norm, gate.columns, for: input(of: gate, rows))
        let tasks = rowTasks(gate, rows)
        var first = product(x, rows, norm, gate, z, tasks)
        first.then = ahead(of: up, tasks)
        var second = unsafe ck_gated(
            weights: up.handle, bias: up.bias?.handle, gelu: unit == .gelu, tiles: gatedTiles)
        unsafe withUnsafePointer(to: &second) {
            unsafe first.arguments.gated = unsafe $0
            run(first)
        }
        var last = product(z, rows, nil, down, y, rowTasks(down, rows))
        unsafe last.arguments.x = unsafe UnsafeRawPointer(gatedTiles)
        unsafe last.arguments.accumulate = adding
        run(last)
    }

    /// Whether the products of a network are over tiles, which the first two may then write themselves.
    private func gatesTiles(_ rows: Int, _ gate: Weight, _ up: Weight, _ down: Weight) -> Bool {
        unsafe gate.delta == nil && up.delta == nil && down.delta == nil
            && gate.format.kernels == up.format.kernels
            && ck_format_gates(
                gate.format.kernels, instructionSet.isa, gate.columns, rows, few.kind)
            && input(of: down, rows) == .tiles
    }

    /// y = f(G x) * (U x).
    private func gate(
        _ x: Activations, _ rows: Int, _ norm: Norm?, _ gate: Weight, _ up: Weight,
        _ unit: GatedUnit, into y: Activations
    ) {
        let gateMul = unsafe unit == .silu ? ops.silu_mul! : ops.gelu_mul!
        if gate.delta != nil || up.delta != nil {
            // The factors are complete only after their deltas.
            project(x, rows: rows, norm: norm, gate, into: y, adding: false)
            project(x, rows: rows, norm: norm, up, into: rising, adding: false)
            let (width, factor) = (gate.rows, rising)
            forEachRow(rows) { row in
                let gated = unsafe y.handle + row * y.width
                unsafe gateMul(
                    gated, factor.handle + row * factor.width, width, 1, gated, width)
            }
            return
        }
        prepare(
            x, rows, norm, gate.columns, for: input(of: gate, rows).union(input(of: up, rows)))
        // Both halves of a chunk stay in a thread's own cache until the product of the two is taken.
        let tasks = rowTasks(gate, rows, of: 2, atMost: gateFloats / rows / 32 * 32)
        var jobs = (
            product(x, rows, norm, gate, y, tasks), product(x, rows, norm, up, y, tasks)
        )
        // Chunks of both are read in turn: behind the last one of `up` nothing of this region is left.
        jobs.0.then = nil
        unsafe withUnsafePointer(to: jobs) { jobs in
            unsafe team.run(tasks: tasks.count, ahead: jobs.pointee.1.then) { task, member in
                let (share, index) = task.quotientAndRemainder(dividingBy: tasks.perMember)
                let range = tasks.range(share, index)
                guard !range.isEmpty else { return }
                let scratch = unsafe self.scratch(of: member)
                let (gated, risen) = unsafe (self.gated(of: member), self.risen(of: member))
                unsafe jobs.pointee.0.run(share, index, scratch, into: gated)
                unsafe jobs.pointee.1.run(share, index, scratch, into: risen)
                unsafe gateMul(
                    gated, risen, range.count, rows, y.handle + range.lowerBound, y.width)
            }
        }
    }
}
