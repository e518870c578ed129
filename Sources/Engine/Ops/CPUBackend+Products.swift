import CKernels

/// Matrix products: inputs are prepared once, and all matrices of a call share one region.
extension CPUBackend {
    func project(
        _ x: Activations, rows: Int, norm: Norm?, _ weight: Weight, into y: Activations,
        adding: Bool
    ) {
        guard rows > 0 else { return }
        prepare(x, rows, norm, weight.columns, for: input(of: weight, rows))
        var job = product(x, rows, norm, weight, y, rowTasks(weight, rows))
        unsafe job.arguments.accumulate = adding
        run(job)
        addDelta(weight, x, rows, norm, to: y)
    }

    func project(
        _ x: Activations, rows: Int, norm: Norm?, query: Weight, key: Weight, value: Weight,
        into q: Activations, _ k: Activations, _ v: Activations
    ) {
        prepare(
            x, rows, norm, query.columns,
            for: input(of: query, rows).union(input(of: key, rows)).union(input(of: value, rows)))
        let jobs = (
            product(x, rows, norm, query, q, rowTasks(query, rows)),
            product(x, rows, norm, key, k, rowTasks(key, rows, of: 3)),
            product(x, rows, norm, value, v, rowTasks(value, rows, of: 3))
        )
        let endQ = jobs.0.tasks.perMember
        let endK = endQ + jobs.1.tasks.perMember
        let endV = endK + jobs.2.tasks.perMember
        unsafe withUnsafePointer(to: jobs) { jobs in
            unsafe team.run(tasks: endV * team.count, ahead: jobs.pointee.2.then) { task, member in
                let scratch = unsafe self.scratch(of: member)
                let (share, index) = task.quotientAndRemainder(dividingBy: endV)
                if index < endQ {
                    unsafe jobs.pointee.0.run(share, index, scratch)
                } else if index < endK {
                    unsafe jobs.pointee.1.run(share, index - endQ, scratch)
                } else {
                    unsafe jobs.pointee.2.run(share, index - endK, scratch)
                }
            }
        }
        addDelta(query, x, rows, norm, to: q)
        addDelta(key, x, rows, norm, to: k)
        addDelta(value, x, rows, norm, to: v)
    }

    func activate(_ x: Activations, rows: Int, _ weight: Weight, into y: Activations) {
        if weight.delta != nil {
            project(x, rows: rows, norm: nil, weight, into: y, adding: false)
            let (gelu, width) = unsafe (ops.gelu!, weight.rows)
            forEachRow(rows) { row in
                let part = unsafe y.handle + row * y.width
                unsafe gelu(part, width, part)
            }
            return
        }
        prepare(x, rows, nil, weight.columns, for: input(of: weight, rows))
        let gelu = unsafe ops.gelu!
        let tasks = rowTasks(weight, rows)
        let job = product(x, rows, nil, weight, y, tasks)
        unsafe withUnsafePointer(to: job) { job in
            unsafe team.run(tasks: tasks.count, ahead: job.pointee.then) {
                task, member in
                let (share, index) = task.quotientAndRemainder(dividingBy: tasks.perMember)
                let range = tasks.range(share, index)
                unsafe job.pointee.run(share, index, self.scratch(of: member))
                for row in 0..<rows {
                    let part = unsafe y.handle + row * y.width + range.lowerBound
                    unsafe gelu(part, range.count, part)
                }
            }
        }
    }

    /// y += up (down x) of the weight's adapters; `prepare` has normalised the input.
    private func addDelta(
        _ weight: Weight, _ x: Activations, _ rows: Int, _ norm: Norm?, to y: Activations
    ) {
        guard let delta = weight.delta, let narrow else { return }
        let input =
            norm == nil
            ? x
            : unsafe Activations(
                handle: normalized, width: CPUBackend.aligned(weight.columns))
        prepare(input, rows, nil, weight.columns, for: self.input(of: delta.down, rows))
        run(product(input, rows, nil, delta.down, narrow, rowTasks(delta.down, rows)))
        prepare(narrow, rows, nil, delta.up.columns, for: self.input(of: delta.up, rows))
        var up = product(narrow, rows, nil, delta.up, y, rowTasks(delta.up, rows))
        unsafe up.arguments.accumulate = true
        run(up)
    }

