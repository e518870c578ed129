import CKernels
import Foundation
import Testing

private let lengths = [1, 2, 7, 8, 15, 16, 17, 31, 33, 64, 100, 896, 1003]

/// The greatest relative difference.
private func relative(_ a: [Float], _ b: [Float]) -> Float {
    zip(a, b).map { $0 == $1 ? 0 : abs($0 - $1) / max(abs($1), 1e-30) }.max() ?? 0
}

@Suite(.computeThreads) struct OpsTests {
    @Test func `the best instruction set is available and has a table`() {
        #expect(ck_isa_available(ck_isa_best()))
        #expect(ck_isa_available(CK_SCALAR))
        for isa in ISA.available { #expect(ck_ops_for(isa.value) != nil) }
        #expect(!ck_isa_available(CK_ISA_COUNT))
        #expect(ck_ops_for(CK_ISA_COUNT) == nil)
    }

    @Test(arguments: ISA.available)
    func `normalisation divides by the root of the mean square`(isa: ISA) {
        var numbers = Numbers(seed: 2)
        for n in lengths {
            let (x, w) = (numbers.array(n).map { $0 * 30 }, numbers.array(n))
            let (mx, mw, my) = (Memory(floats: x), Memory(floats: w), Memory(n * 4))
            isa.ops.rms_norm(mx.floats, mw.floats, 1e-6, n, my.floats)
            let mean = x.reduce(0.0) { $0 + Double($1) * Double($1) } / Double(n)
            let expected = (0..<n).map {
                Float(Double(x[$0]) / (mean + 1e-6).squareRoot() * Double(w[$0]))
            }
            #expect(relative(my.array(n), expected) < 5e-7, "\(n)")
            isa.ops.rms_norm(mx.floats, mw.floats, 1e-6, n, mx.floats)
            #expect(mx.array(n) == my.array(n))
        }
    }

    @Test(arguments: ISA.available)
    func `normalisation of heads leaves what lies between alone`(isa: ISA) {
        var numbers = Numbers(seed: 3)
        let x = numbers.array(3 * 80)
        let w = Memory(floats: numbers.array(64))
        let all = Memory(floats: x)
        isa.ops.rms_norm_heads(all.floats, w.floats, 1e-5, 64, 3, 80)
        for head in 0..<3 {
            let one = Memory(floats: Array(x[head * 80..<head * 80 + 64]))
            isa.ops.rms_norm(one.floats, w.floats, 1e-5, 64, one.floats)
            #expect(Array(all.array(240)[head * 80..<head * 80 + 64]) == one.array(64))
            #expect(
                Array(all.array(240)[head * 80 + 64..<head * 80 + 80])
                    == Array(x[head * 80 + 64..<head * 80 + 80]))
        }
    }

    @Test(arguments: ISA.available)
    func `layer norms take mean and deviation away`(isa: ISA) {
        var numbers = Numbers(seed: 12)
        for n in lengths {
            let x = numbers.array(n).map { $0 * 30 + 100 }
            let (w, b) = (numbers.array(n), numbers.array(n))
            let (mx, mw, mb) = (Memory(floats: x), Memory(floats: w), Memory(floats: b))
            let my = Memory(n * 4)
            let mean = x.reduce(0.0) { $0 + Double($1) } / Double(n)
            let variance =
                x.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / Double(n)
            let normal = x.map { (Double($0) - mean) / (variance + 1e-5).squareRoot() }
            isa.ops.layer_norm(mx.floats, mw.floats, mb.floats, 1e-5, n, my.floats)
            let moved = (0..<n).map { Float(normal[$0] * Double(w[$0]) + Double(b[$0])) }
            #expect(distance(my.array(n), moved) < 1e-6, "\(n)")
            isa.ops.layer_norm(mx.floats, mw.floats, nil, 1e-5, n, my.floats)
            let plain = (0..<n).map { Float(normal[$0] * Double(w[$0])) }
            #expect(distance(my.array(n), plain) < 1e-6, "\(n)")
            isa.ops.layer_norm(mx.floats, mw.floats, nil, 1e-5, n, mx.floats)
            #expect(mx.array(n) == my.array(n))
        }
    }

