public import API
import AsyncHTTPClient
import NIOCore

/// Moves models between the store and registries.
///
/// Safe from any task. Pulls of the same blob share one download.
public final class Registry: Sendable {
    private let store: ModelStore
    private let settings: RegistrySettings
    private let downloads = SharedDownloads()

    public init(_ store: ModelStore, _ settings: RegistrySettings) {
        self.store = store
        self.settings = settings
    }

    // MARK: - Pull

    /// Stores a model as its registry has it; the manifest is written last.
    ///
    /// Blobs that are there are not fetched again. A pull that is cancelled or fails leaves what has arrived, and
    /// the next one goes on from there.
    ///
    /// - Parameters:
    ///   - insecure: http instead of https.
    ///   - progress: gets every status line.
    /// - Throws: ``StoreError`` with the text that clients show; CancellationError.
    public func pull(
        _ name: ModelName, insecure: Bool, progress: @escaping @Sendable (ProgressResponse) -> Void
    ) async throws {
        do {
            try await pullModel(name, insecure, progress)
        } catch let failure as TransferFailure {
            throw failure.asStoreError
        }
    }

    private func pullModel(
        _ name: ModelName, _ insecure: Bool,
        _ progress: @escaping @Sendable (ProgressResponse) -> Void
    ) async throws {
        progress(ProgressResponse(status: "pulling manifest"))
        let client: RegistryClient
        let bytes: [UInt8]
        let blobs: [RemoteBlob]
        do {
            client = try RegistryClient(name, insecure: insecure, settings)
            bytes = try await manifest(client)
            blobs = try RemoteBlob.list(inManifest: bytes)
        } catch let error as StoreError {
            throw StoreError(.io, "pull model manifest: \(error)")
        } catch let failure as TransferFailure {
            throw StoreError(.io, "pull model manifest: \(failure)")
        }
        var pinned: [Digest] = []
        defer { for digest in pinned { store.blobs.unpin(digest) } }
        var mismatches: [(want: Digest, got: Digest)] = []
        for blob in blobs {
            guard !blob.digest.isEmpty else {
                throw StoreError(.io, "\(client.repository): digest is empty")
            }
            guard let digest = Digest(blob.digest) else {
                throw StoreError(.io, "invalid digest format")
            }
            store.blobs.pin(digest)
            pinned.append(digest)
            let outcome = try await fetch(digest, blob.size, client, progress)
            if case .mismatch(let got) = outcome { mismatches.append((digest, got)) }
        }
        progress(ProgressResponse(status: "verifying sha256 digest"))
        if let (want, got) = mismatches.first {
            throw StoreError(
                .io,
                "digest mismatch, file must be downloaded again: want \(want), got \(got)")
        }
        progress(ProgressResponse(status: "writing manifest"))
        let unused = try store.adoptManifest(bytes, of: name)
        if settings.prunes, !unused.isEmpty {
            progress(ProgressResponse(status: "removing unused layers"))
            do throws(StoreError) {
                try store.removeUnusedBlobs(unused)
            } catch {
                progress(ProgressResponse(status: "couldn't remove unused layers: \(error)"))
            }
        }
        progress(ProgressResponse(status: "success"))
    }

    private func manifest(_ client: RegistryClient) async throws -> [UInt8] {
        let answer = try await client.send(
            "GET", client.manifestURL, headers: [("Accept", RegistryClient.manifestType)])
        if answer.status == 404 { throw TransferFailure(.status(404), "file does not exist") }
        try await answer.check()
        return try await answer.bytes(limit: RegistryClient.manifestLimit, of: "manifest")
    }

    private func fetch(
        _ digest: Digest, _ size: Int, _ client: RegistryClient,
        _ progress: @escaping @Sendable (ProgressResponse) -> Void
    ) async throws -> BlobDownload.Outcome {
        let line: @Sendable (Int, Int) -> Void = { completed, total in
            var line = ProgressResponse(status: "pulling \(digest.hex.prefix(12))")
            line.digest = digest.description
            line.total = total
            line.completed = completed
            progress(line)
        }
        if let status = FileOperations.status(store.blobs.path(digest)), status.isRegular {
            line(status.size, status.size)
            return .stored
        }
        return try await downloads.run(
            digest, every: settings.progressInterval,
            start: {
                BlobDownload(digest, announcedSize: size, client, store.blobs)
            }, progress: line)
    }

    // MARK: - Push

    /// Sends a model to the registry that its name names; blobs that are there are not sent again.
    ///
    /// - Parameters:
    ///   - text: the name; one that is not valid or not stored ends with an error line.
    ///   - insecure: http instead of https.
    ///   - progress: gets every status line.
    /// - Throws: ``StoreError`` with the text that clients show; CancellationError.
    public func push(
        _ text: String, insecure: Bool, progress: @escaping @Sendable (ProgressResponse) -> Void
    ) async throws {
        do {
            try await pushModel(text, insecure, progress)
        } catch let failure as TransferFailure {
            throw failure.asStoreError
        }
    }

