import API

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Clocks and the ways in which log lines write time.
enum Clock {
    /// Nanoseconds of a clock that never jumps.
    static var ticks: UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    /// `2026-08-24T14:03:05.123+02:00` in local time, `Z` for UTC.
    static func logTime(_ moment: Timestamp) -> String {
        let offset = Timestamp.localOffset(at: moment.seconds)
        let parts = CivilTime(seconds: moment.seconds + offset)
        let minutes = abs(offset) / 60
        let zone =
            offset == 0
            ? "Z" : "\(offset < 0 ? "-" : "+")\(digits(minutes / 60)):\(digits(minutes % 60))"
        return "\(parts.year)-\(digits(parts.month))-\(digits(parts.day))T\(time(parts))."
            + digits(moment.nanoseconds / 1_000_000, 3) + zone
    }

    /// `2026/08/24 14:03:05` in local time.
    static func slashed(_ moment: Timestamp) -> String {
        let parts = CivilTime(
            seconds: moment.seconds + Timestamp.localOffset(at: moment.seconds))
        return "\(parts.year)/\(digits(parts.month))/\(digits(parts.day)) \(time(parts))"
    }

    private static func time(_ parts: CivilTime) -> String {
        "\(digits(parts.hour)):\(digits(parts.minute)):\(digits(parts.second))"
    }

    private static func digits(_ value: Int, _ width: Int = 2) -> String {
        let text = String(value)
        return String(repeating: "0", count: max(0, width - text.count)) + text
    }
}

/// A moment as the lists show it; the zero time of the API counts as none.
func relative(_ moment: Timestamp?, to now: Timestamp) -> String {
    HumanFormat.relative(moment.flatMap { $0.isZero ? nil : $0 }, to: now)
}

extension Timestamp {
    /// Whether this is the first moment of year 1, which the API sends for "no time".
    var isZero: Bool { seconds <= -62_135_596_800 }
}
