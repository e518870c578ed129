#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A moment with nanoseconds, printed and read in RFC 3339.
public struct Timestamp: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// Since 1970, UTC.
    public var seconds: Int
    /// 0 to 999,999,999.
    public var nanoseconds: Int

    public init(seconds: Int, nanoseconds: Int = 0) {
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }

    /// An infinite or absurdly late moment becomes the longest span a clock of 64-bit nanoseconds
    /// can wait from now, about 292 years, as keep-alives of "forever" are shown.
    public init(secondsSince1970 value: Double) {
        guard value.isFinite, abs(value) < 2e11 else {
            var late = Timestamp.now
            late.seconds += value < 0 ? -late.seconds : Int.max / 1_000_000_000
            self = late
            return
        }
        let whole = value.rounded(.down)
        seconds = Int(whole)
        nanoseconds = min(999_999_999, Int((value - whole) * 1e9))
    }

    public static var now: Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(seconds: Int(time.tv_sec), nanoseconds: Int(time.tv_nsec))
    }

    public var secondsSince1970: Double { Double(seconds) + Double(nanoseconds) / 1e9 }

    public static func < (a: Timestamp, b: Timestamp) -> Bool {
        (a.seconds, a.nanoseconds) < (b.seconds, b.nanoseconds)
    }

    /// `2026-11-23T07:36:02.67453Z`: UTC, trailing zeros of the fraction dropped.
    public var description: String { formatted(offset: 0) }

    /// The same in the time zone of this machine, `Z` where that is UTC.
    public var local: String { formatted(offset: Self.localOffset(at: seconds)) }

    /// Seconds east of UTC on this machine at a moment.
    public static func localOffset(at seconds: Int) -> Int {
        var moment = time_t(seconds)
        var parts = tm()
        _ = zoneIsLoaded
        guard localtime_r(&moment, &parts) != nil else { return 0 }
        return Int(parts.tm_gmtoff)
    }

    private static let zoneIsLoaded: Bool = {
        tzset()
        return true
    }()

    private func formatted(offset: Int) -> String {
        let parts = CivilTime(seconds: seconds + offset)
        var text =
            "\(padded(parts.year, 4))-\(padded(parts.month, 2))-\(padded(parts.day, 2))T"
            + "\(padded(parts.hour, 2)):\(padded(parts.minute, 2)):\(padded(parts.second, 2))"
        if nanoseconds > 0 {
            var fraction = padded(nanoseconds, 9)
            while fraction.hasSuffix("0") { fraction.removeLast() }
            text += "." + fraction
        }
        if offset == 0 { return text + "Z" }
        let minutes = abs(offset) / 60
        return text
            + "\(offset < 0 ? "-" : "+")\(padded(minutes / 60, 2)):\(padded(minutes % 60, 2))"
    }

    /// Reads RFC 3339; nil for anything else.
    public init?(parsing text: String) {
        let bytes = Array(text.utf8)
        func number(_ range: Range<Int>) -> Int? {
            guard range.upperBound <= bytes.count else { return nil }
            var value = 0
            for byte in bytes[range] {
                guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
                value = value * 10 + Int(byte - UInt8(ascii: "0"))
            }
            return value
        }
        guard bytes.count >= 20, let year = number(0..<4), bytes[4] == UInt8(ascii: "-"),
            let month = number(5..<7), (1...12).contains(month), bytes[7] == UInt8(ascii: "-"),
            let day = number(8..<10), (1...31).contains(day), bytes[10] | 0x20 == UInt8(ascii: "t"),
            let hour = number(11..<13), hour < 24, bytes[13] == UInt8(ascii: ":"),
            let minute = number(14..<16), minute < 60, bytes[16] == UInt8(ascii: ":"),
            let second = number(17..<19), second < 61
        else { return nil }
        var place = 19
        var fraction = 0
        if bytes[place] == UInt8(ascii: ".") {
            place += 1
            var unit = 100_000_000
            let start = place
            while place < bytes.count, let digit = number(place..<place + 1) {
                fraction += digit * unit
                unit /= 10
                place += 1
            }
            if place == start { return nil }
        }
        guard place < bytes.count else { return nil }
        var offset = 0
        if bytes[place] | 0x20 == UInt8(ascii: "z") {
            guard place + 1 == bytes.count else { return nil }
        } else {
            guard place + 6 == bytes.count, bytes[place + 3] == UInt8(ascii: ":"),
                bytes[place] == UInt8(ascii: "+") || bytes[place] == UInt8(ascii: "-"),
                let hours = number(place + 1..<place + 3), hours < 25,
                let minutes = number(place + 4..<place + 6), minutes < 60
            else { return nil }
            offset = (hours * 60 + minutes) * 60 * (bytes[place] == UInt8(ascii: "-") ? -1 : 1)
        }
        let days = CivilTime.days(year: year, month: month, day: day)
        seconds = ((days * 24 + hour) * 60 + minute) * 60 + second - offset
        nanoseconds = fraction
    }
}

/// Date and time of day in the Gregorian calendar, without a zone.
public struct CivilTime: Sendable, Hashable {
    public var year, month, day, hour, minute, second: Int

    /// Counts from 1970-01-01 00:00:00.
    public init(seconds: Int) {
        var days = seconds / 86_400
        var rest = seconds % 86_400
        if rest < 0 {
            rest += 86_400
            days -= 1
        }
        (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60)
        // Eras of 400 years that begin on the first of March.
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra =
            (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * marchMonth + 2) / 5 + 1
        month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    /// Days from 1970-01-01 to a date.
    static func days(year: Int, month: Int, day: Int) -> Int {
        let year = month <= 2 ? year - 1 : year
        let era = (year >= 0 ? year : year - 399) / 400
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }
}

/// `value` with leading zeros up to `width` digits.
func padded(_ value: Int, _ width: Int) -> String {
    let digits = String(value)
    return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
}