    @Test(arguments: ISA.available)
    func `rows of a gated unit may lie apart`(isa: ISA) {
        var numbers = Numbers(seed: 27)
        for n in [1, 15, 32, 37] {
            let (g, u) = (
                Memory(floats: numbers.array(3 * n)), Memory(floats: numbers.array(3 * n))
            )
            for gate in [isa.ops.silu_mul!, isa.ops.gelu_mul!] {
                let (one, apart) = (
                    Memory(n * 4), Memory(floats: [Float](repeating: 7, count: 3 * n + 10))
                )
                gate(g.floats, u.floats, n, 3, apart.floats, n + 5)
                for row in 0..<3 {
                    gate(g.floats + row * n, u.floats + row * n, n, 1, one.floats, n)
                    #expect((0..<n).map { apart.floats[row * (n + 5) + $0] } == one.array(n))
                }
                // What lies between is left alone.
                #expect((0..<5).allSatisfy { apart.floats[n + $0] == 7 }, "\(n)")
            }
        }
    }

    @Test(arguments: ISA.vector)
    func `the smooth rectifier is exact to a millionth`(isa: ISA) {
        var numbers = Numbers(seed: 13)
        for n in lengths {
            let x = Memory(floats: numbers.array(n).map { $0 * 5 })
            let (a, b) = (Memory(n * 4), Memory(n * 4))
            isa.ops.gelu(x.floats, n, a.floats)
            ISA.scalar.ops.gelu(x.floats, n, b.floats)
            #expect(distance(a.array(n), b.array(n)) < 2e-6, "\(n)")
        }
    }

    @Test(arguments: ISA.available)
    func `the smooth rectifier has the known values`(isa: ISA) {
        let x = Memory(floats: [0, 1, -1, 2, -3, 100, -100, 1e30, -1e30])
        let y = Memory(9 * 4)
        isa.ops.gelu(x.floats, 9, y.floats)
        let expected: [Float] = [0, 0.841192, -0.158808, 1.9545977, -0.0036373920, 100, 0, 1e30, 0]
        for i in 0..<9 {
            #expect(abs(y.floats[i] - expected[i]) <= 1e-6 * max(1, abs(expected[i])), "\(i)")
        }
    }

    @Test(arguments: ISA.available)
    func `sums and multiples are exact`(isa: ISA) {
        var numbers = Numbers(seed: 4)
        for n in lengths {
            let (x, y) = (numbers.array(n), numbers.array(n))
            let (mx, my) = (Memory(floats: x), Memory(floats: y))
            isa.ops.add(my.floats, mx.floats, n)
            #expect(my.array(n) == zip(y, x).map { $0 + $1 })
            isa.ops.scale(mx.floats, 0.3, n)
            #expect(mx.array(n) == x.map { $0 * 0.3 })
        }
    }

    @Test(arguments: ISA.vector)
    func `the gated unit is exact to a millionth`(isa: ISA) {
        var numbers = Numbers(seed: 5)
        for n in lengths {
            let gate = numbers.array(n).enumerated().map { $1 * Float($0 % 3 == 0 ? 80 : 6) }
            let (g, u) = (Memory(floats: gate), Memory(floats: numbers.array(n)))
            let (a, b) = (Memory(n * 4), Memory(n * 4))
            isa.ops.silu_mul(g.floats, u.floats, n, 1, a.floats, n)
            ISA.scalar.ops.silu_mul(g.floats, u.floats, n, 1, b.floats, n)
            #expect(relative(a.array(n), b.array(n)) < 1e-6, "\(n)")
            isa.ops.gelu_mul(g.floats, u.floats, n, 1, a.floats, n)
            ISA.scalar.ops.gelu_mul(g.floats, u.floats, n, 1, b.floats, n)
            for (found, exact) in zip(a.array(n), b.array(n)) {
                #expect(abs(found - exact) <= 2e-6 * max(1, abs(exact)), "\(n)")
            }
        }
        let extremes = Memory(floats: [-200, 200, -88, 88, 0, -.infinity])
        let (ones, y) = (Memory(floats: [1, 1, 1, 1, 1, 1]), Memory(24))
        isa.ops.silu_mul(extremes.floats, ones.floats, 6, 1, y.floats, 6)
        #expect(abs(y.floats[0]) < 1e-30 && y.floats[1] == 200 && y.floats[3] == 88)
        #expect(abs(y.floats[2]) < 1e-30 && y.floats[4] == 0)
    }

