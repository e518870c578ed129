import Client

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif
import FoundationEssentials

/// The process's environment, read the way the variables of Ollama are meant.
struct Environment: Sendable {
    let variables: [String: String]

    static let current = Environment(variables: ProcessInfo.processInfo.environment)

    /// Without white space and quotes around it; empty when unset.
    subscript(_ name: String) -> String { Host.trimmed(variables[name] ?? "") }

    /// Usual spellings of truth; any other text that is not empty counts as true.
    func bool(_ name: String, default defaultValue: Bool = false) -> Bool {
        let text = self[name]
        switch text {
        case "": return defaultValue
        case "0", "f", "F", "FALSE", "false", "False": return false
        default: return true
        }
    }

    /// An unsigned number; nil when unset or not one.
    func count(_ name: String) -> Int? { UInt(self[name]).flatMap { Int(exactly: $0) } }

    /// A number of bytes, with or without a unit: `1500000000`, `500MB`, `4GiB`, `4G`. Units of one
    /// letter and those with an `i` are powers of 1024; nil when unset or no such number.
    func bytes(_ name: String) -> Int? {
        let text = self[name].lowercased()
        let digits = text.utf8.prefix { (0x30...0x39).contains($0) }
        let unit = text.utf8.dropFirst(digits.count).drop { $0 == 0x20 }
        let units = [
            "": 1, "b": 1, "k": 1 << 10, "kib": 1 << 10, "kb": 1_000, "m": 1 << 20,
            "mib": 1 << 20, "mb": 1_000_000, "g": 1 << 30, "gib": 1 << 30,
            "gb": 1_000_000_000, "t": 1 << 40, "tib": 1 << 40, "tb": 1_000_000_000_000,
        ]
        guard let number = Int(String(decoding: digits, as: UTF8.self)),
            let factor = units[String(decoding: unit, as: UTF8.self)]
        else { return nil }
        let (product, overflow) = number.multipliedReportingOverflow(by: factor)
        return overflow ? nil : product
    }

    /// The server's address.
    var host: Host { Host(variables["OLLAMA_HOST"] ?? "") }

    /// The user's own folder.
    var home: String {
        if let home = variables["HOME"], !home.isEmpty { return home }
        guard let entry = getpwuid(getuid()), let path = entry.pointee.pw_dir else { return "/" }
        return String(cString: path)
    }

    /// Folder of keys, history and, by default, models.
    var settingsFolder: String { home + "/.ollama" }
}
