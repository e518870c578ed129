/// The proxy that the environment names for an address.
struct OutboundProxy: Sendable, Hashable {
    var host: String
    var port: Int
    var user: String?
    var password = ""

    /// nil when none is set, for this machine, and for hosts that `NO_PROXY` lists.
    init?(for url: RegistryURL, environment: [String: String]) {
        guard AddressScope(host: url.host) != .loopback else { return nil }
        func value(_ name: String) -> String? {
            for name in [name, name.lowercased()] {
                if let text = environment[name]?.trimmedASCII, !text.isEmpty { return text }
            }
            return nil
        }
        guard var text = value(url.scheme == "https" ? "HTTPS_PROXY" : "HTTP_PROXY") else {
            return nil
        }
        for entry in (value("NO_PROXY") ?? "").split(separator: ",") {
            let pattern = String(entry).trimmedASCII.lowercased()
            if Self.matches(pattern, url) { return nil }
        }
        if let mark = text.firstIndex(of: "@") {
            let scheme = text.hasPrefix("https://") ? 8 : text.hasPrefix("http://") ? 7 : 0
            let start = text.index(text.startIndex, offsetBy: scheme)
            guard start <= mark else { return nil }
            let parts = text[start..<mark].split(separator: ":", maxSplits: 1)
            user = String(parts.first ?? "")
            password = parts.count > 1 ? String(parts[1]) : ""
            text.removeSubrange(start...mark)
        }
        let whole =
            text.hasPrefix("http://") || text.hasPrefix("https://") ? text : "http://" + text
        guard let address = RegistryURL(whole) else { return nil }
        host = address.host
        port = address.port ?? (address.scheme == "https" ? 443 : 80)
    }

    /// `*`, a host, a domain with all below it, each with or without a port.
    private static func matches(_ pattern: String, _ url: RegistryURL) -> Bool {
        guard !pattern.isEmpty else { return false }
        if pattern == "*" { return true }
        var name = pattern
        if let colon = pattern.lastIndex(of: ":"), !pattern.hasSuffix("]") {
            guard pattern[pattern.index(after: colon)...] == "\(url.port ?? 0)" else {
                return false
            }
            name = String(pattern[..<colon])
        }
        if name.hasPrefix("*.") { name.removeFirst() }
        let suffix = name.hasPrefix(".") ? name : "." + name
        return url.host == name || url.host.hasSuffix(suffix)
    }
}
