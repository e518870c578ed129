#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A date and time as `strftime_now` shows it.
struct JinjaClock {
    private var year = 1970
    private var month = 1
    private var day = 1
    private var hour = 0
    private var minute = 0
    private var second = 0

    /// Local time now, or a fixed one written `YYYY-MM-DDTHH:MM:SS`.
    init(fixed: String?) {
        if let fixed {
            let numbers = fixed.split { !("0"..."9").contains($0) }.compactMap { Int($0) }
            if numbers.count >= 3 { (year, month, day) = (numbers[0], numbers[1], numbers[2]) }
            month = min(max(month, 1), 12)
            if numbers.count >= 6 { (hour, minute, second) = (numbers[3], numbers[4], numbers[5]) }
            return
        }
        let parts = Calendar(identifier: .gregorian).dateComponents(
            [.year, .month, .day, .hour, .minute, .second], from: Date())
        (year, month, day) = (parts.year ?? 1970, parts.month ?? 1, parts.day ?? 1)
        (hour, minute, second) = (parts.hour ?? 0, parts.minute ?? 0, parts.second ?? 0)
    }

    private static let months = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September",
        "October", "November", "December",
    ]
    private static let days = [
        "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday",
    ]

    /// Sunday is 0; by Sakamoto's congruence.
    private var weekday: Int {
        let offsets = [0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4]
        let year = month < 3 ? year - 1 : year
        return ((year + year / 4 - year / 100 + year / 400 + offsets[month - 1] + day) % 7 + 7) % 7
    }

    private var dayOfYear: Int {
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let lengths = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        return lengths[..<(month - 1)].reduce(day, +)
    }

    /// C's `strftime` in the C locale; unknown directives stay as they are.
    func formatted(_ format: String) -> String {
        var out = ""
        var scalars = format.unicodeScalars[...]
        while let scalar = scalars.popFirst() {
            guard scalar == "%", var directive = scalars.popFirst() else {
                out.unicodeScalars.append(scalar)
                continue
            }
            var isPadded = true
            if directive == "-", let next = scalars.popFirst() {
                isPadded = false
                directive = next
            }
            out += text(directive, isPadded) ?? "%\(directive)"
        }
        return out
    }

    private func text(_ directive: Unicode.Scalar, _ isPadded: Bool) -> String? {
        func number(_ value: Int, _ width: Int, _ padding: String = "0") -> String {
            let digits = String(value)
            guard isPadded else { return digits }
            return String(repeating: padding, count: max(0, width - digits.utf8.count)) + digits
        }
        let hour12 = (hour + 11) % 12 + 1
        switch directive {
        case "Y": return number(year, 4)
        case "y": return number(year % 100, 2)
        case "m": return number(month, 2)
        case "d": return number(day, 2)
        case "e": return number(day, 2, " ")
        case "H": return number(hour, 2)
        case "I": return number(hour12, 2)
        case "M": return number(minute, 2)
        case "S": return number(second, 2)
        case "p": return hour < 12 ? "AM" : "PM"
        case "B": return Self.months[month - 1]
        case "b", "h": return String(Self.months[month - 1].prefix(3))
        case "A": return Self.days[weekday]
        case "a": return String(Self.days[weekday].prefix(3))
        case "w": return String(weekday)
        case "u": return String(weekday == 0 ? 7 : weekday)
        case "j": return number(dayOfYear, 3)
        case "F": return formatted("%Y-%m-%d")
        case "T", "X": return formatted("%H:%M:%S")
        case "R": return formatted("%H:%M")
        case "D", "x": return formatted("%m/%d/%y")
        case "c": return formatted("%a %b %e %H:%M:%S %Y")
        case "f": return "000000"
        case "n": return "\n"
        case "t": return "\t"
        case "z", "Z": return ""
        case "%": return "%"
        default: return nil
        }
    }
}
