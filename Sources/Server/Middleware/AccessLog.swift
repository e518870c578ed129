#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif
import API

/// One line a request, in the form that tools for these logs know.
struct AccessLog: Sendable {
    var status: Int
    var duration: Duration
    var client: String
    var method: String
    /// With the query, as the client wrote it.
    var path: String

    /// `[GIN] 2025/01/09 - 14:31:47 | 200 |  857.877710ms |       127.0.0.1 | POST     "/api/generate"`
    func line(at moment: Timestamp = .now) -> String {
        let time = CivilTime(seconds: moment.seconds + Timestamp.localOffset(at: moment.seconds))
        func two(_ value: Int) -> String { (value < 10 ? "0" : "") + String(value) }
        let date = "\(time.year)/\(two(time.month))/\(two(time.day))"
        let clock = "\(two(time.hour)):\(two(time.minute)):\(two(time.second))"
        var nanoseconds = Int(
            duration.components.seconds * 1_000_000_000
                + duration.components.attoseconds / 1_000_000_000)
        // Long ones are shown in whole seconds.
        if nanoseconds > 60_000_000_000 { nanoseconds -= nanoseconds % 1_000_000_000 }
        let taken = Self.right("\(GoDuration(nanoseconds: nanoseconds))", 13)
        let name = method + String(repeating: " ", count: max(0, 7 - method.utf8.count))
        return "[GIN] \(date) - \(clock) | \(Self.right(String(status), 3)) | \(taken) | "
            + "\(Self.right(client, 15)) | \(name)  \(GoQuote.quoted(path))"
    }

    private static func right(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.unicodeScalars.count)) + text
    }

    /// Writes each line by one call, so that lines of concurrent requests do not mix.
    static let toStandardOutput: @Sendable (AccessLog) -> Void = { entry in
        var line = entry.line() + "\n"
        line.withUTF8 { bytes in
            _ = write(STDOUT_FILENO, bytes.baseAddress, bytes.count)
        }
    }
}
