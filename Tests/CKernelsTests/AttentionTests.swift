import CKernels
import Foundation
import Testing

/// An attention with all that goes into it; what nobody may read is not a number.
private struct Case {
    var tokens: Int
    var heads: Int
    var first: Int
    var pageSize: Int
    var headDim: Int
    var type: ck_cache_type
    var many = false
    /// Positions that a token sees; 0: all.
    var window = 0
    let q: [Float]
    let keys: [Float]
    let values: [Float]

    init(
        tokens: Int, heads: Int, first: Int, pageSize: Int, headDim: Int, type: ck_cache_type,
        spread: Float = 3
    ) {
        (self.tokens, self.heads, self.first) = (tokens, heads, first)
        (self.pageSize, self.headDim, self.type) = (pageSize, headDim, type)
        var numbers = Numbers(seed: UInt64(tokens * 7 + headDim))
        let count = (first + tokens) * headDim
        q = numbers.array(tokens * heads * headDim).map { $0 * spread }
        keys = rounded(numbers.array(count), type, headDim)
        values = rounded(numbers.array(count), type, headDim)
    }

    /// out[(token, head, dimension)] of the tokens in `range`.
    func run(_ isa: ISA, _ range: Range<Int>? = nil) -> [Float] {
        let range = range ?? 0..<tokens
        let row = ck_cache_row_bytes(type, headDim)
        let half = pageSize * row
        var pages: [Memory] = []
        for p in 0..<(first + tokens + pageSize - 1) / pageSize {
            let page = Memory(2 * half, fill: 0xff)
            for i in 0..<pageSize where p * pageSize + i < first + range.upperBound {
                let from = (p * pageSize + i) * headDim
                for (floats, offset) in [(keys, i * row), (values, half + i * row)] {
                    floats[from...].withUnsafeBufferPointer {
                        ck_cache_write(type, $0.baseAddress!, headDim, page.bytes + offset)
                    }
                }
            }
            pages.append(page)
        }
        let width = heads * headDim
        let input = Memory(floats: q)
        let out = Memory(range.count * width * 4)
        let scratch = Memory(
            ck_attention_scratch(range.count, heads, pageSize, headDim), fill: 0xff)
        let pointers = pages.map { Optional(UnsafeRawPointer($0.bytes)) }
        pointers.withUnsafeBufferPointer { list in
            var a = ck_attention()
            a.q = UnsafePointer(input.floats + range.lowerBound * width)
            (a.q_token_stride, a.q_head_stride) = (width, headDim)
            (a.tokens, a.heads, a.first_position) = (range.count, heads, first + range.lowerBound)
            a.window = window
            a.pages = list.baseAddress
            a.cache = type
            a.many = many
            (a.k_offset, a.v_offset) = (0, half)
            (a.page_size, a.head_dim) = (pageSize, headDim)
            a.scale = 1 / Float(headDim).squareRoot()
            a.out = out.floats
            (a.out_token_stride, a.out_head_stride) = (width, headDim)
            isa.ops.attention(&a, scratch.bytes)
        }
        return out.array(range.count * width)
    }

    func exact() -> [Float] {
        (0..<tokens).flatMap { exact($0, positions: first + $0 + 1) }
    }

    /// Of one token that sees the first `positions`.
    func exact(_ t: Int, positions: Int) -> [Float] {
        var out: [Float] = []
        for h in 0..<heads {
            let query = q[((t * heads + h) * headDim)...].prefix(headDim).map(Double.init)
            let start = window > 0 ? max(0, positions - window) : 0
            let scores = (start..<positions).map { p in
                zip(query, keys[(p * headDim)...]).reduce(0.0) { $0 + $1.0 * Double($1.1) }
                    / Double(headDim).squareRoot()
            }
            let best = scores.max()!
            let weights = scores.map { exp($0 - best) }
            let total = weights.reduce(0, +)
            for d in 0..<headDim {
                let sum = weights.enumerated().reduce(0.0) {
                    $0 + $1.element * Double(values[(start + $1.offset) * headDim + d])
                }
                out.append(Float(sum / total))
            }
        }
        return out
    }
}