    @Test(arguments: ISA.available)
    func `rotations turn the right pairs`(isa: ISA) {
        var numbers = Numbers(seed: 6)
        for (rotary, dim) in [(64, 64), (32, 80), (2, 4), (128, 128), (36, 36)] {
            let x = numbers.array(2 * dim)
            let angles = numbers.array(rotary / 2).map { Double($0) * 3 }
            let turns = Memory(
                floats: angles.flatMap { [Float(cosine($0)), Float(cosine($0 - .pi / 2))] })
            for neox in [true, false] {
                let m = Memory(floats: x)
                if neox {
                    isa.ops.rope_neox(m.floats, turns.floats, rotary, 2, dim)
                } else {
                    isa.ops.rope_norm(m.floats, turns.floats, rotary, 2, dim)
                }
                var expected = x
                for head in 0..<2 {
                    for i in 0..<rotary / 2 {
                        let a = head * dim + (neox ? i : 2 * i)
                        let b = head * dim + (neox ? i + rotary / 2 : 2 * i + 1)
                        let (c, s) = (turns.floats[2 * i], turns.floats[2 * i + 1])
                        expected[a] = x[a] * c - x[b] * s
                        expected[b] = x[a] * s + x[b] * c
                    }
                }
                #expect(distance(m.array(2 * dim), expected) < 1e-6)
            }
        }
    }

    @Test(arguments: ISA.available)
    func `half precision is converted both ways`(isa: ISA) {
        let halves = Memory(65536 * 2)
        let bits = halves.bytes.assumingMemoryBound(to: UInt16.self)
        for i in 0..<65536 { bits[i] = UInt16(i) }
        let (floats, back) = (Memory(65536 * 4), Memory(65536 * 2))
        isa.ops.f16_to_f32(bits, 65536, floats.floats)
        isa.ops.f32_to_f16(floats.floats, 65536, back.bytes.assumingMemoryBound(to: UInt16.self))
        let result = back.bytes.assumingMemoryBound(to: UInt16.self)
        for i in 0..<65536 where i & 0x7fff <= 0x7c00 {
            if result[i] != UInt16(i) {
                Issue.record("\(i) became \(result[i])")
                return
            }
        }
        #expect(floats.floats[0x3c00] == 1 && floats.floats[0x0001] == 0x1p-24)
    }

    @Test(arguments: ISA.available)
    func `the greatest value's first index is found`(isa: ISA) {
        var numbers = Numbers(seed: 7)
        for n in lengths {
            var x = numbers.array(n)
            let at = Int(numbers.bits() % UInt64(n))
            x[at] = 2
            if at + 1 < n { x[n - 1] = 2 }
            if at > 0 { x[0] = .nan }
            let m = Memory(floats: x)
            #expect(isa.ops.argmax(m.floats, n) == at)
        }
        let none = Memory(floats: [.nan, -.infinity, .nan])
        #expect(isa.ops.argmax(none.floats, 3) == 0)
        let last = Memory(floats: [.nan, -.infinity, -5])
        #expect(isa.ops.argmax(last.floats, 3) == 2)
    }

    @Test(arguments: ISA.vector)
    func `exponentials and their sum are exact to a millionth`(isa: ISA) {
        var numbers = Numbers(seed: 8)
        for n in lengths {
            let m = Memory(floats: numbers.array(n).map { $0 * 40 })
            let (a, b) = (Memory(n * 4), Memory(n * 4))
            let sum = isa.ops.exp_sum(m.floats, 40, n, a.floats)
            let expected = ISA.scalar.ops.exp_sum(m.floats, 40, n, b.floats)
            #expect(relative(a.array(n), b.array(n)) < 1e-6)
            #expect(abs(sum / expected - 1) < 1e-6)
        }
        let m = Memory(floats: [-.infinity, 0])
        #expect(isa.ops.exp_sum(m.floats, 0, 2, m.floats) == 1)
    }

