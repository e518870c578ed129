/// An http or https address; text in, parts out, nothing decoded.
struct RegistryURL: Sendable, Hashable, CustomStringConvertible {
    var scheme: String
    /// Lower case, brackets kept around IPv6.
    var host: String
    /// nil: the scheme's own.
    var port: Int?
    /// Empty or starting with `/`, percent-encoded.
    var path: String
    /// Without `?`, percent-encoded; nil when there is none.
    var query: String?

    /// nil for other schemes, for user names inside, and for bytes that may not stand in a URL.
    init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\\") }) else {
            return nil
        }
        let lower = text.prefix(8).lowercased()
        let rest: Substring
        if lower.hasPrefix("https://") {
            scheme = "https"
            rest = text.dropFirst(8)
        } else if lower.hasPrefix("http://") {
            scheme = "http"
            rest = text.dropFirst(7)
        } else {
            return nil
        }
        let whole = rest.prefix { $0 != "#" }
        let end = whole.firstIndex { $0 == "/" || $0 == "?" } ?? whole.endIndex
        let authority = whole[..<end]
        guard !authority.contains("@") else { return nil }
        var name = authority
        if let colon = authority.lastIndex(of: ":"), authority.last != "]" {
            name = authority[..<colon]
            guard let number = Int(authority[authority.index(after: colon)...]),
                (1...65535).contains(number)
            else { return nil }
            port = number
        }
        host = name.lowercased()
        let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
        guard !host.isEmpty, isBracketed || !host.contains(":") else { return nil }
        let tail = whole[end...]
        if let mark = tail.firstIndex(of: "?") {
            path = String(tail[..<mark])
            query = String(tail[tail.index(after: mark)...])
        } else {
            path = String(tail)
        }
    }

    /// With the port when it was written.
    var authority: String { port.map { "\(host):\($0)" } ?? host }

    var description: String { "\(scheme)://\(authority)\(path)" + (query.map { "?" + $0 } ?? "") }

    /// Whether credentials for one are meant for the other.
    func isSameOrigin(_ other: RegistryURL) -> Bool {
        scheme == other.scheme && host == other.host && effectivePort == other.effectivePort
    }

    private var effectivePort: Int { port ?? (scheme == "https" ? 443 : 80) }

    /// The address with a path below this one's.
    func appending(_ path: String) -> RegistryURL {
        var url = self
        while url.path.utf8.last == UInt8(ascii: "/") { url.path.removeLast() }
        url.path += path
        url.query = nil
        return url
    }

    /// What a `Location` header means here; nil when it is no http(s) address.
    func resolving(_ location: String) -> RegistryURL? {
        let lower = location.prefix(8).lowercased()
        if lower.hasPrefix("http://") || lower.hasPrefix("https://") { return Self(location) }
        if location.hasPrefix("//") { return Self("\(scheme):\(location)") }
        if location.hasPrefix("/") { return Self("\(scheme)://\(authority)\(location)") }
        if location.hasPrefix("?") { return Self("\(scheme)://\(authority)\(path)\(location)") }
        // Anything before a colon in the first segment would be another scheme.
        guard !location.isEmpty, !location.prefix(while: { $0 != "/" }).contains(":") else {
            return nil
        }
        let folder = path.lastIndex(of: "/").map { path[...$0] } ?? "/"
        return Self("\(scheme)://\(authority)\(folder)\(location)")
    }

    /// Adds members to the query; all members stand sorted by name then.
    func adding(_ members: [(name: String, value: String)]) -> RegistryURL {
        var all = (query ?? "").split(separator: "&").map(String.init)
        all += members.map { "\(Self.encoded($0.name))=\(Self.encoded($0.value))" }
        // A stable sort: members of one name keep their order.
        let sorted = all.enumerated().sorted {
            let left = $0.element.prefix { $0 != "=" }
            let right = $1.element.prefix { $0 != "=" }
            return left == right ? $0.offset < $1.offset : left < right
        }
        var url = self
        url.query = sorted.map(\.element).joined(separator: "&")
        return url
    }

    /// Everything but letters, digits and `-_.~` as percent signs and two digits.
    static func encoded(_ text: String) -> String {
        var out: [UInt8] = []
        let digits = Array("0123456789ABCDEF".utf8)
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"),
                UInt8(ascii: "."), UInt8(ascii: "~"):
                out.append(byte)
            default: out += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: out, as: UTF8.self)
    }
}
