/// Address of a server, as `OLLAMA_HOST` gives it.
///
/// White space and quotes around the text do not count; the scheme defaults to `http`, the port to
/// 11434 (80 and 443 when the scheme is written out), the host to 127.0.0.1. A path stays and is put
/// before every request's path; a server ignores it.
public struct Host: Sendable, Hashable {
    public var scheme: String
    /// Without brackets; empty means every interface for a server and this machine for a client.
    public var name: String
    public var port: Int
    /// Empty or starting with `/`, without a slash at the end.
    public var path: String
    /// The port text that was not usable, and the default taken for it.
    public var rejectedPort: String? = nil

    public static let defaultPort = 11434

    public init(scheme: String = "http", name: String, port: Int, path: String = "") {
        self.scheme = scheme
        self.name = name
        self.port = port
        self.path = path
    }

    /// Reads the text of the variable; anything is accepted, what is missing gets its default.
    public init(_ text: String) {
        var rest = Self.trimmed(text)
        var scheme = "http"
        var defaultPort = Self.defaultPort
        if rest == "ollama.com" { rest = "https://ollama.com:443" }
        if let separator = Self.range(of: "://", in: rest) {
            scheme = String(rest[..<separator.lowerBound])
            rest = String(rest[separator.upperBound...])
            if scheme == "http" { defaultPort = 80 }
            if scheme == "https" { defaultPort = 443 }
        }
        var path = ""
        if let slash = rest.firstIndex(of: "/") {
            path = String(rest[rest.index(after: slash)...])
            rest = String(rest[..<slash])
        }
        while path.utf8.last == UInt8(ascii: "/") { path.removeLast() }
        while path.utf8.first == UInt8(ascii: "/") { path.removeFirst() }

        var name = "127.0.0.1"
        var port = String(defaultPort)
        if let split = Self.split(rest) {
            name = split.host
            port = split.port
        } else if !rest.isEmpty {
            name = rest
            if name.hasPrefix("["), name.hasSuffix("]") {
                name = String(name.dropFirst().dropLast())
            }
        }
        self.init(
            scheme: scheme, name: name, port: defaultPort, path: path.isEmpty ? "" : "/" + path)
        if let number = Int(port), (0...65535).contains(number) {
            self.port = number
        } else {
            rejectedPort = port
        }
    }

    /// `http://host:port/path`; IPv6 addresses in brackets.
    public var url: String { "\(scheme)://\(authority)\(path)" }

    /// `host:port`.
    public var authority: String {
        name.utf8.contains(UInt8(ascii: ":")) ? "[\(name)]:\(port)" : "\(name):\(port)"
    }

    /// Whether the address means this machine and nothing else.
    public var isLoopback: Bool {
        name == "localhost" || name == "::1" || name.isEmpty
            || (name.hasPrefix("127.")
                && name.utf8.allSatisfy { $0 == 0x2E || (48...57).contains($0) })
    }

    /// What a variable holds: without white space and then without quotes around it.
    public static func trimmed(_ text: String) -> String {
        let space: Set<Unicode.Scalar> = [" ", "\t", "\n", "\r", "\u{0B}", "\u{0C}"]
        var scalars = text.unicodeScalars[...]
        func strip(_ set: Set<Unicode.Scalar>) {
            while let first = scalars.first, set.contains(first) { scalars.removeFirst() }
            while let last = scalars.last, set.contains(last) { scalars.removeLast() }
        }
        strip(space)
        strip(["\"", "'"])
        return String(String.UnicodeScalarView(scalars))
    }

    /// Host and port at the last colon; nil when there is no port or the host is a bare IPv6 address.
    private static func split(_ text: String) -> (host: String, port: String)? {
        guard let colon = text.lastIndex(of: ":") else { return nil }
        var host = text[..<colon]
        let port = text[text.index(after: colon)...]
        if host.hasPrefix("[") {
            guard host.hasSuffix("]") else { return nil }
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return nil
        }
        guard !host.contains("["), !host.contains("]"), !port.contains("]") else { return nil }
        return (String(host), String(port))
    }

    private static func range(of needle: String, in text: String) -> Range<String.Index>? {
        var index = text.startIndex
        while index < text.endIndex {
            if text[index...].hasPrefix(needle) {
                return index..<text.index(index, offsetBy: needle.count)
            }
            index = text.index(after: index)
        }
        return nil
    }
}