    private func pushModel(
        _ text: String, _ insecure: Bool, _ progress: @escaping @Sendable (ProgressResponse) -> Void
    ) async throws {
        progress(ProgressResponse(status: "retrieving manifest"))
        let name: ModelName
        let manifest: Manifest
        do throws(StoreError) {
            guard let parsed = ModelName(text) else {
                throw StoreError(.io, "unqualified name: \(Self.qualified(text))")
            }
            name = store.resolve(parsed)
            guard store.isStored(name) else {
                throw StoreError(
                    .io, "open \(store.manifestPath(name)): no such file or directory")
            }
            manifest = try store.manifest(of: name).manifest
        } catch {
            progress(ProgressResponse(status: "couldn't retrieve manifest"))
            throw error
        }
        let client = try RegistryClient(name, insecure: insecure, settings)
        let layers = manifest.layers + [manifest.config]
        for layer in layers {
            let upload = try BlobUpload(layer, client, store.blobs)
            let line: @Sendable (Int, Int) -> Void = { completed, total in
                var line = ProgressResponse(status: "pushing \(layer.digest.hex.prefix(12))")
                line.digest = layer.digest.description
                line.total = total
                line.completed = completed
                progress(line)
            }
            let interval = settings.progressInterval
            let ticker = Task {
                while !Task.isCancelled {
                    try await Task.sleep(for: interval)
                    let (completed, total) = upload.progress
                    line(completed, total)
                }
            }
            let result: Result<Void, any Error>
            do {
                try await upload.run(mountingFrom: Self.parent(layer, name))
                result = .success(())
            } catch {
                result = .failure(error)
            }
            ticker.cancel()
            _ = await ticker.result
            try result.get()
            line(upload.progress.total, upload.progress.total)
        }
        progress(ProgressResponse(status: "pushing manifest"))
        let bytes = Array(manifest.serializedBytes.dropLast())
        let answer = try await client.successful(
            "PUT", client.manifestURL, headers: [("Content-Type", RegistryClient.manifestType)]
        ) { .bytes(ByteBuffer(bytes: bytes)) }
        _ = try await answer.text(limit: RegistryClient.errorLimit)
        progress(ProgressResponse(status: "success"))
    }

    /// The model that a layer was taken from, when the same registry has it.
    private static func parent(_ layer: Layer, _ name: ModelName) -> String? {
        guard let from = layer.from, let parent = ModelName(from),
            ModelName.same(parent.host, name.host)
        else { return nil }
        return "\(parent.namespace)/\(parent.model)"
    }

    /// A name that is not valid, with the defaults where it has none.
    private static func qualified(_ text: String) -> String {
        let slashes = text.utf8.count { $0 == UInt8(ascii: "/") }
        let start = text.lastIndex(of: "/") ?? text.startIndex
        let tagged = text[start...].contains(":") ? text : text + ":" + ModelName.defaultTag
        switch slashes {
        case 0: return "\(ModelName.defaultHost)/\(ModelName.defaultNamespace)/\(tagged)"
        case 1: return "\(ModelName.defaultHost)/\(tagged)"
        default: return tagged
        }
    }
}

/// A blob as a manifest from outside names it, of which nothing is believed yet.
struct RemoteBlob {
    var digest: String
    var size: Int

    /// Layers in their order, then the config.
    ///
    /// - Throws: malformed for what is no manifest.
    static func list(inManifest bytes: [UInt8]) throws(StoreError) -> [RemoteBlob] {
        let json: JSONValue
        do throws(JSONError) {
            json = try JSONValue(parsing: bytes)
        } catch {
            // Go has another sentence for the end of a whole text than for that of a stream.
            let text = error.description
            throw StoreError(
                .malformed, text == "unexpected EOF" ? "unexpected end of JSON input" : text)
        }
        guard let config = json["config"], config.object != nil else {
            throw StoreError(.malformed, "manifest has no config")
        }
        var blobs: [RemoteBlob] = []
        for layer in (json["layers"]?.array ?? []) + [config] {
            guard layer.object != nil else {
                throw StoreError(.malformed, "a layer of the manifest is no object")
            }
            if layer["mediaType"]?.string == Layer.prefix + "tensor" {
                throw StoreError(
                    .malformed,
                    "this model requires MLX support, but the MLX runtime is not available")
            }
            blobs.append(
                RemoteBlob(
                    digest: layer["digest"]?.string ?? "",
                    size: max(0, layer["size"]?.integer ?? 0)))
        }
        return blobs
    }
}
