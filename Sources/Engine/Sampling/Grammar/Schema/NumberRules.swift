/// A decimal number as it was written, without exponent.
struct DecimalText: Equatable {
    var negative: Bool
    /// Without leading zeros; at least one digit.
    var whole: [UInt8]
    /// Without trailing zeros.
    var fraction: [UInt8]

    var isZero: Bool { whole == [0] && fraction.isEmpty }

    /// - Throws: ``GrammarError`` when the number has more than 30 digits on one side of the point.
    init(_ text: [UInt8], keyword: String) throws {
        var mantissa: [UInt8] = []
        var point: Int?
        var exponent = 0
        var rest = text[...]
        negative = rest.first == 0x2D
        if negative { rest = rest.dropFirst() }
        while let c = rest.first, c != 0x65, c != 0x45 {
            if c == 0x2E { point = mantissa.count } else { mantissa.append(c - 0x30) }
            rest = rest.dropFirst()
        }
        if !rest.isEmpty {
            exponent = Int(String(decoding: rest.dropFirst(), as: UTF8.self)) ?? 1000
        }
        let refusal = GrammarError(
            "\(keyword): \(String(decoding: text.prefix(80), as: UTF8.self)) has too many digits")
        guard mantissa.count <= 200, abs(exponent) <= 200 else { throw refusal }
        var position = (point ?? mantissa.count) + exponent
        while position < 0 {
            mantissa.insert(0, at: 0)
            position += 1
        }
        while position > mantissa.count { mantissa.append(0) }
        whole = Array(mantissa[..<position].drop { $0 == 0 })
        if whole.isEmpty { whole = [0] }
        fraction = Array(mantissa[position...])
        while fraction.last == 0 { fraction.removeLast() }
        guard whole.count <= 30, fraction.count <= 30 else { throw refusal }
        if isZero { negative = false }
    }

    /// The number with sign and point, as JSON writes it.
    var plain: [UInt8] {
        let digits = whole + (fraction.isEmpty ? [] : [0xFE] + fraction)
        return (negative ? [0x2D] : []) + digits.map { $0 == 0xFE ? 0x2E : $0 + 0x30 }
    }

    var magnitude: Int128 { whole.reduce(0) { $0 * 10 + Int128($1) } }

    /// The largest whole number not above, or the smallest not below.
    func rounded(up: Bool) -> Int128 {
        let signed = negative ? -magnitude : magnitude
        if fraction.isEmpty { return signed }
        if up { return negative ? signed : signed + 1 }
        return negative ? signed - 1 : signed
    }

    static func isBelow(_ a: DecimalText, _ b: DecimalText) -> Bool {
        if a.negative != b.negative { return a.negative }
        let (x, y) = a.negative ? (b, a) : (a, b)
        if x.magnitude != y.magnitude { return x.magnitude < y.magnitude }
        return x.fraction.lexicographicallyPrecedes(y.fraction)
    }
}

/// An end of a range of numbers.
struct NumberBound {
    var value: DecimalText
    var exclusive: Bool
}

/// Numbers within bounds as texts.
enum NumberRules {
    private static func digits(_ range: ClosedRange<UInt8>) -> GrammarExpression {
        .bytes(ByteSet((range.lowerBound + 0x30)...(range.upperBound + 0x30)))
    }

    private static func digitsOf(_ value: Int128) -> [UInt8] {
        String(value).utf8.map { $0 - 0x30 }
    }

    private static func free(_ count: Int) -> GrammarExpression {
        .repeating(.digit, count, count)
    }

    /// As many digits, not below (or not above) the given ones.
    private static func bounded(_ digits: ArraySlice<UInt8>, above: Bool) -> GrammarExpression {
        guard let first = digits.first else { return .empty }
        let rest = digits.dropFirst()
        var options: [GrammarExpression] = [
            .sequence([self.digits(first...first), bounded(rest, above: above)])
        ]
        if above, first < 9 {
            options.append(.sequence([self.digits((first + 1)...9), free(rest.count)]))
        }
        if !above, first > 0 {
            options.append(.sequence([self.digits(0...(first - 1)), free(rest.count)]))
        }
        return .choice(options)
    }

