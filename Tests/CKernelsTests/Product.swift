import CKernels

/// A product with all that goes into it.
struct Product {
    var format: Format
    var rows: Int
    var cols: Int
    var tokens: Int
    var weights: [UInt8]
    var x: [Float]
    var bias: [Float]?
    var start: [Float]?
    /// Bytes between the weights' address and an aligned one.
    var misaligned = 0
    /// How few tokens are taken.
    var few = CK_FEW_EQUAL
    /// Pages whose lines are asked for in turn; 0: nothing is asked for in advance.
    var pages = 0

    init(_ format: Format, rows: Int, cols: Int, tokens: Int, seed: UInt64 = 1) {
        var numbers = Numbers(seed: seed)
        self.format = format
        (self.rows, self.cols, self.tokens) = (rows, cols, tokens)
        weights = (0..<rows).flatMap { _ in format.quantize(numbers.array(cols)) }
        x = numbers.array(cols * tokens)
    }

    /// y[t * rows + r] by the kernels of `isa`, the rows in the given ranges.
    ///
    /// - Parameter gated: the other half of a gated unit; then there is no y.
    func run(
        _ isa: ISA, split: [Int] = [], gated: UnsafePointer<ck_gated>? = nil
    ) -> [Float] {
        let w = Memory(weights.count + misaligned)
        weights.withUnsafeBytes {
            (w.bytes + misaligned).copyMemory(from: $0.baseAddress!, byteCount: $0.count)
        }
        var fields: UInt32 = 0
        let form = ck_format_activation(format.pointer, isa.value, tokens, few, &fields)
        func has(_ field: some BinaryInteger) -> Bool { fields & UInt32(field) != 0 }
        let stride =
            switch form {
            case CK_ACT_F32: (cols * 4 + 63) / 64 * 64
            case CK_ACT_Q8: ck_act_bytes(cols)
            case CK_ACT_Q8_PANELS, CK_ACT_Q8_POW2, CK_ACT_Q8_FOURS: ck_panel_bytes(cols)
            case CK_ACT_I16: ck_words_bytes(cols)
            default: ck_tiles_bytes(cols)
            }
        // What a product does not read is not a number.
        let hasPanels = [CK_ACT_Q8_PANELS, CK_ACT_Q8_POW2, CK_ACT_Q8_FOURS].contains(form)
        let count =
            form == CK_ACT_BF16 ? (tokens + 15) / 16 : hasPanels ? ck_panels(tokens) : tokens
        let act = Memory(stride * count, fill: form == CK_ACT_BF16 || hasPanels ? 0xff : 0)
        let packed = Memory(tokens * ck_act_bytes(cols), fill: 0xff)
        for t in 0..<tokens {
            let token = Memory(floats: Array(x[t * cols..<(t + 1) * cols]))
            switch form {
            case CK_ACT_F32:
                (act.bytes + t * stride).copyMemory(from: token.bytes, byteCount: cols * 4)
            case CK_ACT_Q8: isa.ops.quantize(token.floats, cols, act.bytes + t * stride)
            case CK_ACT_Q8_PANELS:
                isa.ops.quantize(token.floats, cols, packed.bytes + t * ck_act_bytes(cols))
            case CK_ACT_Q8_POW2, CK_ACT_Q8_FOURS:
                isa.ops.quantize_pow2(
                    token.floats, cols, form == CK_ACT_Q8_FOURS, has(CK_FIELD_PAIRS),
                    packed.bytes + t * ck_act_bytes(cols))
            case CK_ACT_I16: isa.ops.words(token.floats, cols, act.bytes + t * stride)
            default:
                isa.ops.split(
                    token.floats, cols, t, fields & UInt32(CK_FIELD_LOW) != 0, act.bytes)
            }
        }
        if hasPanels {
            for p in 0..<count {
                let first = ck_first_of_panel(tokens, p)
                isa.ops.panel(
                    packed.bytes + first * ck_act_bytes(cols),
                    ck_first_of_panel(tokens, p + 1) - first,
                    cols, fields, act.bytes + p * stride)
            }
        }
        let y = Memory(floats: start ?? [Float](repeating: .nan, count: rows * tokens))
        let scratch = Memory(ck_matmul_scratch(cols), fill: 0xff)
        let biases = bias.map { Memory(floats: $0) }
        var m = ck_matmul(
            weights: w.bytes + misaligned, row_bytes: format.bytes(cols), rows: rows, cols: cols,
            x: act.bytes, x_stride: stride, tokens: tokens, y: y.floats, y_stride: rows,
            bias: biases.map { UnsafePointer($0.floats) }, accumulate: start != nil, form: form,
            reading: ck_reading(), gated: gated)
        let matmul = ck_format_matmul(format.pointer, isa.value)!
        let borders = [0] + split + [rows]
        for (from, to) in zip(borders, borders.dropFirst()) {
            // Ranges are shares of their own, or all rows are one, after which the first ones follow.
            m.reading =
                from % 32 == 0
                ? ck_reading(begin: nil, end: nil, then: nil, pages: pages)
                : ck_reading(
                    begin: m.weights, end: m.weights + rows * m.row_bytes, then: m.weights,
                    pages: pages)
            matmul(&m, from, to, scratch.bytes)
        }
        return y.array(rows * tokens)
    }

