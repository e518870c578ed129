/// Sizes, counts and times as lists for people show them.
public enum HumanFormat {
    /// Bytes in powers of 1000: `999 B`, `531 MB`, `4.7 GB`. Whole from 10 of a unit on (cut, not
    /// rounded), below with one decimal unless whole.
    public static func size(_ bytes: Int) -> String {
        let units = [(1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "KB")]
        for (unit, name) in units where Double(bytes) >= unit {
            let value = Double(bytes) / unit
            if value >= 10 { return "\(Int(value)) \(name)" }
            if value != value.rounded(.towardZero) {
                return "\(fixed(value, places: 1)) \(name)"
            }
            return "\(Int(value)) \(name)"
        }
        return "\(bytes) B"
    }

    /// Bytes in powers of 1024, for logs: `1.5 GiB`.
    public static func binarySize(_ bytes: Int) -> String {
        let units = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")]
        for (unit, name) in units where bytes >= unit {
            return "\(fixed(Double(bytes) / Double(unit), places: 1)) \(name)"
        }
        return "\(bytes) B"
    }

    /// Counts of parameters: `7.6B`, `494.03M`, `33K`, `999`.
    public static func count(_ number: Int) -> String {
        let value = Double(number)
        if number >= 1_000_000_000 {
            let scaled = value / 1e9
            return number % 1_000_000_000 == 0
                ? "\(number / 1_000_000_000)B" : fixed(scaled, places: 1) + "B"
        }
        if number >= 1_000_000 {
            return number % 1_000_000 == 0
                ? "\(number / 1_000_000)M" : fixed(value / 1e6, places: 2) + "M"
        }
        if number >= 1_000 { return fixed(value / 1e3, places: 0) + "K" }
        return String(number)
    }

    /// `3 minutes ago`, `About an hour from now`, `Forever`; `Never` for no time at all.
    public static func relative(_ moment: Timestamp?, to now: Timestamp = .now) -> String {
        guard let moment else { return "Never" }
        let difference = moment.secondsSince1970 - now.secondsSince1970
        if difference > 20 * 365 * 24 * 3600 { return "Forever" }
        return difference > 0
            ? span(seconds: difference) + " from now" : span(seconds: -difference) + " ago"
    }

    /// A span in the largest fitting unit.
    public static func span(seconds: Double) -> String {
        let whole = Int(seconds)
        if whole < 1 { return "Less than a second" }
        if whole == 1 { return "1 second" }
        if whole < 60 { return "\(whole) seconds" }
        let minutes = whole / 60
        if minutes == 1 { return "About a minute" }
        if minutes < 60 { return "\(minutes) minutes" }
        let hours = Int((seconds / 3600).rounded(.toNearestOrAwayFromZero))
        if hours == 1 { return "About an hour" }
        if hours < 48 { return "\(hours) hours" }
        if hours < 24 * 14 { return "\(hours / 24) days" }
        if hours < 24 * 60 { return "\(hours / 24 / 7) weeks" }
        if hours < 24 * 365 * 2 { return "\(hours / 24 / 30) months" }
        return "\(Int(seconds / 3600) / 24 / 365) years"
    }

    /// Decimal text with a fixed number of places, ties in the binary value to even, as `%.Nf`.
    public static func fixed(_ value: Double, places: Int) -> String {
        guard value.isFinite, abs(value) < 1e15 else { return "\(value)" }
        var scale = 1
        for _ in 0..<places { scale *= 10 }
        // The product is exact enough to see on which side of a tie the binary value lies.
        let product = value * Double(scale)
        let error = (-product).addingProduct(value, Double(scale))
        var rounded = product.rounded(.down)
        let rest = product - rounded
        if rest > 0.5 || (rest == 0.5 && error > 0) {
            rounded += 1
        } else if rest == 0.5, error == 0, rounded.truncatingRemainder(dividingBy: 2) != 0 {
            rounded += 1
        }
        let digits = Int(abs(rounded))
        let sign = value < 0 && digits > 0 ? "-" : ""
        if places == 0 { return sign + String(digits) }
        return "\(sign)\(digits / scale).\(padded(digits % scale, places))"
    }
}
