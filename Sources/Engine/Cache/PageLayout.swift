import CKernels

/// How keys and values of one run of positions lie in a page of the cache.
///
/// A page is [layer][keys, values][kvHead][position][element]; heads of layers may differ in
/// number. Everything of one head is contiguous, which is what attention reads.
struct PageLayout: Sendable, Equatable {
    /// Positions of a page; a multiple of 16.
    static let positions = 32
    /// Number of the way in which tokens become the bytes of a page, to be raised with every change
    /// after which pages that were kept on disk must not be used.
    static let version = 2

    let type: SessionOptions.CacheType
    let headDimension: Int
    /// Bytes of one head's key (or value) at a position.
    let rowBytes: Int
    let headCounts: [Int]  // (layer)
    let layerOffsets: [Int]  // (layer), bytes
    let byteCount: Int

    init(_ shape: Hyperparameters, _ type: SessionOptions.CacheType) {
        self.type = type
        headDimension = shape.headDimension
        rowBytes = ck_cache_row_bytes(type.kernel, shape.headDimension)
        headCounts = shape.keyValueHeadCounts
        var offset = 0
        var offsets: [Int] = []
        for count in shape.keyValueHeadCounts {
            offsets.append(offset)
            offset += 2 * count * PageLayout.positions * rowBytes
        }
        layerOffsets = offsets
        byteCount = offset
    }

    /// Bytes of one head's keys (or values) in a page.
    var headBytes: Int { PageLayout.positions * rowBytes }

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

extension SessionOptions.CacheType {
    var kernel: ck_cache_type {
        switch self {
        case .f16: CK_CACHE_F16
        case .f32: CK_CACHE_F32
        case .q8_0: CK_CACHE_Q8_0
        }
    }
}