/// What rows of a cache keep of `x`.
private func rounded(_ x: [Float], _ type: ck_cache_type, _ n: Int) -> [Float] {
    var result = x
    var row = [UInt8](repeating: 0, count: ck_cache_row_bytes(type, n))
    for start in stride(from: 0, to: x.count, by: n) {
        x[start...].withUnsafeBufferPointer { ck_cache_write(type, $0.baseAddress!, n, &row) }
        result[start..<start + n].withUnsafeMutableBufferPointer {
            ck_cache_read(type, row, n, $0.baseAddress!)
        }
    }
    return result
}

private let types = [CK_CACHE_F16, CK_CACHE_F32, CK_CACHE_Q8_0]

private let sizes = [(64, 7), (128, 3), (80, 2), (2, 1), (36, 5), (256, 1), (512, 2)]

@Suite(.computeThreads) struct AttentionTests {
    @Test func `rows of every type keep their values as well as their bits allow`() {
        var numbers = Numbers(seed: 5)
        for n in [1, 20, 32, 64, 80, 128, 512] {
            let x = numbers.array(n)
            #expect(rounded(x, CK_CACHE_F32, n) == x)
            for (type, bits) in [(CK_CACHE_F16, Float(1024)), (CK_CACHE_Q8_0, 127)] {
                // Half a step; the scale of a block is rounded as well.
                let kept = rounded(x, type, n)
                for start in stride(from: 0, to: n, by: 32) {
                    let block = x[start..<min(n, start + 32)]
                    let greatest = block.map(abs).max()!
                    for index in block.indices {
                        #expect(abs(kept[index] - x[index]) <= greatest / bits * 0.57)
                    }
                }
            }
        }
        #expect(ck_cache_row_bytes(CK_CACHE_Q8_0, 80) == 102)
        #expect(ck_cache_row_bytes(CK_CACHE_F16, 80) == 160)
    }

    @Test(arguments: ISA.available, 0..<3)
    func `attention is the softmax's mean of the values`(isa: ISA, type: Int) {
        for (dim, heads) in sizes {
            for (tokens, first) in [(1, 0), (1, 63), (1, 64), (1, 200), (5, 61), (20, 0)] {
                let a = Case(
                    tokens: tokens, heads: heads, first: first, pageSize: 16, headDim: dim,
                    type: types[type])
                #expect(
                    distance(a.run(isa), a.exact()) < 3e-6,
                    "head of \(dim), \(heads) heads, \(tokens) tokens after \(first)")
            }
        }
    }

    @Test(arguments: ISA.available, [1, 16, 65, 500])
    func `a window hides what lies before it`(isa: ISA, window: Int) {
        for (tokens, first) in [(1, 0), (1, 200), (40, 150)] {
            var a = Case(
                tokens: tokens, heads: 3, first: first, pageSize: 16, headDim: 32,
                type: CK_CACHE_F32)
            a.window = window
            #expect(distance(a.run(isa), a.exact()) < 3e-6, "\(tokens) tokens after \(first)")
            let parts = (0..<tokens).flatMap { a.run(isa, $0..<$0 + 1) }
            #expect(a.run(isa) == parts)
        }
    }

    @Test(arguments: ISA.available)
    func `pages of any size give the same bits`(isa: ISA) {
        let a = Case(
            tokens: 9, heads: 4, first: 150, pageSize: 16, headDim: 64, type: CK_CACHE_Q8_0)
        let expected = a.run(isa)
        for size in [32, 48, 64, 256] {
            var b = a
            b.pageSize = size
            #expect(b.run(isa) == expected)
        }
    }

    @Test(arguments: ISA.available)
    func `tokens in parts give the same bits`(isa: ISA) {
        let a = Case(tokens: 70, heads: 3, first: 30, pageSize: 32, headDim: 64, type: CK_CACHE_F32)
        let ranges: [Range<Int>] = [0..<1, 1..<33, 33..<34, 34..<70]
        var parts: [Float] = []
        for range in ranges { parts += a.run(isa, range) }
        #expect(a.run(isa) == parts)
    }

    @Test(arguments: ISA.vector)
    func `many tokens agree with the portable attention`(isa: ISA) {
        for (dim, heads) in [(64, 7), (128, 3), (32, 2), (256, 1), (80, 2)] {
            for (tokens, first) in [(20, 0), (70, 130), (40, 300)] {
                for type in types {
                    for window in [0, 1, 40, 150] {
                        var a = Case(
                            tokens: tokens, heads: heads, first: first, pageSize: 32,
                            headDim: dim, type: type)
                        (a.many, a.window) = (true, window)
                        #expect(
                            distance(a.run(isa), a.run(.scalar)) < 3e-5,
                            "head of \(dim), \(heads) heads, \(tokens) after \(first), \(window)")
                    }
                }
            }
        }
    }

    @Test(arguments: ISA.available)
    func `many tokens in parts give the same bits`(isa: ISA) {
        var a = Case(
            tokens: 90, heads: 7, first: 100, pageSize: 32, headDim: 64, type: CK_CACHE_F16)
        a.many = true
        let ranges: [Range<Int>] = [0..<1, 1..<33, 33..<34, 34..<90]
        let parts = ranges.flatMap { a.run(isa, $0) }
        #expect(a.run(isa) == parts)
    }

    @Test(arguments: ISA.available)
    func `great scores do not overflow`(isa: ISA) {
        let a = Case(
            tokens: 4, heads: 2, first: 100, pageSize: 16, headDim: 64, type: CK_CACHE_F32,
            spread: 3000)
        #expect(distance(a.run(isa), a.exact()) < 1e-3)
    }

    @Test(arguments: ISA.available, 0..<3)
    func `in both directions every token sees all positions`(isa: ISA, type: Int) {
        for (dim, heads) in sizes {
            for count in [1, 16, dim < 128 ? 70 : 20] {
                let a = Case(
                    tokens: count, heads: heads, first: 0, pageSize: 16, headDim: dim,
                    type: types[type])
                #expect(
                    distance(a.runWhole(isa), a.exactWhole()) < 3e-6,
                    "head of \(dim), \(heads) heads, \(count) tokens")
            }
        }
    }

    @Test(arguments: ISA.available)
    func `tokens of a text give the same bits one by one`(isa: ISA) {
        let a = Case(tokens: 70, heads: 2, first: 0, pageSize: 16, headDim: 64, type: CK_CACHE_F32)
        let parts = (0..<70).flatMap { a.runWhole(isa, $0..<$0 + 1) }
        #expect(a.runWhole(isa) == parts)
    }
}

