/// The proxy that the environment names for a host.
struct Proxy: Equatable {
    var host: String
    var port: Int

    /// nil when none is set, or when the host is this machine or matches `NO_PROXY`.
    init?(for host: Host, environment: [String: String]) {
        guard !host.isLoopback else { return nil }
        let name = host.scheme == "https" ? "HTTPS_PROXY" : "HTTP_PROXY"
        guard
            let text = environment[name].flatMap({ $0.isEmpty ? nil : $0 })
                ?? environment[name.lowercased()].flatMap({ $0.isEmpty ? nil : $0 })
        else { return nil }
        let exceptions = environment["NO_PROXY"] ?? environment["no_proxy"] ?? ""
        for entry in exceptions.split(separator: ",") {
            var pattern = Host.trimmed(String(entry)).lowercased()
            if pattern == "*" { return nil }
            if pattern.hasPrefix("*.") { pattern.removeFirst(1) }
            let target = host.name.lowercased()
            let suffix = pattern.hasPrefix(".") ? pattern : "." + pattern
            if !pattern.isEmpty, target == pattern || target.hasSuffix(suffix) { return nil }
        }
        let proxy = Host(text)
        self.host = proxy.name
        port = proxy.port
    }
}