    private static func between(_ low: ArraySlice<UInt8>, _ high: ArraySlice<UInt8>)
        -> GrammarExpression
    {
        guard let a = low.first, let b = high.first else { return .empty }
        if a == b {
            return .sequence([
                digits(a...a), between(low.dropFirst(), high.dropFirst()),
            ])
        }
        var options: [GrammarExpression] = [
            .sequence([digits(a...a), bounded(low.dropFirst(), above: true)]),
            .sequence([digits(b...b), bounded(high.dropFirst(), above: false)]),
        ]
        if b - a > 1 {
            options.append(.sequence([digits((a + 1)...(b - 1)), free(low.count - 1)]))
        }
        return .choice(options)
    }

    /// Whole numbers without sign from `low` on; up to some 16 digits when nothing bounds them.
    static func natural(_ low: Int128, _ high: Int128?) -> GrammarExpression {
        if let high, high < low { return .never }
        let first = digitsOf(low)
        guard let high else {
            return .choice([
                bounded(first[...], above: true),
                .sequence([
                    digits(1...9), .repeating(.digit, first.count, max(first.count, 15)),
                ]),
            ])
        }
        let last = digitsOf(high)
        if first.count == last.count { return between(first[...], last[...]) }
        var options = [
            bounded(first[...], above: true),
            between([1] + [UInt8](repeating: 0, count: last.count - 1), last[...]),
        ]
        for length in (first.count + 1)..<last.count where first.count + 1 < last.count {
            options.append(.sequence([digits(1...9), free(length - 1)]))
        }
        return .choice(options)
    }

    static func integer(low: Int128?, high: Int128?) -> GrammarExpression {
        var options: [GrammarExpression] = []
        if high ?? 0 >= 0 { options.append(natural(max(low ?? 0, 0), high)) }
        if low ?? -1 < 0 {
            let nearest = max(1, -(high ?? -1))
            options.append(.sequence([.text("-"), natural(nearest, low.map { -$0 })]))
        }
        return .choice(options)
    }

    private static let tail = GrammarExpression.repeating(.digit, 0, 15)
    private static let someFraction = GrammarExpression.optional(
        .sequence([.text("."), .digit, tail]))
    private static let positiveTail = GrammarExpression.sequence([
        .repeating(.digit, 0, 15), digits(1...9), .repeating(.digit, 0, 3),
    ])

    /// Magnitudes with fraction that are not below `bound`.
    static func magnitude(atLeast bound: NumberBound) -> GrammarExpression {
        let value = bound.value
        func after(_ fraction: ArraySlice<UInt8>) -> GrammarExpression {
            guard let first = fraction.first else { return bound.exclusive ? positiveTail : tail }
            var options: [GrammarExpression] = [
                .sequence([digits(first...first), after(fraction.dropFirst())])
            ]
            if first < 9 { options.append(.sequence([digits((first + 1)...9), tail])) }
            return .choice(options)
        }
        let same: GrammarExpression
        if value.fraction.isEmpty {
            same = bound.exclusive ? .sequence([.text("."), positiveTail]) : someFraction
        } else {
            same = .sequence([.text("."), after(value.fraction[...])])
        }
        return .choice([
            .sequence([natural(value.magnitude + 1, nil), someFraction]),
            .sequence([.literal(value.whole.map { $0 + 0x30 }), same]),
        ])
    }

    /// Magnitudes with fraction that are not above `bound`.
    static func magnitude(atMost bound: NumberBound) -> GrammarExpression {
        let value = bound.value
        func after(_ fraction: ArraySlice<UInt8>, first isFirst: Bool) -> GrammarExpression {
            guard let first = fraction.first else {
                return bound.exclusive ? .never : .repeating(.text("0"), 0, 15)
            }
            var options: [GrammarExpression] = [
                .sequence([
                    digits(first...first), after(fraction.dropFirst(), first: false),
                ])
            ]
            if first > 0 { options.append(.sequence([digits(0...(first - 1)), tail])) }
            if !isFirst { options.append(.empty) }
            return .choice(options)
        }
        let same: GrammarExpression
        if value.fraction.isEmpty {
            same =
                bound.exclusive
                ? .never : .optional(.sequence([.text("."), .repeating(.text("0"), 1, 16)]))
        } else {
            same = .optional(.sequence([.text("."), after(value.fraction[...], first: true)]))
        }
        return .choice([
            .sequence([natural(0, value.magnitude - 1), someFraction]),
            .sequence([.literal(value.whole.map { $0 + 0x30 }), same]),
        ])
    }

