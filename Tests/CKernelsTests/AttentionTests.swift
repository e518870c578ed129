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
    var f32: Bool
    let q: [Float]
    let keys: [Float]
    let values: [Float]

    init(
        tokens: Int, heads: Int, first: Int, pageSize: Int, headDim: Int, f32: Bool,
        spread: Float = 3
    ) {
        (self.tokens, self.heads, self.first) = (tokens, heads, first)
        (self.pageSize, self.headDim, self.f32) = (pageSize, headDim, f32)
        var numbers = Numbers(seed: UInt64(tokens * 7 + headDim))
        let count = (first + tokens) * headDim
        q = numbers.array(tokens * heads * headDim).map { $0 * spread }
        keys = numbers.array(count).map { f32 ? $0 : Float(Float16(bits: $0)) }
        values = numbers.array(count).map { f32 ? $0 : Float(Float16(bits: $0)) }
    }

    /// out[(token, head, dimension)] of the tokens in `range`.
    func run(_ isa: ISA, _ range: Range<Int>? = nil) -> [Float] {
        let range = range ?? 0..<tokens
        let size = f32 ? 4 : 2
        let half = pageSize * headDim * size
        var pages: [Memory] = []
        for p in 0..<(first + tokens + pageSize - 1) / pageSize {
            let page = Memory(2 * half, fill: 0xff)
            for i in 0..<pageSize where p * pageSize + i < first + range.upperBound {
                for d in 0..<headDim {
                    let from = (p * pageSize + i) * headDim + d
                    let to = (i * headDim + d) * size
                    for (value, offset) in [(keys[from], to), (values[from], half + to)] {
                        if f32 {
                            page.bytes.storeBytes(of: value, toByteOffset: offset, as: Float.self)
                        } else {
                            page.bytes.storeBytes(
                                of: Float16(bits: value).bits, toByteOffset: offset, as: UInt16.self
                            )
                        }
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
            a.pages = list.baseAddress
            a.f32_cache = f32
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
            let scores = (0..<positions).map { p in
                zip(query, keys[(p * headDim)...]).reduce(0.0) { $0 + $1.0 * Double($1.1) }
                    / Double(headDim).squareRoot()
            }
            let best = scores.max()!
            let weights = scores.map { exp($0 - best) }
            let total = weights.reduce(0, +)
            for d in 0..<headDim {
                let sum = weights.enumerated().reduce(0.0) {
                    $0 + $1.element * Double(values[$1.offset * headDim + d])
                }
                out.append(Float(sum / total))
            }
        }
        return out
    }
}

/// Half precision by the kernels: the type of the language is missing on some platforms.
private struct Float16 {
    let bits: UInt16
    init(bits value: Float) {
        var (x, half) = (value, UInt16(0))
        ISA.scalar.ops.f32_to_f16(&x, 1, &half)
        bits = half
    }
}
extension Float {
    fileprivate init(_ half: Float16) {
        var (bits, x) = (half.bits, Float(0))
        ISA.scalar.ops.f16_to_f32(&bits, 1, &x)
        self = x
    }
}

private let sizes = [(64, 7), (128, 3), (80, 2), (2, 1), (36, 5), (256, 1), (512, 2)]

@Suite struct AttentionTests {
    @Test(arguments: ISA.available, [false, true])
    func `attention is the softmax's mean of the values`(isa: ISA, f32: Bool) {
        for (dim, heads) in sizes {
            for (tokens, first) in [(1, 0), (1, 63), (1, 64), (1, 200), (5, 61), (20, 0)] {
                let a = Case(
                    tokens: tokens, heads: heads, first: first, pageSize: 16, headDim: dim, f32: f32
                )
                #expect(
                    distance(a.run(isa), a.exact()) < 3e-6,
                    "head of \(dim), \(heads) heads, \(tokens) tokens after \(first)")
            }
        }
    }

    @Test(arguments: ISA.available)
    func `pages of any size give the same bits`(isa: ISA) {
        let a = Case(tokens: 9, heads: 4, first: 150, pageSize: 16, headDim: 64, f32: false)
        let expected = a.run(isa)
        for size in [32, 48, 64, 256] {
            var b = a
            b.pageSize = size
            #expect(b.run(isa) == expected)
        }
    }

    @Test(arguments: ISA.available)
    func `tokens in parts give the same bits`(isa: ISA) {
        let a = Case(tokens: 70, heads: 3, first: 30, pageSize: 32, headDim: 64, f32: true)
        let ranges: [Range<Int>] = [0..<1, 1..<33, 33..<34, 34..<70]
        var parts: [Float] = []
        for range in ranges { parts += a.run(isa, range) }
        #expect(a.run(isa) == parts)
    }

    @Test(arguments: ISA.available)
    func `great scores do not overflow`(isa: ISA) {
        let a = Case(
            tokens: 4, heads: 2, first: 100, pageSize: 16, headDim: 64, f32: true, spread: 3000)
        #expect(distance(a.run(isa), a.exact()) < 1e-3)
    }

    @Test(arguments: ISA.available, [false, true])
    func `in both directions every token sees all positions`(isa: ISA, f32: Bool) {
        for (dim, heads) in sizes {
            for count in [1, 16, dim < 128 ? 70 : 20] {
                let a = Case(
                    tokens: count, heads: heads, first: 0, pageSize: 16, headDim: dim, f32: f32)
                #expect(
                    distance(a.runWhole(isa), a.exactWhole()) < 3e-6,
                    "head of \(dim), \(heads) heads, \(count) tokens")
            }
        }
    }

    @Test(arguments: ISA.available)
    func `tokens of a text give the same bits one by one`(isa: ISA) {
        let a = Case(tokens: 70, heads: 2, first: 0, pageSize: 16, headDim: 64, f32: true)
        let parts = (0..<70).flatMap { a.runWhole(isa, $0..<$0 + 1) }
        #expect(a.runWhole(isa) == parts)
    }
}

extension Case {
    /// Attention in both directions, keys and values side by side in the rows of one memory.
    fileprivate func runWhole(_ isa: ISA, _ range: Range<Int>? = nil) -> [Float] {
        let range = range ?? 0..<tokens
        let size = f32 ? 4 : 2
        let stride = (2 * headDim + 3) * size
        let memory = Memory((tokens + 15) * stride, fill: 0xff)
        for position in 0..<tokens {
            for d in 0..<headDim {
                let from = position * headDim + d
                let to = position * stride + d * size
                for (value, offset) in [
                    (keys[from], to), (values[from], to + headDim * size),
                ] {
                    if f32 {
                        memory.bytes.storeBytes(of: value, toByteOffset: offset, as: Float.self)
                    } else {
                        memory.bytes.storeBytes(
                            of: Float16(bits: value).bits, toByteOffset: offset, as: UInt16.self)
                    }
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
            a.f32_cache = f32
            (a.k_offset, a.v_offset) = (0, headDim * size)
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
