import AsyncHTTPClient
import Crypto
import Synchronization

/// One blob on its way to a registry.
final class BlobUpload: Sendable {
    private let layer: Layer
    private let path: String
    private let size: Int
    private let client: RegistryClient
    private let sent: [SentBytes]
    private let parts: [TransferPart]

    /// - Throws: io when the blob is not there.
    init(_ layer: Layer, _ client: RegistryClient, _ blobs: BlobStore) throws(StoreError) {
        self.layer = layer
        self.client = client
        path = blobs.path(layer.digest)
        guard let status = FileOperations.status(path), status.isRegular else {
            throw StoreError(.io, "open \(path): no such file or directory")
        }
        size = status.size
        parts = TransferPart.plan(size: size, within: client.settings.partSizes)
        sent = parts.map { _ in SentBytes() }
    }

    var progress: (completed: Int, total: Int) { (sent.reduce(0) { $0 + $1.count }, size) }

    /// Sends the blob unless the registry has it or can take it from the model that it was made from.
    ///
    /// - Parameter parent: `namespace/model` of a model of the same registry with this blob.
    func run(mountingFrom parent: String?) async throws {
        let head = try await client.send("HEAD", client.blobURL(layer.digest))
        if head.status == 200 { return }
        if head.status != 404 { try await head.check() }

        var url = client.uploadsURL
        if let parent {
            url = url.adding([("from", parent), ("mount", "\(layer.digest)")])
        }
        let answer = try await client.successful("POST", url)
        _ = try await answer.text(limit: RegistryClient.errorLimit)
        if answer.status == 201, parent != nil { return }
        var session = try location(answer)
        for index in parts.indices {
            session = try await send(index, to: session)
        }
        try await commit(session)
    }

    /// Sends a part, again when it fails; returns where the session goes on.
    private func send(_ index: Int, to session: RegistryURL) async throws -> RegistryURL {
        var attempt = 0
        while true {
            do {
                return try await sendOnce(index, to: session)
            } catch let failure as TransferFailure where failure.isTransient {
                attempt += 1
                guard attempt < client.settings.attempts else {
                    throw TransferFailure(
                        .refused, "max retries exceeded: \(failure.description)")
                }
                try await Task.sleep(for: client.settings.retryDelay * (1 << (attempt - 1)))
            }
        }
    }

    private func sendOnce(_ index: Int, to session: RegistryURL) async throws -> RegistryURL {
        let part = parts[index]
        let answer = try await client.successful(
            "PATCH", session,
            headers: [
                ("Content-Type", "application/octet-stream"),
                ("Content-Range", "\(part.offset)-\(part.offset + part.size - 1)"),
                ("X-Redirect-Uploads", "1"),
            ], for: .blobs
        ) { body(index) }
        _ = try await answer.text(limit: RegistryClient.errorLimit)
        guard answer.status == 307, let target = answer.header("Location") else {
            return try location(answer)
        }
        // The store wants the bytes itself, without the registry's credentials.
        guard let url = answer.url.resolving(target) else {
            throw TransferFailure(.refused, "redirect to an address that is not http or https")
        }
        try client.check(url)
        let response = try await client.transport.execute(
            "PUT", url,
            headers: [
                ("User-Agent", client.settings.userAgent),
                ("Content-Type", "application/octet-stream"),
            ], body: body(index), for: .blobs)
        let stored = RegistryAnswer(method: "PUT", url: url, response: response)
        try await stored.check()
        _ = try await stored.text(limit: RegistryClient.errorLimit)
        guard let next = answer.header("Docker-Upload-Location") else { return session }
        return try resolve(next, answer)
    }

    private func body(_ index: Int) -> HTTPClientRequest.Body {
        let part = parts[index]
        let sent = sent[index]
        sent.reset()
        return .stream(
            FileRange(path: path, range: part.offset..<part.offset + part.size) { sent.add($0) },
            length: .known(Int64(part.size)))
    }

    private func commit(_ session: RegistryURL) async throws {
        var whole = Insecure.MD5()
        for part in sent { whole.update(data: part.digest) }
        let digits = Array("0123456789abcdef".utf8)
        let tag = String(
            decoding: whole.finalize().flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] },
            as: UTF8.self)
        let url = session.adding([
            ("digest", "\(layer.digest)"), ("etag", "\(tag)-\(parts.count)"),
        ])
        let answer = try await client.successful(
            "PUT", url, headers: [("Content-Type", "application/octet-stream")])
        _ = try await answer.text(limit: RegistryClient.errorLimit)
    }

    /// Where the session goes on.
    private func location(_ answer: RegistryAnswer) throws -> RegistryURL {
        guard let text = answer.header("Docker-Upload-Location") ?? answer.header("Location") else {
            throw TransferFailure(.refused, "http: no Location header in response")
        }
        return try resolve(text, answer)
    }

    private func resolve(_ text: String, _ answer: RegistryAnswer) throws -> RegistryURL {
        guard let url = answer.url.resolving(text) else {
            throw TransferFailure(.refused, "upload address \"\(text)\" is not http or https")
        }
        try client.check(url)
        return url
    }
}
