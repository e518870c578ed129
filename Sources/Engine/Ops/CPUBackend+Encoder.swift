import CKernels

/// What encoders need besides products: embeddings of three tables, attention in both directions, and
/// norms that take the mean away.
extension CPUBackend {
    func keysAndValues(
        rows: Int, width: Int
    ) throws(EngineError) -> (keys: Activations, values: Activations) {
        let half = CPUBackend.aligned(width)
        let keys = try activations(rows: rows, width: 2 * half)
        return unsafe (keys, Activations(handle: keys.handle + half, width: keys.width))
    }

    func embed(
        _ batch: TextBatch, tokens: Weight, types: Weight?, positions: Weight?, norm: LayerNorm,
        into y: Activations
    ) {
        let width = tokens.columns
        let stride = CPUBackend.aligned(width)
        let add = unsafe ops.add!
        let layerNorm = unsafe ops.layer_norm!
        let spare = unsafe normalized
        func read(_ table: Weight, _ row: Int, _ to: UnsafeMutablePointer<Float>) {
            unsafe table.format.kernels.pointee.dequantize(
                table.handle + row * table.rowBytes, width, to)
        }
        forEachRow(batch.count) { row in
            let to = unsafe y.handle + row * y.width
            let addend = unsafe spare + row * stride
            unsafe read(tokens, Int(batch.tokens[row]), to)
            if let types {
                unsafe read(types, 0, addend)
                unsafe add(to, addend, width)
            }
            if let positions {
                unsafe read(positions, Int(batch.positions[row]), addend)
                unsafe add(to, addend, width)
            }
            unsafe layerNorm(to, norm.weight.handle, norm.bias?.handle, norm.epsilon, width, to)
        }
    }

    func rotate(
        _ batch: TextBatch, _ rotation: Rotation, query: Activations, key: Activations,
        heads: Int, kvHeads: Int, headDimension: Int
    ) {
        let rotate = unsafe rotation.pairs == .halves ? ops.rope_neox! : ops.rope_norm!
        let rotated = rotation.dimension
        forEachRow(batch.count) { row in
            let angles = unsafe batch.rotations + row * rotated
            unsafe rotate(
                query.handle + row * query.width, angles, rotated, heads, headDimension)
            unsafe rotate(key.handle + row * key.width, angles, rotated, kvHeads, headDimension)
        }
    }

    func attend(
        _ batch: TextBatch, scale: Float, query: Activations, key: Activations,
        value: Activations, heads: Int, kvHeads: Int, headDimension: Int, into y: Activations
    ) {
        precondition(key.width == value.width, "keys and values in different memory")
        let group = heads / kvHeads
        let step = attentionTokens(group)
        let toValue = unsafe (value.handle - key.handle) * 4
        let attention = unsafe ops.attention!
        // (first row, rows, text), the blocks of long texts one after the other
        var blocks: [(first: Int, count: Int, text: Range<Int>)] = []
        for text in batch.texts {
            for first in stride(from: text.lowerBound, to: text.upperBound, by: step) {
                blocks.append((first, min(step, text.upperBound - first), text))
            }
        }
        team.run(tasks: blocks.count * kvHeads) { task, member in
            let (first, count, text) = blocks[task / kvHeads]
            let head = task % kvHeads
            let column = head * group * headDimension
            let keys = unsafe key.handle + text.lowerBound * key.width + head * headDimension
            // The whole text is one page.
            let page: UnsafeRawPointer? = UnsafeRawPointer(keys)
            unsafe withUnsafePointer(to: page) { page in
                var arguments = unsafe ck_attention(
                    q: query.handle + first * query.width + column, q_token_stride: query.width,
                    q_head_stride: headDimension, tokens: count, heads: group,
                    first_position: 0, positions: text.count, window: 0, many: false, pages: page,
                    cache: CK_CACHE_F32,
                    k_offset: 0, v_offset: toValue, page_size: 1 << 30,
                    row_bytes: key.width * 4, head_dim: headDimension, scale: scale,
                    out: y.handle + first * y.width + column, out_token_stride: y.width,
                    out_head_stride: headDimension)
                unsafe attention(&arguments, self.scratch(of: member))
            }
        }
    }

    func normalize(_ x: Activations, rows: Int, _ norm: LayerNorm, into y: Activations) {
        let layerNorm = unsafe ops.layer_norm!
        forEachRow(rows) { row in
            unsafe layerNorm(
                x.handle + row * x.width, norm.weight.handle, norm.bias?.handle, norm.epsilon,
                norm.weight.count, y.handle + row * y.width)
        }
    }
}