    func run(_ product: Product) {
        let tasks = product.tasks
        unsafe withUnsafePointer(to: product) { job in
            unsafe team.run(tasks: tasks.count, ahead: job.pointee.then) { task, member in
                let (share, index) = task.quotientAndRemainder(dividingBy: tasks.perMember)
                unsafe job.pointee.run(share, index, self.scratch(of: member))
            }
        }
    }

    /// A product that can be computed in ranges of rows.
    @safe
    struct Product {
        var arguments: ck_matmul
        let function: ck_matmul_function
        let tasks: RowTasks
        /// What members read after their shares.
        var then: WorkerTeam.Stretches?

        /// Computes a task of a member's share.
        ///
        /// - Parameter place: where outputs go, those of each token side by side; nil: to their own.
        func run(
            _ share: Int, _ index: Int, _ scratch: UnsafeMutableRawPointer,
            into place: UnsafeMutablePointer<Float>? = nil
        ) {
            let range = tasks.range(share, index)
            guard !range.isEmpty else { return }
            var arguments = unsafe self.arguments
            let rows = tasks.range(of: share)
            unsafe arguments.reading.begin =
                arguments.weights + rows.lowerBound * arguments.row_bytes
            unsafe arguments.reading.end =
                arguments.weights + rows.upperBound * arguments.row_bytes
            unsafe arguments.reading.then = then?.begin(of: share)
            if let place = unsafe place {
                // The kernels count outputs from the matrix's first.
                unsafe arguments.y = unsafe place - range.lowerBound
                unsafe arguments.y_stride = range.count
            }
            unsafe function(&arguments, range.lowerBound, range.upperBound, scratch)
        }
    }

    func product(
        _ x: Activations, _ rows: Int, _ norm: Norm?, _ weight: Weight, _ y: Activations,
        _ tasks: RowTasks
    ) -> Product {
        let input: UnsafeRawPointer
        let stride: Int
        let form = self.input(of: weight, rows)
        if form.contains(.tiles) {
            unsafe input = unsafe UnsafeRawPointer(tiles!)
            stride = ck_tiles_bytes(weight.columns)
        } else if form.contains(.words) {
            unsafe input = unsafe UnsafeRawPointer(words!)
            stride = ck_words_bytes(weight.columns)
        } else if form.contains(.powers) {
            unsafe input = unsafe UnsafeRawPointer(powers!)
            stride = ck_panel_bytes(weight.columns)
        } else if !form.isDisjoint(with: [.fours, .panels]) {
            unsafe input = unsafe UnsafeRawPointer(fours!)
            stride = ck_panel_bytes(weight.columns)
        } else if form.contains(.bytes) {
            unsafe input = unsafe UnsafeRawPointer(bytes)
            stride = ck_act_bytes(weight.columns)
        } else if norm != nil {
            unsafe input = unsafe UnsafeRawPointer(normalized)
            stride = CPUBackend.aligned(weight.columns) * 4
        } else {
            unsafe input = unsafe UnsafeRawPointer(x.handle)
            stride = x.width * 4
        }
        return unsafe Product(
            arguments: ck_matmul(
                weights: weight.handle, row_bytes: weight.rowBytes, rows: weight.rows,
                cols: weight.columns, x: input, x_stride: stride, tokens: rows, y: y.handle,
                y_stride: y.width, bias: weight.bias?.handle, accumulate: false,
                form: activation(of: weight, rows).kind,
                reading: ck_reading(
                    begin: nil, end: nil, then: nil, pages: ck_isa_pages(instructionSet.isa)),
                gated: nil),
            function: weight.format.product(instructionSet), tasks: tasks,
            then: ahead(of: weight, tasks))
    }

    /// The forms in which the products of a call read their input, and the fields of them.
    struct InputForm: OptionSet {
        let rawValue: UInt32
        /// Bytes with scales of blocks.
        static let bytes = InputForm(rawValue: 1)
        /// Tiles of BF16.
        static let tiles = InputForm(rawValue: 2)
        /// 16-bit integers with scales of blocks.
        static let words = InputForm(rawValue: 4)
        /// Panels of bytes whose scales are powers of two, with a factor for a row or for each four
        /// blocks.
        static let powers = InputForm(rawValue: 8)
        static let fours = InputForm(rawValue: 16)
        /// Panels of bytes with scales of blocks; in the place of `fours`.
        static let panels = InputForm(rawValue: 32)
        static let anyPanels: InputForm = [.powers, .fours, .panels]

