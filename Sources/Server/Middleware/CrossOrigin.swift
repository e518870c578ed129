import HTTPTypes
import Hummingbird

/// Which web pages may call this server (CORS).
struct CrossOrigin: Sendable {
    enum Verdict: Sendable, Equatable {
        /// No page, or one of this very server.
        case sameOrigin
        case allowed
        case refused
    }

    private static let extensionSchemes = [
        "chrome-extension://", "safari-extension://", "moz-extension://",
        "ms-browser-extension://",
    ]
    private static let headers =
        "Authorization,Content-Type,User-Agent,Accept,X-Requested-With,Openai-Beta,"
        + "X-Stainless-Arch,X-Stainless-Async,X-Stainless-Custom-Poll-Interval,"
        + "X-Stainless-Helper-Method,X-Stainless-Lang,X-Stainless-Os,X-Stainless-Package-Version,"
        + "X-Stainless-Poll-Helper,X-Stainless-Retry-Count,X-Stainless-Runtime,"
        + "X-Stainless-Runtime-Version,X-Stainless-Timeout"

    private var allowsAll = false
    private var exact: Set<String> = []
    /// Text before and after the one star.
    private var patterns: [(prefix: [UInt8], suffix: [UInt8])] = []

    /// - Parameter extra: entries of OLLAMA_ORIGINS; the local ones are always allowed.
    /// - Throws: ``ServerError`` for an entry that is neither a web origin nor a pattern.
    init(extra: [String]) throws(ServerError) {
        var entries = extra
        for host in ["localhost", "127.0.0.1", "0.0.0.0"] {
            entries += [
                "http://\(host)", "https://\(host)", "http://\(host):*", "https://\(host):*",
            ]
        }
        entries += [
            "app://*", "file://*", "tauri://*", "vscode-webview://*", "vscode-file://*",
        ]
        let schemes = ["http://", "https://"] + Self.extensionSchemes
        for entry in entries {
            let bytes = Array(entry.utf8)
            let stars = bytes.count { $0 == UInt8(ascii: "*") }
            if entry == "*" {
                allowsAll = true
            } else if stars > 1 {
                throw ServerError("only one * is allowed")
            } else if stars == 1 {
                let star = bytes.firstIndex(of: UInt8(ascii: "*"))!
                patterns.append((Array(bytes[..<star]), Array(bytes[(star + 1)...])))
            } else if schemes.contains(where: { bytes.starts(with: $0.utf8) }) {
                exact.insert(entry)
            } else {
                throw ServerError(
                    "bad origin: origins must contain '*' or include "
                        + schemes.joined(separator: ","))
            }
        }
    }

    func verdict(origin: String?, host: String) -> Verdict {
        guard let origin, !origin.isEmpty else { return .sameOrigin }
        if origin == "http://" + host || origin == "https://" + host { return .sameOrigin }
        if allowsAll || exact.contains(origin) { return .allowed }
        let bytes = Array(origin.utf8)
        let matches = patterns.contains { prefix, suffix in
            bytes.count >= prefix.count + suffix.count && bytes.starts(with: prefix)
                && bytes.suffix(suffix.count).elementsEqual(suffix)
        }
        return matches ? .allowed : .refused
    }

    /// Headers of answers to an allowed page.
    func mark(_ headers: inout HTTPFields, origin: String) {
        headers[.accessControlAllowOrigin] = allowsAll ? "*" : origin
        if !allowsAll { headers[.vary] = "Origin" }
    }

    /// The answer to a browser that asks before it calls.
    func preflight(origin: String) -> Response {
        var fields: HTTPFields = [
            .accessControlAllowMethods: "GET,POST,PUT,PATCH,DELETE,HEAD,OPTIONS",
            .accessControlAllowHeaders: Self.headers,
            .accessControlMaxAge: "43200",
            .accessControlAllowOrigin: allowsAll ? "*" : origin,
        ]
        if !allowsAll {
            fields[.vary] = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"
        }
        return Response(status: .noContent, headers: fields)
    }
}
