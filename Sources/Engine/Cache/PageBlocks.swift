/// Memory for the pages of a cache, in blocks of some megabytes.
///
/// Fresh memory comes in huge pages of the system where it has them, one at a time instead of hundreds of
/// small ones; a page of the cache alone is mostly too small for one. A block goes back to the system when
/// none of its pages is in use.
@safe
struct PageBlocks {
    @safe
    private final class Block {
        let memory: Memory
        let pages: Range<Int>
        var used = 0

        init(pages count: Int, byteCount: Int) throws(EngineError) {
            memory = try Memory(byteCount: byteCount, for: "pages of the cache")
            pages = 0..<count
        }
    }

    private static let alignment = 64
    private static let leastBytes = 4 << 20
    private static let mostBytes = 64 << 20

    /// Bytes from one page to the next.
    private let stride: Int
    let pagesPerBlock: Int
    let blockBytes: Int
    private var homes: [UnsafeMutableRawPointer: Block] = unsafe [:]
    private var unused: [UnsafeMutableRawPointer] = unsafe []

    /// - Parameters:
    ///   - pageBytes: more than 0.
    ///   - most: pages that will be in use at once.
    init(pageBytes: Int, most: Int) {
        stride = (pageBytes + Self.alignment - 1) / Self.alignment * Self.alignment
        // What is left behind a block's last page is wasted: an eighth at most, where that can be.
        var bytes = Self.leastBytes
        while bytes < Self.mostBytes, bytes < stride || bytes % stride > bytes / 8 { bytes *= 2 }
        pagesPerBlock = max(1, min(most, bytes / stride))
        // Huge pages to the end, where a block is not for so few pages that it is smaller.
        blockBytes = pagesPerBlock == bytes / stride ? bytes : pagesPerBlock * stride
    }

    /// A page with undefined contents, 64-byte aligned; nil when memory does not suffice.
    mutating func take() -> UnsafeMutableRawPointer? {
        if unsafe unused.isEmpty {
            let whole = try? Block(pages: pagesPerBlock, byteCount: blockBytes)
            guard let block = try? whole ?? Block(pages: 1, byteCount: stride) else { return nil }
            // Pages are taken in the order of their addresses.
            for index in block.pages.reversed() {
                let page = unsafe block.memory.base + index * stride
                unsafe homes[page] = block
                unsafe unused.append(page)
            }
        }
        let page = unsafe unused.removeLast()
        unsafe homes[page]!.used += 1
        return unsafe page
    }

    /// Takes a page back.
    mutating func give(_ page: UnsafeMutableRawPointer) {
        let block = unsafe homes[page]!
        block.used -= 1
        unsafe unused.append(page)
        guard block.used == 0 else { return }
        for index in block.pages { unsafe homes[block.memory.base + index * stride] = nil }
        unsafe unused.removeAll { unsafe homes[$0] == nil }
    }

    /// Bytes of the pages of all blocks, in use or not.
    var byteCount: Int { unsafe homes.count * stride }
}
