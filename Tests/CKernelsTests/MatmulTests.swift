import CKernels
import TestSupport
import Testing

/// Pairs of an instruction set and a format that it has a product of.
private let pairs = ISA.available.flatMap { isa in
    Format.all.filter { ck_format_matmul($0.pointer, isa.value) != nil }.map { (isa, $0) }
}
private let vectorPairs = pairs.filter { $0.0.value != CK_SCALAR }

/// Long tests yield now and then, so that two do not hold up all the others.
@Suite(.computeThreads) struct MatmulTests {
    @Test(arguments: pairs)
    func `a product is near the exact one`(isa: ISA, format: Format) {
        for cols in [256, 768] {
            var product = Product(format, rows: 19, cols: cols, tokens: 3)
            product.bias = Numbers.sample(19)
            let limit: Float = format.c.activation == CK_ACT_F32 ? 1e-5 : 0.012
            #expect(distance(product.run(isa), product.exact()) < limit * Float(cols).squareRoot())
        }
    }

    /// Of words too, which F16, BF16 and Q8_0 may then be read from.
    @Test(arguments: pairs)
    func `a product of many tokens is near the exact one`(isa: ISA, format: Format) {
        let product = Product(format, rows: 19, cols: 768, tokens: 21)
        var fields: UInt32 = 0
        let form = ck_format_activation(format.pointer, isa.value, 21, CK_FEW_EQUAL, &fields)
        let limit: Float =
            form == CK_ACT_F32
            ? 1e-5 : form == CK_ACT_I16 || fields & UInt32(CK_FIELD_LOW) != 0 ? 5e-5 : 0.02
        #expect(distance(product.run(isa), product.exact()) < limit * Float(768).squareRoot())
    }

    /// What is far below the rest of its block, and a block of next to nothing.
    @Test(arguments: vectorPairs)
    func `factors of any size count`(isa: ISA, format: Format) {
        var product = Product(format, rows: 18, cols: 256, tokens: 20)
        for k in stride(from: 0, to: product.x.count, by: 40) { product.x[k] *= 1000 }
        for k in 64..<128 { product.x[k] = 1e-36 }
        for k in 128..<192 { product.x[k] = 0 }
        let (values, tolerance) = product.expected(isa)
        let size = values.map(abs).max()!
        #expect(distance(product.run(isa), values) < tolerance * size)
    }

