import CKernels

/// Moves cached positions: values stay, keys turn back by the distance.
@safe
struct Shift {
    let layout: PageLayout
    let rotation: Rotation
    let local: LocalAttention?
    let ops: ck_ops
    /// Angles of one turn by -distance, the same for every position.
    private var angles: [Float]
    private var localAngles: [Float] = []
    private var row: [Float]

    init(
        _ layout: PageLayout, _ rotation: Rotation, local: LocalAttention?, _ ops: ck_ops,
        distance: Int
    ) {
        self.layout = layout
        self.rotation = rotation
        self.local = local
        self.ops = ops
        angles = [Float](repeating: 0, count: rotation.dimension)
        row = [Float](repeating: 0, count: PageLayout.positions * layout.headDimension)
        unsafe angles.withUnsafeMutableBufferPointer {
            unsafe rotation.write(position: -distance, to: $0.baseAddress!)
        }
        guard let local else { return }
        localAngles = [Float](repeating: 0, count: local.rotation.dimension)
        unsafe localAngles.withUnsafeMutableBufferPointer {
            unsafe local.rotation.write(position: -distance, to: $0.baseAddress!)
        }
    }

    /// Copies `count` positions from `first` in `source` to `place` in `page`; turns the keys
    /// when `turns`.
    mutating func move(
        _ count: Int, from source: UnsafeRawPointer, _ first: Int,
        to page: UnsafeMutableRawPointer, _ place: Int, turns: Bool
    ) {
        let dimension = layout.headDimension
        let rowBytes = layout.rowBytes
        let rotate = unsafe rotation.pairs == .halves ? ops.rope_neox! : ops.rope_norm!
        for (layer, heads) in layout.headCounts.enumerated() {
            let isLocal = local?.isLocal[layer] ?? false
            for head in 0..<2 * heads {
                let offset = layout.keys(layer: layer, head: head)
                let from = unsafe source + offset + first * rowBytes
                let to = unsafe page + offset + place * rowBytes
                guard head < heads && turns else {
                    unsafe to.copyMemory(from: from, byteCount: count * rowBytes)
                    continue
                }
                unsafe row.withUnsafeMutableBufferPointer { row in
                    let floats = row.baseAddress!
                    for index in 0..<count {
                        unsafe ck_cache_read(
                            layout.type.kernel, from + index * rowBytes, dimension,
                            floats + index * dimension)
                    }
                    unsafe (isLocal ? localAngles : angles).withUnsafeBufferPointer {
                        unsafe rotate(
                            floats, $0.baseAddress!, rotation.dimension, count, dimension)
                    }
                    for index in 0..<count {
                        unsafe ck_cache_write(
                            layout.type.kernel, floats + index * dimension, dimension,
                            to + index * rowBytes)
                    }
                }
            }
        }
    }
}
