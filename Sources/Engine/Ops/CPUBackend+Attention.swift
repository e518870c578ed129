import CKernels

/// Attention over the paged cache, and the way into it.
extension CPUBackend {
    /// Tokens of one task: with all heads of a group about as many queries as the kernel takes at
    /// once.
    func attentionTokens(_ headsPerGroup: Int) -> Int {
        let queries =
            switch instructionSet.isa {
            case CK_AMX: 256
            case CK_AVX512, CK_ZEN4: 192
            default: 96
            }
        return max(1, queries / headsPerGroup)
    }

    func place(
        _ batch: Batch, layer: Int, rotation: Rotation, isLocal: Bool, queryNorm: Norm?,
        keyNorm: Norm?, query: Activations, key: Activations, value: Activations
    ) {
        let dimension = layout.headDimension
        let kvHeads = layout.headCounts[layer]
        let heads = queryHeads
        let rotate = unsafe rotation.pairs == .halves ? ops.rope_neox! : ops.rope_norm!
        let normalizeHeads = unsafe ops.rms_norm_heads!
        let narrow = unsafe ops.f32_to_f16!
        let type = layout.type.kernel
        let isHalf = layout.type == .f16
        let rowBytes = layout.rowBytes
        let headBytes = layout.headBytes
        let keys = layout.keys(layer: layer, head: 0)
        let values = layout.values(layer: layer, head: 0)
        let rotated = rotation.dimension
        let rotations = unsafe isLocal ? batch.localRotations : batch.rotations

        forEachRow(batch.count) { row in
            let q = unsafe query.handle + row * query.width
            let k = unsafe key.handle + row * key.width
            let v = unsafe value.handle + row * value.width
            if let queryNorm {
                unsafe normalizeHeads(
                    q, queryNorm.weight.handle, queryNorm.epsilon, dimension, heads, dimension)
            }
            if let keyNorm {
                unsafe normalizeHeads(
                    k, keyNorm.weight.handle, keyNorm.epsilon, dimension, kvHeads, dimension)
            }
            let angles = unsafe rotations + row * rotated
            unsafe rotate(q, angles, rotated, heads, dimension)
            unsafe rotate(k, angles, rotated, kvHeads, dimension)

            let place = unsafe batch.pages[row] + Int(batch.offsets[row]) * rowBytes
            for head in 0..<kvHeads {
                let to = unsafe place + head * headBytes
                if isHalf {
                    unsafe narrow(
                        k + head * dimension, dimension,
                        (to + keys).assumingMemoryBound(to: UInt16.self))
                    unsafe narrow(
                        v + head * dimension, dimension,
                        (to + values).assumingMemoryBound(to: UInt16.self))
                } else {
                    unsafe ck_cache_write(type, k + head * dimension, dimension, to + keys)
                    unsafe ck_cache_write(type, v + head * dimension, dimension, to + values)
                }
            }
        }
    }

    func attend(
        _ batch: Batch, layer: Int, scale: Float, window: Int, query: Activations,
        into y: Activations, onlyWanted: Bool
    ) {
        let dimension = layout.headDimension
        let kvHeads = layout.headCounts[layer]
        let group = queryHeads / kvHeads
        let keys = layout.keys(layer: layer, head: 0)
        let values = layout.values(layer: layer, head: 0)
        let headBytes = layout.headBytes
        let type = layout.type.kernel
        let attention = unsafe ops.attention!
        func piece(_ index: Int) -> Batch.Span {
            unsafe onlyWanted ? batch.wanted(batch.spans[index]) : batch.spans[index]
        }
        func blocks(_ step: Int) -> Int {
            unsafe batch.spans.indices.reduce(0) { $0 + (piece($1).count + step - 1) / step }
        }
        // Smaller blocks load keys and values more often: only where threads would have none.
        var size = attentionTokens(group)
        while size > 1, blocks(size) * kvHeads < team.count { size = (size + 1) / 2 }
        let step = size

        team.run(tasks: blocks(step) * kvHeads) { task, member in
            let head = task % kvHeads
            var block = task / kvHeads
            var index = 0
            while true {
                let here = (piece(index).count + step - 1) / step
                if block < here { break }
                block -= here
                index += 1
            }
            // One of many rows that are left out is taken like a single one.
            let span = piece(index)
            // The last blocks see the most positions; they go first.
            let first = ((span.count + step - 1) / step - 1 - block) * step
            let row = span.firstRow + first
            let column = head * group * dimension
            var arguments = unsafe ck_attention(
                q: query.handle + row * query.width + column, q_token_stride: query.width,
                q_head_stride: dimension, tokens: min(step, span.count - first), heads: group,
                first_position: span.firstPosition + first, positions: 0, window: window,
                many: span.count > 8, pages: span.pages,
                cache: type, k_offset: keys + head * headBytes,
                v_offset: values + head * headBytes, page_size: PageLayout.positions,
                row_bytes: 0, head_dim: dimension, scale: scale,
                out: y.handle + row * y.width + column,
                out_token_stride: y.width, out_head_stride: dimension)
            unsafe attention(&arguments, self.scratch(of: member))
        }
    }
}
