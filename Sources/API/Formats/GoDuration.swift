/// A span of time in nanoseconds, read and printed as Go does: `1h30m`, `1.5s`, `300ms`.
public struct GoDuration: Sendable, Hashable, Comparable, CustomStringConvertible {
    public var nanoseconds: Int

    public init(nanoseconds: Int) { self.nanoseconds = nanoseconds }

    public var seconds: Double { Double(nanoseconds) / 1e9 }

    public static func < (a: GoDuration, b: GoDuration) -> Bool { a.nanoseconds < b.nanoseconds }

    /// Reads a sequence of decimal numbers with units `ns us µs ms s m h`, with an optional sign;
    /// a bare `0` is allowed.
    ///
    /// - Throws: status 400 and Go's text (`time: invalid duration "x"`, `time: missing unit ...`).
    public init(parsing text: String) throws(APIError) {
        let quoted = GoQuote.quoted(text)
        let invalid = APIError(400, "time: invalid duration \(quoted)")
        var rest = Array(text.utf8)[...]
        var negative = false
        if let first = rest.first, first == UInt8(ascii: "-") || first == UInt8(ascii: "+") {
            negative = first == UInt8(ascii: "-")
            rest.removeFirst()
        }
        if rest.elementsEqual([UInt8(ascii: "0")]) {
            nanoseconds = 0
            return
        }
        if rest.isEmpty { throw invalid }
        // Magnitudes up to 2^63 are legal, the last one for negative durations alone.
        var total: UInt64 = 0
        let limit = UInt64(1) << 63
        while let first = rest.first {
            guard first == UInt8(ascii: ".") || Self.isDigit(first) else { throw invalid }
            var whole: UInt64 = 0
            var digits = 0
            while let byte = rest.first, Self.isDigit(byte) {
                let (product, overflow) = whole.multipliedReportingOverflow(by: 10)
                if overflow || product > limit { throw invalid }
                whole = product + UInt64(byte - UInt8(ascii: "0"))
                if whole > limit { throw invalid }
                digits += 1
                rest.removeFirst()
            }
            var fraction: UInt64 = 0
            var scale = 1.0
            var overflowed = false
            if rest.first == UInt8(ascii: ".") {
                rest.removeFirst()
                while let byte = rest.first, Self.isDigit(byte) {
                    digits += 1
                    rest.removeFirst()
                    if overflowed { continue }
                    if fraction > (limit - 1) / 10 {
                        overflowed = true
                        continue
                    }
                    let next = fraction * 10 + UInt64(byte - UInt8(ascii: "0"))
                    if next > limit {
                        overflowed = true
                        continue
                    }
                    fraction = next
                    scale *= 10
                }
            }
            if digits == 0 { throw invalid }
            let unitName = rest.prefix { $0 != UInt8(ascii: ".") && !Self.isDigit($0) }
            rest.removeFirst(unitName.count)
            if unitName.isEmpty {
                throw APIError(400, "time: missing unit in duration \(quoted)")
            }
            let name = String(decoding: unitName, as: UTF8.self)
            guard let unit = Self.units[name] else {
                throw APIError(
                    400, "time: unknown unit \(GoQuote.quoted(name)) in duration \(quoted)")
            }
            let (product, overflow) = whole.multipliedReportingOverflow(by: unit)
            if overflow || product > limit { throw invalid }
            var value = product
            if fraction > 0 {
                value += UInt64(Double(fraction) * (Double(unit) / scale))
                if value > limit { throw invalid }
            }
            let (sum, sumOverflow) = total.addingReportingOverflow(value)
            if sumOverflow || sum > limit { throw invalid }
            total = sum
        }
        if negative {
            nanoseconds = total == limit ? Int.min : -Int(total)
        } else {
            guard total < limit else { throw invalid }
            nanoseconds = Int(total)
        }
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    private static let units: [String: UInt64] = [
        "ns": 1, "us": 1_000, "\u{B5}s": 1_000, "\u{3BC}s": 1_000, "ms": 1_000_000,
        "s": 1_000_000_000, "m": 60_000_000_000, "h": 3_600_000_000_000,
    ]

    /// `1h2m3.5s`, `1.5ms`, `0s`: the shortest exact form, units below a second alone.
    public var description: String {
        if nanoseconds == 0 { return "0s" }
        let magnitude = nanoseconds.magnitude
        let sign = nanoseconds < 0 ? "-" : ""
        if magnitude < 1_000 { return "\(sign)\(magnitude)ns" }
        if magnitude < 1_000_000 { return sign + Self.decimal(magnitude, places: 3) + "\u{B5}s" }
        if magnitude < 1_000_000_000 { return sign + Self.decimal(magnitude, places: 6) + "ms" }
        let minutes = magnitude / 60_000_000_000
        let seconds = Self.decimal(magnitude % 60_000_000_000, places: 9) + "s"
        if minutes == 0 { return sign + seconds }
        if minutes < 60 { return "\(sign)\(minutes)m\(seconds)" }
        return "\(sign)\(minutes / 60)h\(minutes % 60)m\(seconds)"
    }

    /// `value / 10^places` without trailing zeros.
    private static func decimal(_ value: UInt, places: Int) -> String {
        var divisor: UInt = 1
        for _ in 0..<places { divisor *= 10 }
        let fraction = value % divisor
        guard fraction > 0 else { return String(value / divisor) }
        var digits = String(fraction)
        digits = String(repeating: "0", count: places - digits.utf8.count) + digits
        while digits.hasSuffix("0") { digits.removeLast() }
        return "\(value / divisor).\(digits)"
    }
}