extension Case {
    /// Attention in both directions, keys and values side by side in the rows of one memory.
    fileprivate func runWhole(_ isa: ISA, _ range: Range<Int>? = nil) -> [Float] {
        let range = range ?? 0..<tokens
        let row = ck_cache_row_bytes(type, headDim)
        let stride = 2 * row + 12
        let memory = Memory((tokens + 15) * stride, fill: 0xff)
        for position in 0..<tokens {
            for (floats, offset) in [(keys, 0), (values, row)] {
                floats[(position * headDim)...].withUnsafeBufferPointer {
                    ck_cache_write(
                        type, $0.baseAddress!, headDim, memory.bytes + position * stride + offset)
                }
            }
        }
        let width = heads * headDim
        let input = Memory(floats: q)
        let out = Memory(range.count * width * 4)
        let scratch = Memory(
            ck_attention_scratch(range.count, heads, 16, headDim), fill: 0xff)
        withUnsafePointer(to: Optional(UnsafeRawPointer(memory.bytes))) { page in
            var a = ck_attention()
            a.q = UnsafePointer(input.floats + range.lowerBound * width)
            (a.q_token_stride, a.q_head_stride) = (width, headDim)
            (a.tokens, a.heads, a.positions) = (range.count, heads, tokens)
            a.pages = page
            a.cache = type
            a.many = many
            (a.k_offset, a.v_offset) = (0, row)
            (a.page_size, a.row_bytes, a.head_dim) = (1 << 30, stride, headDim)
            a.scale = 1 / Float(headDim).squareRoot()
            a.out = out.floats
            (a.out_token_stride, a.out_head_stride) = (width, headDim)
            isa.ops.attention(&a, scratch.bytes)
        }
        return out.array(range.count * width)
    }

    /// As if every token were the last one.
    fileprivate func exactWhole() -> [Float] {
        (0..<tokens).flatMap { exact($0, positions: tokens) }
    }
}