        init(rawValue: UInt32) { self.rawValue = rawValue }
        init(fields: UInt32) { rawValue = fields << 8 }
        var fields: UInt32 { rawValue >> 8 }
    }

    /// What a product reads its input as, and which fields of it.
    func activation(
        of weight: Weight, _ rows: Int
    ) -> (kind: ck_activation, fields: UInt32) {
        var fields: UInt32 = 0
        let kind = unsafe ck_format_activation(
            weight.format.kernels, instructionSet.isa, rows, few.kind, &fields)
        return (kind, fields)
    }

    func input(of weight: Weight, _ rows: Int) -> InputForm {
        let (kind, fields) = activation(of: weight, rows)
        let form: InputForm =
            switch kind {
            case CK_ACT_Q8: .bytes
            case CK_ACT_Q8_POW2: .powers
            case CK_ACT_Q8_FOURS: .fours
            case CK_ACT_Q8_PANELS: .panels
            case CK_ACT_I16: .words
            case CK_ACT_BF16: .tiles
            default: []
            }
        return form.union(InputForm(fields: fields))
    }

    /// Normalises the input and packs it in the forms that the products ask for.
    func prepare(
        _ x: Activations, _ rows: Int, _ norm: Norm?, _ columns: Int, for form: InputForm
    ) {
        guard !form.isEmpty || norm != nil else { return }
        let ops = self.ops
        let stride = CPUBackend.aligned(columns)
        let (bytesStride, wordsStride) = (ck_act_bytes(columns), ck_words_bytes(columns))
        let normalized = unsafe self.normalized
        let (bytes, words, tiles) = unsafe (self.bytes, self.words, self.tiles)
        func source(_ row: Int) -> UnsafePointer<Float> {
            unsafe UnsafePointer(norm == nil ? x.handle + row * x.width : normalized + row * stride)
        }
        func prepareRow(_ row: Int) {
            if let norm {
                unsafe ops.rms_norm(
                    x.handle + row * x.width, norm.weight.handle, norm.epsilon, columns,
                    normalized + row * stride)
            }
            let source = unsafe source(row)
            if form.contains(.bytes) {
                unsafe ops.quantize(source, columns, bytes + row * bytesStride)
            }
            if form.contains(.words) {
                unsafe ops.words(source, columns, words! + row * wordsStride)
            }
            if form.contains(.tiles) {
                unsafe ops.split(
                    source, columns, row, form.fields & UInt32(CK_FIELD_LOW) != 0, tiles!)
            }
        }
        guard !form.isDisjoint(with: .anyPanels) else {
            forEachRow(rows, prepareRow)
            return
        }
        // Panels are made of all their rows at once, which meanwhile lie in a thread's own cache.
        let panels = ck_panels(rows)
        let chunk = max(1, min(3, panels / (team.count * 2)))
        team.run(tasks: (panels + chunk - 1) / chunk) { task, member in
            for panel in task * chunk..<min(panels, (task + 1) * chunk) {
                let members =
                    ck_first_of_panel(rows, panel)..<ck_first_of_panel(rows, panel + 1)
                for row in members { prepareRow(row) }
                for kind in [InputForm.powers, .fours, .panels] where form.contains(kind) {
                    let packed = unsafe self.scratch(of: member)
                    for row in members {
                        let to = unsafe packed + (row - members.lowerBound) * bytesStride
                        if kind == .panels {
                            unsafe ops.quantize(source(row), columns, to)
                        } else {
                            unsafe ops.quantize_pow2(
                                source(row), columns, kind == .fours,
                                kind == .powers && form.fields & UInt32(CK_FIELD_PAIRS) != 0, to)
                        }
                    }
                    let place = unsafe kind == .powers ? powers! : fours!
                    unsafe ops.panel(
                        packed, members.count, columns, form.fields,
                        place + panel * ck_panel_bytes(columns))
                }
            }
        }
    }
}
