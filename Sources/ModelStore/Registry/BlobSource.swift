import AsyncHTTPClient
import Synchronization

/// Where the bytes of a blob come from: the registry, or the store that it points to.
final class BlobSource: Sendable {
    private enum Address {
        /// One that needs no credentials and expires some time.
        case direct(RegistryURL)
        case registry
    }

    private static let plainUserAgent = "apus"

    private let digest: Digest
    private let client: RegistryClient
    /// Size to assume when the registry does not tell.
    private let announcedSize: Int
    private let address = Mutex<Address?>(nil)
    private var settings: RegistrySettings { client.settings }

    init(_ digest: Digest, announcedSize: Int, _ client: RegistryClient) {
        self.digest = digest
        self.announcedSize = announcedSize
        self.client = client
    }

    /// The registry is asked anew with the next request.
    func forgetAddress() { address.withLock { $0 = nil } }

    /// Whether the same request may succeed later; also after a refusal of a store, which a new address may cure.
    func isWorthTrying(_ failure: TransferFailure) -> Bool {
        if failure.isTransient { return true }
        guard case .status = failure.kind else { return false }
        return address.withLock { address in
            if case .direct? = address { return true }
            return false
        }
    }

    /// The blob's size as the registry tells it.
    func size() async throws -> Int {
        let answer: RegistryAnswer
        do {
            answer = try await patiently {
                let answer = try await client.send("HEAD", client.blobURL(digest))
                try await answer.check()
                return answer
            }
        } catch let failure as TransferFailure where failure.kind == .status(404) {
            throw TransferFailure(failure.kind, "file does not exist")
        }
        let size = answer.contentLength ?? announcedSize
        guard size < 1 << 44 else {
            throw TransferFailure(.refused, "blob \(digest) is too large: \(size) bytes")
        }
        return size
    }

    /// The answer with a range of the blob, from the store that the registry points to or from itself.
    func open(_ range: String) async throws -> RegistryAnswer {
        switch address.withLock({ $0 }) {
        case .direct(let address)?:
            return try await direct(address, range)
        case .registry?:
            return try await client.send(
                "GET", client.blobURL(digest), headers: [("Range", range)], for: .blobs)
        case nil:
            let answer = try await patiently {
                let answer = try await client.send(
                    "GET", client.blobURL(digest), headers: [("Range", range)], for: .blobs,
                    staysOnHost: true)
                try await answer.check()
                return answer
            }
            guard let address = try client.redirect(of: answer) else {
                self.address.withLock { $0 = .registry }
                return answer
            }
            _ = try await answer.text(limit: RegistryClient.errorLimit)
            self.address.withLock { $0 = .direct(address) }
            return try await direct(address, range)
        }
    }

    /// A store's answer, after redirects of its own, without credentials.
    private func direct(_ start: RegistryURL, _ range: String) async throws -> RegistryAnswer {
        var url = start
        for _ in 0..<10 {
            let response = try await client.transport.execute(
                "GET", url,
                headers: [("User-Agent", Self.plainUserAgent), ("Range", range)], for: .blobs)
            let answer = RegistryAnswer(method: "GET", url: url, response: response)
            guard let next = try client.redirect(of: answer) else { return answer }
            _ = try await answer.text(limit: RegistryClient.errorLimit)
            url = next
        }
        throw TransferFailure(.refused, "stopped after 10 redirects")
    }

    /// Tries again while the registry is not well, with growing pauses.
    private func patiently<T>(_ request: () async throws -> T) async throws -> T {
        var attempt = 0
        while true {
            do {
                return try await request()
            } catch let failure as TransferFailure where failure.isTransient {
                attempt += 1
                guard attempt < settings.attempts else {
                    throw TransferFailure(
                        .refused, "max retries exceeded: \(failure.description)")
                }
                try await Task.sleep(for: settings.retryDelay / 10 * (attempt * attempt))
            }
        }
    }
}
