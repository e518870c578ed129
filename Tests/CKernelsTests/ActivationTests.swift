import CKernels
import Testing

/// What products read: floats packed to bytes and words.
@Suite struct ActivationTests {
    @Test(arguments: ISA.vector)
    func `quantised activations are the portable ones, bit for bit`(isa: ISA) {
        var numbers = Numbers(seed: 1)
        for cols in [32, 64, 96, 896, 40, 1, 4864] {
            var x = numbers.array(cols)
            if cols > 64 {
                for i in 32..<64 { x[i] = 0 }
                x[7] = 1e-30
                x[64] = 1e30
            }
            let size = ck_act_bytes(cols)
            let input = Memory(floats: x)
            let (a, b) = (Memory(size), Memory(size))
            isa.ops.quantize(input.floats, cols, a.bytes)
            ISA.scalar.ops.quantize(input.floats, cols, b.bytes)
            #expect(
                UnsafeRawBufferPointer(start: a.bytes, count: size)
                    .elementsEqual(UnsafeRawBufferPointer(start: b.bytes, count: size)))
        }
    }

    @Test(arguments: ISA.available)
    func `activations that are no numbers do no harm`(isa: ISA) {
        let x = Memory(
            floats: [Float.nan, .infinity, -.infinity] + [Float](repeating: 1, count: 61))
        let act = Memory(ck_act_bytes(64))
        isa.ops.quantize(x.floats, 64, act.bytes)
        let q = act.bytes.assumingMemoryBound(to: Int8.self)
        #expect((0..<64).allSatisfy { q[$0] >= -127 })
    }

    /// Powers of two may be up to twice the scale that a block needs; the best of eight factors keeps
    /// the whole close to what scales of any size give, and a factor for each four blocks closer.
    @Test(arguments: ISA.available.filter { $0.ops.quantize_pow2 != nil }, [false, true])
    func `scales of powers of two cost little precision`(isa: ISA, fours: Bool) {
        var numbers = Numbers(seed: 21)
        for n in [1, 31, 32, 33, 500, 512, 896, 4864] {
            // Sums of uniform numbers are nearly normal ones.
            var x = (0..<n).map { _ in
                (0..<6).reduce(Float(0)) { sum, _ in sum + numbers.array(1)[0] }
            }
            if n > 100 { x[40] = 300 }
            let y = bytesOfPowers(x, isa, fours: fours)
            let peaks = stride(from: 0, to: n, by: 32).map {
                x[$0..<min($0 + 32, n)].map(abs).max()!
            }
            var (squares, least) = (0.0, 0.0)
            for i in 0..<n {
                let step = Double(peaks[i / 32]) / 127
                #expect(abs(Double(y[i] - x[i])) <= step * 1.001, "\(i) of \(n)")
                squares += Double(y[i] - x[i]) * Double(y[i] - x[i])
                least += step * step / 12
            }
            if n > 100 { #expect((squares / least).squareRoot() < (fours ? 1.2 : 1.4), "\(n)") }
        }
        let zeros = [Float](repeating: 0, count: 40)
        #expect(bytesOfPowers(zeros, isa, fours: fours).allSatisfy { $0 == 0 })
        #expect(bytesOfPowers([.infinity, 1], isa, fours: fours).allSatisfy { $0.isNaN })
    }

    /// Of which the sum with a weight of 4 bits then fits in a byte.
    @Test(arguments: ISA.available.filter { $0.ops.quantize_pow2 != nil })
    func `bytes for pairs are at most 119`(isa: ISA) {
        var numbers = Numbers(seed: 25)
        for n in [1, 33, 512, 896] {
            let values = numbers.array(n)
            let (x, act) = (Memory(floats: values), Memory(ck_act_bytes(n), fill: 0xff))
            isa.ops.quantize_pow2(x.floats, n, false, true, act.bytes)
            let greatest = (0..<n).map {
                abs(Int(act.bytes.load(fromByteOffset: $0, as: Int8.self)))
            }
            #expect(greatest.max()! <= 119, "\(n)")
            let y = bytesOfPowers(values, isa, fours: false, pairs: true)
            for (i, (value, found)) in zip(values, y).enumerated() {
                let block = values[i / 32 * 32..<min(n, i / 32 * 32 + 32)]
                #expect(abs(found - value) <= block.map(abs).max()! / 119 * 1.001, "\(i) of \(n)")
            }
        }
    }

    /// Blocks whose sums of products reach the greatest that they may.
    @Test(arguments: ISA.available.filter { $0.ops.words != nil })
    func `words keep sums within 32 bits`(isa: ISA) {
        var numbers = Numbers(seed: 23)
        for n in [1, 16, 31, 32, 33, 100, 896] {
            for size in [Float(1e-8), 1, 1e6] {
                var x = numbers.array(n).map { $0 * size }
                if n == 100 { x = x.map { $0 < 0 ? -size : size } }
                if n == 896 { x[40] = 1000 * size }
                let y = wordsOf(x, isa)
                for first in stride(from: 0, to: n, by: 32) {
                    let block = first..<min(n, first + 32)
                    let norm = block.reduce(0.0) { $0 + Double(x[$1]) * Double(x[$1]) }.squareRoot()
                    let peak = block.map { abs(x[$0]) }.max()!
                    let step = max(norm / 65530, Double(peak) / 32767)
                    for i in block { #expect(abs(Double(y[i] - x[i])) <= step * 0.502, "\(i)") }
                    let rounded = block.reduce(0.0) { $0 + Double(y[$1]) * Double(y[$1]) }
                        .squareRoot()
                    #expect(rounded <= step * 65536)
                }
            }
        }
        #expect(wordsOf([Float](repeating: 0, count: 40), isa).allSatisfy { $0 == 0 })
        #expect(wordsOf([.nan, 1], isa)[1].isNaN)
    }

    @Test(arguments: ISA.vector)
    func `quantised activations are the same bytes everywhere`(isa: ISA) {
        var numbers = Numbers(seed: 22)
        for n in Array(1...70) + [480, 511, 512, 513, 900, 4864] {
            var x = numbers.array(n).map { $0 * 20 }
            if n > 64 { (x[3], x[40]) = (.nan, .infinity) }
            if n > 400 { for i in 96..<160 { x[i] = 0 } }
            let input = Memory(floats: x)
            let size = ck_act_bytes(n)
            let (a, b) = (Memory(size), Memory(size))
            isa.ops.quantize(input.floats, n, a.bytes)
            ISA.scalar.ops.quantize(input.floats, n, b.bytes)
            let bytes = [a, b].map { Array(UnsafeRawBufferPointer(start: $0.bytes, count: size)) }
            #expect(bytes[0] == bytes[1], "\(n)")
        }
    }
}
