import CKernels

/// What the members of the team do in a region of products.
extension CPUBackend {
    /// How the rows of a matrix are divided among the members.
    ///
    /// - Parameters:
    ///   - parts: matrices of about this size or more that are read in the same region: tasks are as much
    ///     shorter.
    ///   - most: rows that a task may have.
    func rowTasks(
        _ weight: Weight, _ tokens: Int, of parts: Int = 1, atMost most: Int = .max
    ) -> RowTasks {
        let useful = unsafe ck_format_rows(
            weight.format.kernels, instructionSet.isa, weight.columns, tokens)
        let kind = activation(of: weight, tokens).kind
        let isPacked = unsafe kind == weight.format.kernels.pointee.activation
        let unit = isPacked ? 16 : 32
        let share = (weight.rows + team.count * unit - 1) / (team.count * unit) * unit
        let isPacedByMemory =
            unsafe isPacked
            || ck_format_streams(weight.format.kernels, instructionSet.isa, tokens)
        // Tiles want large tasks more than even ones. Where memory sets the pace, each task prepares its
        // input once more, or its first rows come late: little beside so many bytes.
        let even =
            isPacedByMemory
            ? max(share / 8, (192 << 10) / (parts * weight.rowBytes))
            : share / (kind == CK_ACT_BF16 ? 1 : 4)
        return RowTasks(
            rows: weight.rows, members: team.count, chunk: min(useful, even, most),
            unit: unit, tapers: isPacedByMemory)
    }

    /// Notes that a matrix is read now, and says what is read after it.
    func ahead(of weight: Weight, _ tasks: RowTasks) -> WorkerTeam.Stretches {
        trail.pass(
            unsafe WorkerTeam.Stretches(
                base: weight.handle, share: tasks.share * weight.rowBytes,
                pages: ck_isa_pages(instructionSet.isa)))
    }
}
