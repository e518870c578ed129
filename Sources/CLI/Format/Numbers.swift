/// A number by its shortest digits, in exponent form below 1e-4 and from `limit` on: `4.461824e+06`.
func general(_ value: Double, exponentFrom limit: Int = 6) -> String {
    guard value.isFinite else { return value.isNaN ? "NaN" : value < 0 ? "-Inf" : "+Inf" }
    if value == 0 { return "0" }
    // Swift prints the shortest digits too, in another layout.
    let parts = "\(abs(value))".split(separator: "e")
    let mantissa = parts[0].split(separator: ".")
    var digits = mantissa[0] + (mantissa.count > 1 ? mantissa[1] : "")
    var power = mantissa[0].count - 1 + (parts.count > 1 ? Int(parts[1]) ?? 0 : 0)
    while digits.first == "0" {
        digits.removeFirst()
        power -= 1
    }
    while digits.last == "0" { digits.removeLast() }
    let sign = value < 0 ? "-" : ""
    if power < -4 || power >= limit {
        let fraction = digits.dropFirst()
        let exponent = abs(power) < 10 ? "0\(abs(power))" : "\(abs(power))"
        return sign + digits.prefix(1) + (fraction.isEmpty ? "" : "." + fraction)
            + (power < 0 ? "e-" : "e+") + exponent
    }
    if power < 0 { return sign + "0." + String(repeating: "0", count: -power - 1) + digits }
    let missing = String(repeating: "0", count: max(0, power + 1 - digits.count))
    let whole = digits.prefix(power + 1) + missing
    let fraction = digits.dropFirst(power + 1)
    return sign + whole + (fraction.isEmpty ? "" : "." + fraction)
}