    /// What the kernels of `isa` shall give, and how far a sum of `cols` products may be from it: the
    /// portable kernels' result, or where activations come in another form that of the numbers which
    /// this form stands for; tiles have factors rounded to BF16 (packed weights) or the factors
    /// themselves.
    func expected(_ isa: ISA) -> (values: [Float], tolerance: Float) {
        var fields: UInt32 = 0
        switch ck_format_activation(format.pointer, isa.value, tokens, few, &fields) {
        case CK_ACT_I16:
            return (
                // Bytes are words as they are.
                exact(
                    weights: format.c.activation == CK_ACT_F32 ? nearestWords : { $0 },
                    tokens: { wordsOf($0, isa) }),
                2e-6 * Float(cols).squareRoot()
            )
        case let form where form == CK_ACT_Q8_POW2 || form == CK_ACT_Q8_FOURS:
            return (
                exact(tokens: {
                    bytesOfPowers(
                        $0, isa, fours: form == CK_ACT_Q8_FOURS,
                        pairs: fields & UInt32(CK_FIELD_PAIRS) != 0)
                }),
                2e-6 * Float(cols).squareRoot()
            )
        case CK_ACT_BF16:
            let low = fields & UInt32(CK_FIELD_LOW) != 0
            let factors: ([Float]) -> [Float] = { low ? $0 : $0.map(nearestBF16) }
            return (
                exact(weights: factors, tokens: factors),
                (low ? 1e-5 : 4e-6) * Float(cols).squareRoot()
            )
        default:
            return (run(.scalar), 2e-6 * Float(cols).squareRoot())
        }
    }

    /// By the dequantised weights and the unquantised activations, in double.
    func exact(
        weights read: ([Float]) -> [Float] = { $0 }, tokens readToken: ([Float]) -> [Float] = { $0 }
    ) -> [Float] {
        let tokenFactors = (0..<tokens).map { readToken(Array(x[$0 * cols..<($0 + 1) * cols])) }
        var y = [Float](repeating: 0, count: rows * tokens)
        for r in 0..<rows {
            let bytes = format.bytes(cols)
            let w = read(
                format.dequantize(Array(weights[r * bytes..<(r + 1) * bytes]), cols))
            for t in 0..<tokens {
                var sum = Double(bias?[r] ?? 0) + Double(start?[t * rows + r] ?? 0)
                for k in 0..<cols { sum += Double(w[k]) * Double(tokenFactors[t][k]) }
                y[t * rows + r] = Float(sum)
            }
        }
        return y
    }
}

/// The numbers that a buffer of powers of two stands for.
func bytesOfPowers(
    _ values: [Float], _ isa: ISA, fours: Bool, pairs: Bool = false
) -> [Float] {
    let size = ck_act_bytes(values.count)
    let (x, act) = (Memory(floats: values), Memory(size, fill: 0xff))
    isa.ops.quantize_pow2(x.floats, values.count, fours, pairs, act.bytes)
    let blocks = (values.count + 31) / 32
    let scales = (blocks * 32 + 63) / 64 * 64
    let factors = size - ((blocks + 3) / 4 * 4 + 63) / 64 * 64
    return values.indices.map {
        let factor = act.bytes.load(
            fromByteOffset: factors + (fours ? $0 / 128 * 4 : 0), as: Float.self)
        let scale =
            act.bytes.load(fromByteOffset: scales + $0 / 32 * 4, as: Float.self) / 12_582_912
        return Float(act.bytes.load(fromByteOffset: $0, as: Int8.self)) * scale * factor
    }
}

/// The numbers that a buffer of CK_ACT_I16 stands for.
func wordsOf(_ values: [Float], _ isa: ISA) -> [Float] {
    let size = ck_words_bytes(values.count)
    let (x, act) = (Memory(floats: values), Memory(size, fill: 0xff))
    isa.ops.words(x.floats, values.count, act.bytes)
    let scales = (values.count + 31) / 32 * 64
    return values.indices.map {
        let scale = act.bytes.load(fromByteOffset: scales + $0 / 32 * 4, as: Float.self)
        return Float(act.bytes.load(fromByteOffset: $0 * 2, as: Int16.self)) * scale
    }
}

/// Weights as products over words read them: multiples of the power of two with which the norm of 32
/// of them is at most 2^15 - 4.
private func nearestWords(_ values: [Float]) -> [Float] {
    stride(from: 0, to: values.count, by: 32).flatMap { first in
        let block = values[first..<min(first + 32, values.count)]
        let norm = block.reduce(Float(0)) { $0 + $1 * $1 }.squareRoot()
        guard norm >= 1e-18 else { return block.map { _ in Float(0) } }
        let greatest = (0x1p15 - 4) / norm
        let power = Float(sign: .plus, exponent: greatest.exponent, significand: 1)
        return block.map { ($0 * power).rounded(.toNearestOrEven) / power }
    }
}

/// The nearest number with 8 bits of mantissa, ties to even.
private func nearestBF16(_ x: Float) -> Float {
    let bits = x.bitPattern
    return Float(bitPattern: (bits &+ 0x7fff &+ (bits >> 16 & 1)) & 0xffff_0000)
}
