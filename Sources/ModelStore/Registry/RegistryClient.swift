import API
import AsyncHTTPClient
import FoundationEssentials
import NIOCore
import NIOHTTP1
import Synchronization

/// Speaks the registry protocol for one repository, with the credentials it asks for.
///
/// Credentials go to the registry's own address only: a redirect to another one is followed without
/// them, and a realm at another host is refused.
final class RegistryClient: Sendable {
    typealias Headers = [(name: String, value: String)]

    static let manifestType = "application/vnd.docker.distribution.manifest.v2+json"
    /// Largest manifest, answer with a token, and text of a failure that are read, in bytes.
    static let manifestLimit = 4 << 20
    static let tokenLimit = 64 << 10
    static let errorLimit = 64 << 10
    private static let redirectLimit = 10

    let settings: RegistrySettings
    let transport: Transport
    private let name: ModelName
    private let base: RegistryURL
    /// The present value of `Authorization`.
    private let authorization = Mutex<String?>(nil)

    init(_ name: ModelName, insecure: Bool, _ settings: RegistrySettings) throws(StoreError) {
        self.settings = settings
        self.name = name
        base = try settings.base(of: name.host, insecure: insecure)
        guard AddressScope(host: base.host) != .link else {
            throw StoreError(
                .badRequest, "registry host \"\(base.host)\" is a link-local address")
        }
        transport = try Transport(settings)
    }

    /// `namespace/model`
    var repository: String { "\(name.namespace)/\(name.model)" }

    var manifestURL: RegistryURL { base.appending("/v2/\(repository)/manifests/\(name.tag)") }
    var uploadsURL: RegistryURL { base.appending("/v2/\(repository)/blobs/uploads/") }

    func blobURL(_ digest: Digest) -> RegistryURL {
        base.appending("/v2/\(repository)/blobs/\(digest)")
    }

    /// Sends a request; asks for a token and sends it once more when the registry wants one.
    ///
    /// GET and HEAD follow redirects, others give the redirect back.
    ///
    /// - Parameters:
    ///   - url: an address of the registry, or one that it named.
    ///   - body: called for each attempt.
    /// - Returns: an answer of any status but 401, and where it came from.
    func send(
        _ method: String, _ url: RegistryURL, headers: Headers = [],
        for purpose: Transport.Purpose = .answers, staysOnHost: Bool = false,
        body: () -> HTTPClientRequest.Body? = { nil }
    ) async throws -> RegistryAnswer {
        for _ in 0..<2 {
            let answer = try await redirected(
                method, url, headers, purpose, staysOnHost: staysOnHost, body: body)
            guard answer.status == 401 else { return answer }
            let header = answer.header("WWW-Authenticate") ?? ""
            _ = try await answer.text(limit: Self.errorLimit)
            // Nobody else may learn what this registry is told.
            guard answer.url.isSameOrigin(base), let challenge = Challenge(header) else { break }
            try await authorize(challenge)
        }
        throw TransferFailure(.refused, "unauthorized: access denied")
    }

    /// As `send`; an answer of 400 or more is a failure, with its body as text.
    func successful(
        _ method: String, _ url: RegistryURL, headers: Headers = [],
        for purpose: Transport.Purpose = .answers, body: () -> HTTPClientRequest.Body? = { nil }
    ) async throws -> RegistryAnswer {
        let answer = try await send(method, url, headers: headers, for: purpose, body: body)
        try await answer.check()
        return answer
    }

    private func redirected(
        _ method: String, _ start: RegistryURL, _ headers: Headers, _ purpose: Transport.Purpose,
        staysOnHost: Bool, body: () -> HTTPClientRequest.Body?
    ) async throws -> RegistryAnswer {
        var url = start
        for _ in 0...Self.redirectLimit {
            let isHome = url.isSameOrigin(base)
            var all: Headers = [
                ("User-Agent", settings.userAgent)
            ]
            if isHome, let value = authorization.withLock({ $0 }) {
                all.append(("Authorization", value))
            }
            all += headers
            let response = try await transport.execute(
                method, url, headers: all, body: body(), for: purpose)
            let answer = RegistryAnswer(method: method, url: url, response: response)
            guard method == "GET" || method == "HEAD", let next = try redirect(of: answer) else {
                return answer
            }
            if staysOnHost, next.host != url.host { return answer }
            _ = try await answer.text(limit: Self.errorLimit)
            url = next
        }
        throw TransferFailure(.refused, "stopped after \(Self.redirectLimit) redirects")
    }