    @Test(arguments: ISA.vector)
    func `exponentials end where numbers do`(isa: ISA) {
        // Nothing below the least normal number, infinity above the greatest; twice as whole vectors.
        let x: [Float] = [
            -.infinity, -1e30, -200, -103, -88, -87.2, -20, -0.3466, 0, 0.3466, 1, 20, 88, 89.5,
            1e30,
            .infinity,
        ]
        let m = Memory(floats: x + x)
        let y = Memory(32 * 4)
        _ = isa.ops.exp_sum(m.floats, 0, 32, y.floats)
        for (index, e) in y.array(32).enumerated() {
            let exact = Foundation.exp(Double(x[index % 16]))
            if exact < Double(Float.leastNormalMagnitude) {
                #expect(e == 0, "\(x[index % 16])")
            } else if exact > Double(Float.greatestFiniteMagnitude) {
                #expect(e == .infinity, "\(x[index % 16])")
            } else {
                #expect(abs(Double(e) / exact - 1) < 3e-7, "\(x[index % 16])")
            }
        }
        // What is not a number stays none, alone of its vector.
        let odd = Memory(floats: [Float](repeating: 0, count: 15) + [.nan])
        #expect(isa.ops.exp_sum(odd.floats, 0, 16, y.floats).isNaN)
        #expect(y.array(16).prefix(15).allSatisfy { $0 == 1 } && y.array(16)[15].isNaN)
        let ones = Memory(floats: [Float](repeating: 1, count: 16))
        isa.ops.silu_mul(odd.floats, ones.floats, 16, 1, y.floats, 16)
        #expect(y.array(16).prefix(15).allSatisfy { $0 == 0 } && y.array(16)[15].isNaN)
    }

    @Test(arguments: ISA.vector)
    func `a query that is no number gives none, and others their own`(isa: ISA) {
        for many in [false, true] {
            let (tokens, heads, dim) = (40, 2, 64)
            var q = [Float](repeating: 0.5, count: tokens * heads * dim)
            q[7 * heads * dim + 3] = .nan
            let page = Memory(64 * dim * 2 * 2, fill: 0)
            let (input, out) = (Memory(floats: q), Memory(tokens * heads * dim * 4))
            let scratch = Memory(ck_attention_scratch(tokens, heads, 64, dim), fill: 0xff)
            withUnsafePointer(to: Optional(UnsafeRawPointer(page.bytes))) { list in
                var a = ck_attention()
                a.q = UnsafePointer(input.floats)
                (a.q_token_stride, a.q_head_stride) = (heads * dim, dim)
                (a.tokens, a.heads, a.many) = (tokens, heads, many)
                (a.pages, a.cache) = (list, CK_CACHE_F16)
                (a.k_offset, a.v_offset) = (0, 64 * dim * 2)
                (a.page_size, a.head_dim, a.scale) = (64, dim, 0.125)
                a.out = out.floats
                (a.out_token_stride, a.out_head_stride) = (heads * dim, dim)
                isa.ops.attention(&a, scratch.bytes)
            }
            for (index, value) in out.array(tokens * heads * dim).enumerated() {
                #expect(index / dim == 7 * heads ? value.isNaN : value == 0)
            }
        }
    }

    @Test(arguments: ISA.available)
    func `reading depends on every byte`(isa: ISA) {
        for (n, pages) in [(1, 1), (63, 8), (64, 1), (5000, 1), (70_000, 1), (70_000, 8)] {
            let m = Memory(n)
            let before = isa.ops.read_bytes(m.bytes, n, pages)
            for at in [0, n / 2, n - 1] {
                m.bytes.storeBytes(of: 1, toByteOffset: at, as: UInt8.self)
                #expect(isa.ops.read_bytes(m.bytes, n, pages) != before)
                m.bytes.storeBytes(of: 0, toByteOffset: at, as: UInt8.self)
            }
        }
    }
}

/// By its series: tests need no mathematics library.
private func cosine(_ x: Double) -> Double {
    var (term, sum) = (1.0, 1.0)
    for k in 1...30 {
        term *= -x * x / Double((2 * k - 1) * (2 * k))
        sum += term
    }
    return sum
}
