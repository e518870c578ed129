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