    /// Where an answer points to; nil when it is no redirect.
    ///
    /// - Throws: refused for an address that a registry has no business to name.
    func redirect(of answer: RegistryAnswer) throws -> RegistryURL? {
        guard [301, 302, 303, 307, 308].contains(answer.status) else { return nil }
        guard let location = answer.header("Location") else { return nil }
        guard let next = answer.url.resolving(location) else {
            throw TransferFailure(.refused, "redirect to an address that is not http or https")
        }
        try check(next)
        return next
    }

    /// Nothing may lead from a registry outside to addresses further inside, or away from TLS.
    func check(_ url: RegistryURL) throws {
        let scope = AddressScope(host: url.host)
        if url.host != base.host, scope == .link || scope < AddressScope(host: base.host) {
            // Other addresses of the machine or network where the registry itself is are fine.
            throw TransferFailure(
                .refused, "redirect from \(base.host) to \(url.host) refused: not a public address")
        }
        if base.scheme == "https", url.scheme != "https" {
            throw TransferFailure(.refused, "redirect from https to \(url) refused")
        }
    }

    // MARK: - Credentials

    private func authorize(_ challenge: Challenge) async throws {
        let stored = DockerCredentials(environment: settings.environment).basic(for: base.authority)
        switch challenge.scheme {
        case .basic:
            guard let stored else {
                throw TransferFailure(.refused, "unauthorized: access denied")
            }
            authorization.withLock { $0 = "Basic \(stored)" }
        case .bearer:
            let token = try await token(challenge, stored)
            authorization.withLock { $0 = "Bearer \(token)" }
        }
    }

    private func token(_ challenge: Challenge, _ stored: String?) async throws -> String {
        guard let realm = RegistryURL(challenge.realm) else {
            throw TransferFailure(
                .refused, "realm \"\(challenge.realm)\" is no http or https address")
        }
        guard realm.authority == base.authority else {
            throw TransferFailure(
                .refused,
                "realm host \"\(realm.authority)\" does not match original host \"\(base.authority)\""
            )
        }
        guard realm.scheme == "https" || base.scheme == "http" else {
            throw TransferFailure(.refused, "realm \"\(challenge.realm)\" is not https")
        }
        var members = [(name: "nonce", value: Self.nonce())]
        for scope in challenge.scope.split(separator: " ") {
            members.append(("scope", String(scope)))
        }
        members.append(("service", challenge.service))
        members.append(("ts", "\(Int(FileOperations.now))"))
        let url = realm.adding(members)
        let value =
            if let stored {
                "Basic \(stored)"
            } else {
                try SigningKey(path: settings.keyPath).authorization("GET", url)
            }
        let response = try await transport.execute(
            "GET", url, headers: [("User-Agent", settings.userAgent), ("Authorization", value)],
            for: .answers)
        let answer = RegistryAnswer(method: "GET", url: url, response: response)
        let bytes = try await answer.bytes(limit: Self.tokenLimit, of: "answer with a token")
        guard (200..<300).contains(answer.status) else {
            throw TransferFailure(
                .status(answer.status),
                "\(answer.status): \(String(decoding: bytes, as: UTF8.self))")
        }
        let json: JSONValue
        do throws(JSONError) {
            json = try JSONValue(parsing: bytes)
        } catch {
            throw TransferFailure(.refused, error.description)
        }
        let token = json["token"]?.string ?? json["access_token"]?.string ?? ""
        guard token.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw TransferFailure(.refused, "the token holds bytes that no header may hold")
        }
        return token
    }

    /// 16 random bytes in the base64 of URLs, without padding.
    private static func nonce() -> String {
        var generator = SystemRandomNumberGenerator()
        let bytes = (0..<16).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        return Data(bytes).base64EncodedString().compactMap { character -> String? in
            switch character {
            case "+": "-"
            case "/": "_"
            case "=": nil
            default: String(character)
            }
        }.joined()
    }
}