    /// Numbers without exponent within bounds.
    static func number(low: NumberBound?, high: NumberBound?) throws -> GrammarExpression {
        func magnitudes(_ least: NumberBound?, _ most: NumberBound?) throws -> GrammarExpression {
            let lower = least.map { magnitude(atLeast: $0) }
            let upper = most.map { magnitude(atMost: $0) }
            switch (lower, upper) {
            case (let lower?, let upper?):
                return .automaton(
                    try ByteAutomaton(lower).combined(with: ByteAutomaton(upper)))
            case (let one?, nil), (nil, let one?): return one
            case (nil, nil): return .sequence([natural(0, nil), someFraction])
            }
        }
        func mirrored(_ bound: NumberBound?) -> NumberBound? {
            guard var bound else { return nil }
            bound.value.negative.toggle()
            return bound
        }
        var options: [GrammarExpression] = []
        if !(high?.value.negative ?? false) {
            let least = low.flatMap { bound in
                bound.value.negative || (bound.value.isZero && !bound.exclusive) ? nil : bound
            }
            options.append(try magnitudes(least, high))
        }
        if low == nil || low!.value.negative {
            let least = high.flatMap { bound in
                bound.value.negative || (bound.value.isZero && bound.exclusive) ? bound : nil
            }
            options.append(
                .sequence([.text("-"), try magnitudes(mirrored(least), mirrored(low))]))
        }
        return .choice(options)
    }

    /// Decimal texts (with sign and point, leading zeros not looked at) that are multiples of `unit`.
    static func multiples(of unit: DecimalText) throws -> ByteAutomaton {
        let places = unit.fraction.count
        let refusal = GrammarError("multipleOf: values beyond 5000 steps are not supported")
        guard places <= 6, unit.whole.count <= 6 else { throw refusal }
        let modulus = Int((unit.whole + unit.fraction).reduce(0) { $0 * 10 + Int($1) })
        guard !unit.negative, modulus > 0 else {
            throw GrammarError("multipleOf: must be greater than 0")
        }
        guard modulus <= 5000, modulus * (places + 1) < GrammarLimits.automatonStates / 2 else {
            throw refusal
        }
        func power(_ count: Int) -> Int {
            (0..<count).reduce(1) { value, _ in value * 10 % modulus }
        }
        var automaton = ByteAutomaton()
        let start = automaton.addState(accepting: false)
        // Phase 0 is before the point, phase 1 + n after it with n digits read.
        func state(_ phase: Int, _ remainder: Int) -> Int { 1 + phase * modulus + remainder }
        for phase in 0...(places + 1) {
            let left = phase == 0 ? places : places - (phase - 1)
            for remainder in 0..<modulus {
                _ = automaton.addState(accepting: remainder * power(left) % modulus == 0)
            }
        }
        automaton.connect(start, 0x2D, start)
        for digit in 0..<10 {
            automaton.connect(start, UInt8(0x30 + digit), state(0, digit % modulus))
        }
        for phase in 0...(places + 1) {
            for remainder in 0..<modulus {
                let from = state(phase, remainder)
                if phase == 0 { automaton.connect(from, 0x2E, state(1, remainder)) }
                if phase == places + 1 {
                    automaton.connect(from, 0x30, from)
                    continue
                }
                for digit in 0..<10 {
                    let next = (remainder * 10 + digit) % modulus
                    automaton.connect(
                        from, UInt8(0x30 + digit), state(phase == 0 ? 0 : phase + 1, next))
                }
            }
        }
        return automaton
    }
}
