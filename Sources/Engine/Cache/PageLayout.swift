/// How keys and values of one run of positions lie in a page of the cache.
///
/// A page is [layer][keys, values][kvHead][position][element]; heads of layers may differ in
/// number. Everything of one head is contiguous, which is what attention reads.
struct PageLayout: Sendable {
    /// Positions of a page; a multiple of 16.
    static let positions = 32

    let elementBytes: Int
    let headDimension: Int
    let headCounts: [Int]  // (layer)
    let layerOffsets: [Int]  // (layer), bytes
    let byteCount: Int

    init(_ shape: Hyperparameters, _ type: SessionOptions.CacheType) {
        elementBytes = type == .f16 ? 2 : 4
        headDimension = shape.headDimension
        headCounts = shape.keyValueHeadCounts
        var offset = 0
        var offsets: [Int] = []
        for count in shape.keyValueHeadCounts {
            offsets.append(offset)
            offset += 2 * count * PageLayout.positions * shape.headDimension * elementBytes
        }
        layerOffsets = offsets
        byteCount = offset
    }

    /// Bytes of one head's keys (or values) in a page.
    var headBytes: Int { PageLayout.positions * headDimension * elementBytes }

    func keys(layer: Int, head: Int) -> Int {
        layerOffsets[layer] + head * headBytes
    }

    func values(layer: Int, head: Int) -> Int {
        layerOffsets[layer] + (headCounts[layer] + head) * headBytes
    }

    /// Pages for a number of positions.
    static func pages(for length: Int) -> Int {
        (length + positions - 1) / positions
    }
}
