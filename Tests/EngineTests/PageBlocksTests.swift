import Testing

@testable import Engine

@Suite struct PageBlocksTests {
    @Test("pages are apart, aligned, and used again")
    func pages() throws {
        let pageBytes = 100_000
        var blocks = PageBlocks(pageBytes: pageBytes, most: 1000)
        let count = 2 * blocks.pagesPerBlock + 3
        var pages: [UnsafeMutableRawPointer] = unsafe []
        for number in 0..<count {
            let page = unsafe try #require(blocks.take())
            unsafe page.initializeMemory(as: UInt8.self, repeating: UInt8(number), count: pageBytes)
            unsafe pages.append(page)
        }
        #expect(blocks.byteCount >= 3 * blocks.pagesPerBlock * pageBytes)
        for number in 0..<count {
            let page = unsafe UnsafeRawBufferPointer(start: pages[number], count: pageBytes)
            #expect(unsafe page.allSatisfy { $0 == UInt8(number) })
            #expect(unsafe UInt(bitPattern: pages[number]) % 64 == 0)
        }
        let second = unsafe pages[1]
        unsafe blocks.give(second)
        #expect(unsafe blocks.take() == second)
    }

    @Test("a block goes when its last page does")
    func giveBack() throws {
        var blocks = PageBlocks(pageBytes: 1 << 20, most: 1000)
        let first = unsafe try #require(blocks.take())
        let one = blocks.byteCount
        var others: [UnsafeMutableRawPointer] = unsafe []
        while blocks.byteCount == one { unsafe others.append(try #require(blocks.take())) }
        #expect(unsafe others.count == blocks.pagesPerBlock)
        #expect(blocks.byteCount == 2 * one)
        // All of the first block but one, and what the second one has.
        while let page = unsafe others.popLast() { unsafe blocks.give(page) }
        #expect(blocks.byteCount == one)
        // Pages of a block that is gone are not taken: the last one is of another.
        for _ in 0..<blocks.pagesPerBlock {
            let page = unsafe try #require(blocks.take())
            unsafe page.initializeMemory(as: UInt8.self, repeating: 7, count: 1 << 20)
            unsafe others.append(page)
        }
        #expect(blocks.byteCount == 2 * one)
        while let page = unsafe others.popLast() { unsafe blocks.give(page) }
        unsafe blocks.give(first)
        #expect(blocks.byteCount == 0)
    }

    @Test(
        "little of a block is left over, and small caches get small blocks",
        arguments: [1, 64, 40_000, 393_216, 1_400_000, 2_200_000, 4_194_304, 10_500_000])
    func sizes(_ pageBytes: Int) {
        let blocks = PageBlocks(pageBytes: pageBytes, most: .max)
        let bytes = blocks.blockBytes
        #expect(bytes % HugePages.size == 0)
        #expect(4 << 20...64 << 20 ~= bytes)
        let left = bytes - blocks.pagesPerBlock * pageBytes
        #expect(0...bytes / 8 ~= left || pageBytes < 64)
        #expect(PageBlocks(pageBytes: pageBytes, most: 3).pagesPerBlock <= 3)
    }

    @Test("memory that there is not is refused")
    func tooMuch() {
        var blocks = PageBlocks(pageBytes: 1 << 50, most: 10)
        #expect(unsafe blocks.take() == nil)
        #expect(blocks.byteCount == 0)
    }
}