    @Test(arguments: vectorPairs)
    func `a product agrees with the portable one for all shapes`(isa: ISA, format: Format) async {
        let widths = [32, 64, 96, 160, 224, 256, 512, 896, 1280, 4864].filter {
            $0 % format.block == 0
        }
        for cols in widths {
            await Task.yield()
            for (rows, tokens) in [(1, 1), (16, 2), (37, 3), (5, 4), (18, 8), (33, 9), (17, 23)] {
                var product = Product(format, rows: rows, cols: cols, tokens: tokens)
                product.misaligned = rows % 7
                let (values, tolerance) = product.expected(isa)
                #expect(
                    distance(product.run(isa), values) < tolerance,
                    "\(rows) x \(cols), \(tokens) tokens")
            }
        }
    }

    @Test(arguments: vectorPairs)
    func `any number of tokens works`(isa: ISA, format: Format) async {
        for tokens in 1...44 {
            await Task.yield()
            var product = Product(format, rows: 21, cols: 256, tokens: tokens)
            for few in [CK_FEW_EQUAL, CK_FEW_FAST] {
                product.few = few
                let (values, tolerance) = product.expected(isa)
                // 256 columns.
                let limit = isa.value == CK_AMX ? tolerance : min(tolerance, 3e-5)
                #expect(distance(product.run(isa), values) < limit, "\(tokens) tokens")
            }
        }
    }

    /// Long rows of many tokens, of which several columns are taken at a time.
    @Test(arguments: vectorPairs)
    func `large products agree`(isa: ISA, format: Format) async {
        for (rows, cols, tokens) in [
            (112, 1024, 530), (112, 512, 1050), (112, 2304, 270), (112, 8448, 48),
        ] {
            await Task.yield()
            var product = Product(format, rows: rows, cols: cols, tokens: tokens)
            product.bias = Numbers.sample(rows)
            let whole = product.run(isa)
            #expect(distance(whole, product.run(isa, split: [32, 96])) == 0)
            // Some tokens, by a product of their own.
            var some = product
            (some.tokens, some.x) = (14, Array(product.x.suffix(14 * cols)))
            some.few = CK_FEW_AS_MANY
            let (values, tolerance) = some.expected(isa)
            #expect(distance(Array(whole.suffix(14 * rows)), values) < tolerance)
        }
    }

    @Test(arguments: vectorPairs)
    func `bias and accumulation are added`(isa: ISA, format: Format) {
        for (tokens, few) in [
            (1, CK_FEW_EQUAL), (4, CK_FEW_EQUAL), (12, CK_FEW_EQUAL), (5, CK_FEW_FAST),
            (7, CK_FEW_FAST),
        ] {
            var product = Product(format, rows: 35, cols: 512, tokens: tokens)
            product.few = few
            let plain = product.run(isa)
            product.bias = Numbers.sample(35)
            product.start = Numbers.sample(35 * tokens)
            let expected = plain.indices.map {
                plain[$0] + product.bias![$0 % 35] + product.start![$0]
            }
            #expect(distance(product.run(isa), expected) < 1e-5)
        }
    }

    @Test(arguments: pairs)
    func `the range of rows changes no bit`(isa: ISA, format: Format) {
        for tokens in [1, 7, 20] {
            let product = Product(format, rows: 53, cols: 512, tokens: tokens)
            #expect(product.run(isa) == product.run(isa, split: [16, 32, 48]))
        }
    }

    @Test(arguments: pairs)
    func `what is asked for in advance changes no bit`(isa: ISA, format: Format) {
        for tokens in [1, 5, 8, 20] {
            var product = Product(format, rows: 530, cols: 512, tokens: tokens)
            let expected = product.run(isa)
            for pages in [1, 8] {
                product.pages = pages
                #expect(product.run(isa, split: [64, 80, 336]) == expected, "\(pages) pages")
            }
        }
    }

    @Test(arguments: pairs)
    func `the number of tokens up to eight changes no bit`(isa: ISA, format: Format) {
        let all = Product(format, rows: 20, cols: 512, tokens: 8)
        let together = all.run(isa)
        for count in 1...7 {
            var some = all
            some.tokens = count
            some.x = Array(all.x.prefix(count * 512))
            #expect(some.run(isa) == Array(together.prefix(count * 20)), "\(count) tokens")
        }
    }

    /// With one form of the tokens.
    @Test(arguments: pairs.filter { [CK_AVX512, CK_ZEN4, CK_AMX].contains($0.0.value) })
    func `the number of tokens from five to 24 changes no bit where it shall be fast`(
        isa: ISA, format: Format
    ) {
        var all = Product(format, rows: 70, cols: 512, tokens: 24)
        all.few = CK_FEW_FAST
        let together = all.run(isa)
        var form: UInt32 = 0
        let kind = ck_format_activation(format.pointer, isa.value, 24, all.few, &form)
        for count in 5...23
        where ck_format_activation(format.pointer, isa.value, count, all.few, &form) == kind {
            var some = all
            some.tokens = count
            some.x = Array(all.x.prefix(count * 512))
            #expect(
                distance(some.run(isa), Array(together.prefix(count * 70))) == 0, "\(count) tokens")
        }
    }

    @Test(arguments: pairs.filter { [CK_AVX512, CK_ZEN4, CK_AMX].contains($0.0.value) })
    func `tokens taken as many give the same bits however few they are`(isa: ISA, format: Format) {
        let all = Product(format, rows: 20, cols: 512, tokens: 50)
        let together = all.run(isa)
        for count in [1, 2, 7, 8, 9, 12, 13] {
            var some = all
            (some.tokens, some.few) = (count, CK_FEW_AS_MANY)
            some.x = Array(all.x.prefix(count * 512))
            #expect(some.run(isa) == Array(together.prefix(count * 20)), "\(count) tokens")
        }
    }

    /// On processors with AMX.
    @Test(arguments: pairs.filter { $0.0.value == CK_AMX && $0.1.c.activation == CK_ACT_Q8 })
    func `a gated unit makes the tiles that its parts make`(isa: ISA, format: Format) {
        let shapes = [
            (80, 512, 41, false), (33, 256, 50, true), (512, 512, 96, false), (96, 256, 64, false),
        ]
        for (rows, cols, tokens, gelu) in shapes {
            var gate = Product(format, rows: rows, cols: cols, tokens: tokens, seed: 1)
            var up = Product(format, rows: rows, cols: cols, tokens: tokens, seed: 2)
            #expect(ck_format_gates(format.pointer, isa.value, cols, tokens, CK_FEW_EQUAL))
            up.x = gate.x
            (gate.bias, up.bias) = (Numbers.sample(rows), Numbers.sample(rows).reversed())
            let factors = Memory(floats: gate.run(isa))
            let others = Memory(floats: up.run(isa))
            (gelu ? isa.ops.gelu_mul : isa.ops.silu_mul)(
                factors.floats, others.floats, rows, tokens, factors.floats, rows)
            let bytes = ck_tiles_bytes(rows)
            let (expected, tiles) = (
                Memory((tokens + 15) / 16 * bytes), Memory((tokens + 15) / 16 * bytes, fill: 0xff)
            )
            for t in 0..<tokens {
                isa.ops.split(factors.floats + t * rows, rows, t, false, expected.bytes)
            }
            let weights = Memory(up.weights.count)
            up.weights.withUnsafeBytes {
                weights.bytes.copyMemory(from: $0.baseAddress!, byteCount: $0.count)
            }
            let bias = Memory(floats: up.bias!)
            var second = ck_gated(
                weights: weights.bytes, bias: bias.floats, gelu: gelu, tiles: tiles.bytes)
            _ = gate.run(isa, split: rows > 64 ? [32, 64] : [], gated: &second)
            for t in 0..<tokens {
                for step in 0..<(rows + 31) / 32 {
                    let at = t / 16 * bytes + step * 1024 + t % 16 * 64
                    #expect(
                        UnsafeRawBufferPointer(start: tiles.bytes + at, count: 64).elementsEqual(
                            UnsafeRawBufferPointer(start: expected.bytes + at, count: 64)),
                        "token \(t), columns from \(step * 32)")
                }
            }
        }
    }

    @Test(arguments: pairs)
    func `weights of any bytes do no harm`(isa: ISA, format: Format) {
        var numbers = Numbers(seed: 5)
        for tokens in [1, 9, 20] {
            var product = Product(format, rows: 17, cols: 512, tokens: tokens)
            product.weights = product.weights.map { _ in UInt8(truncatingIfNeeded: numbers.bits()) }
            #expect(product.run(isa).count == 17 * tokens)
            product.weights = product.weights.map { _ in 0xff }
            #expect(product.run(isa).count == 17 * tokens)
        }
    }
}

extension Numbers {
    static func sample(_ n: Int) -> [Float] {
        var numbers = Numbers(seed: UInt64(n))
        return numbers.array(n)
    }
}
