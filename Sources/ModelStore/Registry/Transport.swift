import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOSSL
import Synchronization

/// Connections to registries and to the stores they point to.
///
/// Follows no redirects and adds no credentials. Connections are closed when the last owner lets go.
final class Transport: Sendable {
    enum Purpose: Hashable {
        /// Short answers, for which a registry may think long.
        case answers
        /// Bytes of blobs, which keep coming.
        case blobs
    }

    private struct Key: Hashable {
        var proxy: OutboundProxy?
        var purpose: Purpose
    }

    private let settings: RegistrySettings
    private let tls: TLSConfiguration
    private let clients = Mutex<[Key: HTTPClient]>([:])

    /// - Throws: io when `SSL_CERT_FILE` names no certificates.
    init(_ settings: RegistrySettings) throws(StoreError) {
        self.settings = settings
        var tls = TLSConfiguration.makeClientConfiguration()
        if let path = settings.environment["SSL_CERT_FILE"]?.trimmedASCII, !path.isEmpty {
            do {
                tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(path))
            } catch {
                throw StoreError(.io, "SSL_CERT_FILE \(path): no certificates could be read")
            }
        }
        self.tls = tls
    }

    deinit {
        let open = clients.withLock { Array($0.values) }
        Task.detached { for client in open { try? await client.shutdown() } }
    }

    /// - Throws: ``TransferFailure`` with Go's wording, or CancellationError.
    func execute(
        _ method: String, _ url: RegistryURL, headers: [(name: String, value: String)],
        body: HTTPClientRequest.Body? = nil, for purpose: Purpose
    ) async throws -> HTTPClientResponse {
        var request = HTTPClientRequest(url: "\(url)")
        request.method = HTTPMethod(rawValue: method)
        for header in headers { request.headers.add(name: header.name, value: header.value) }
        request.body = body
        do {
            return try await client(for: url, purpose).execute(request, deadline: .distantFuture)
        } catch {
            throw Self.failure(error, method, url)
        }
    }

    static func failure(_ error: any Error, _ method: String, _ url: RegistryURL) -> any Error {
        if error is CancellationError || Task.isCancelled { return CancellationError() }
        if error is StoreError || error is TransferFailure { return error }
        let verb = method.prefix(1) + method.dropFirst().lowercased()
        let (kind, reason) = reason(error, url)
        return TransferFailure(kind, "\(verb) \"\(url)\": \(reason)")
    }

    private static func reason(
        _ error: any Error, _ url: RegistryURL
    ) -> (TransferFailure.Kind, String) {
        let address =
            url.port == nil ? "\(url.host):\(url.scheme == "https" ? 443 : 80)" : url.authority
        switch error as? HTTPClientError {
        case .readTimeout?, .writeTimeout?: return (.stalled, "no data for too long")
        case .connectTimeout?: return (.transport, "dial tcp \(address): i/o timeout")
        case .remoteConnectionClosed?: return (.transport, "EOF")
        default: break
        }
        // The types of these errors lie in modules that this one does not know.
        let text = "\(error)"
        if text.contains("WRONG_VERSION_NUMBER") {
            return (.refused, "tls: first record does not look like a TLS handshake")
        }
        if text.contains("CERTIFICATE_VERIFY_FAILED") {
            return (.refused, "tls: failed to verify certificate")
        }
        if text.contains("UnknownHost") {
            return (.transport, "dial tcp: lookup \(url.host): no such host")
        }
        if text.contains("refused") {
            return (.transport, "dial tcp \(address): connect: connection refused")
        }
        return (.transport, text)
    }

    private func client(for url: RegistryURL, _ purpose: Purpose) -> HTTPClient {
        let key = Key(
            proxy: OutboundProxy(for: url, environment: settings.environment), purpose: purpose)
        return clients.withLock { clients in
            if let client = clients[key] { return client }
            let quiet = purpose == .blobs ? settings.stallTimeout : settings.answerTimeout
            var configuration = HTTPClient.Configuration(tlsConfiguration: tls)
            configuration.redirectConfiguration = .disallow
            configuration.timeout = .init(
                connect: .seconds(30), read: .nanoseconds(Int64(quiet.wholeNanoseconds)),
                write: .nanoseconds(Int64(quiet.wholeNanoseconds)))
            // Parts travel side by side, each on its own connection.
            configuration.httpVersion = .http1Only
            configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit =
                settings.parallelParts
            // Attempts are counted by those who ask.
            configuration.connectionPool.retryConnectionEstablishment = false
            if let proxy = key.proxy {
                configuration.proxy = .server(
                    host: proxy.host, port: proxy.port,
                    authorization: proxy.user.map {
                        .basic(username: $0, password: proxy.password)
                    })
            }
            let client = HTTPClient(
                eventLoopGroupProvider: .singleton, configuration: configuration)
            clients[key] = client
            return client
        }
    }
}

extension Duration {
    /// Capped at about 292 years.
    var wholeNanoseconds: Int {
        let (seconds, attoseconds) = components
        let (scaled, overflow) = Int(seconds).multipliedReportingOverflow(by: 1_000_000_000)
        return overflow ? .max : scaled + Int(attoseconds / 1_000_000_000)
    }
}
