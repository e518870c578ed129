/// Exact decimal expansions of doubles, rounded half to even, as C's and Go's `%f` and `%e` give.
///
/// Every double is a whole number times a power of two, so its expansion ends; the digits are
/// made with long arithmetic, at most some 1,100 of them.
private func exactDigits(_ value: Double) -> (digits: [UInt8], point: Int) {
    var mantissa = value.significandBitPattern
    var exponent = Int(value.exponentBitPattern) - 1075
    if value.exponentBitPattern == 0 { exponent += 1 } else { mantissa |= 1 << 52 }
    // Little-endian decimal digits.
    var digits = String(mantissa).utf8.reversed().map { $0 - 0x30 }
    var point = 0
    while exponent > 0 {
        var carry: UInt8 = 0
        for index in digits.indices {
            let doubled = digits[index] * 2 + carry
            digits[index] = doubled % 10
            carry = doubled / 10
        }
        if carry > 0 { digits.append(carry) }
        exponent -= 1
    }
    while exponent < 0 {
        // Halving = times five, one more place behind the point.
        var carry: UInt8 = 0
        for index in digits.indices {
            let product = digits[index] * 5 + carry
            digits[index] = product % 10
            carry = product / 10
        }
        if carry > 0 { digits.append(carry) }
        point += 1
        exponent += 1
    }
    return (digits.reversed(), digits.count - point)
}

/// Rounds to `count` leading digits; true when a digit was carried out in front.
private func round(_ digits: inout [UInt8], to count: Int) -> Bool {
    guard count < digits.count else { return false }
    let tail = digits[max(0, count)...]
    let first = count < 0 ? 0 : tail.first!
    let hasMore = tail.dropFirst().contains { $0 != 0 }
    let previousIsOdd = count > 0 && digits[count - 1] % 2 == 1
    let up = first > 5 || first == 5 && (hasMore || previousIsOdd)
    digits.removeSubrange(max(0, count)...)
    guard up else { return false }
    var index = digits.count - 1
    while index >= 0 {
        if digits[index] < 9 {
            digits[index] += 1
            return false
        }
        digits[index] = 0
        index -= 1
    }
    digits.insert(1, at: 0)
    return true
}

/// `%.Nf` of a value that is not negative.
func fixedPoint(_ value: Double, digits places: Int) -> String {
    guard value.isFinite else { return value.isNaN ? "NaN" : "+Inf" }
    var (digits, point) = exactDigits(value)
    if point <= 0 {
        digits.insert(contentsOf: repeatElement(0, count: 1 - point), at: 0)
        point = 1
    }
    if round(&digits, to: point + places) { point += 1 }
    while digits.count < point + places { digits.append(0) }
    while point > 1, digits[0] == 0 {
        digits.removeFirst()
        point -= 1
    }
    let text = digits.map { $0 + 0x30 }
    let whole = String(decoding: text[..<point], as: UTF8.self)
    guard places > 0 else { return whole }
    return whole + "." + String(decoding: text[point..<(point + places)], as: UTF8.self)
}

/// `%.Ne` of a value that is not negative.
func exponential(_ value: Double, digits places: Int) -> String {
    guard value.isFinite else { return value.isNaN ? "NaN" : "+Inf" }
    var (digits, point) = exactDigits(value)
    while digits.count > 1, digits[0] == 0 {
        digits.removeFirst()
        point -= 1
    }
    if round(&digits, to: places + 1) { point += 1 }
    while digits.count < places + 1 { digits.append(0) }
    let text = digits.map { $0 + 0x30 }
    let power = value == 0 ? 0 : point - 1
    let fraction = String(decoding: text[1..<(places + 1)], as: UTF8.self)
    let exponent = String(abs(power))
    return String(decoding: text[..<1], as: UTF8.self) + (fraction.isEmpty ? "" : "." + fraction)
        + "e" + (power < 0 ? "-" : "+") + (exponent.utf8.count < 2 ? "0" : "") + exponent
}
