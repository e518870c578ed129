import Synchronization

extension ModelStore {
    /// The embedded model that a name means; nil when there is none.
    ///
    /// A stored model of the same name hides it from all but this function and `storeEmbedded`.
    public func embeddedModel(_ name: ModelName) -> EmbeddedModel? {
        embeddedModels.first { $0.name.matches(name) }
    }

    func isEmbedded(_ name: ModelName) -> Bool { embeddedModel(name) != nil }

    /// Each model's parts are made once.
    func parts(of model: EmbeddedModel) throws(StoreError) -> EmbeddedModel.Parts {
        try embeddedParts.withLock { (known) throws(StoreError) in
            if let parts = known[model.name] { return parts }
            let parts = try model.parts()
            known[model.name] = parts
            return parts
        }
    }

    /// Puts the model's blobs in place and keeps them from being pruned until `unpin`.
    ///
    /// - Returns: the pinned digests.
    func putBlobs(of model: EmbeddedModel) throws(StoreError) -> [Digest] {
        let parts = try parts(of: model)
        var pinned: [Digest] = []
        do throws(StoreError) {
            try blobs.put(model.weights.bytes, digest: parts.weights)
            pinned.append(parts.weights)
            for bytes in parts.blobs { pinned.append(try blobs.put(bytes).digest) }
        } catch {
            for digest in pinned { blobs.unpin(digest) }
            throw error
        }
        return pinned
    }

    /// Writes blobs and manifest of an embedded model; `destination` is named like any model.
    func materialise(
        _ model: EmbeddedModel, as destination: ModelName
    ) throws(StoreError) {
        let pinned = try putBlobs(of: model)
        defer { for digest in pinned { blobs.unpin(digest) } }
        let manifest = try parts(of: model).model.manifest
        try replaceManifest(of: destination, with: manifest.serializedBytes, needing: manifest)
    }

    /// Stores an embedded model under its own name, as a pull would; `status` gets each progress
    /// line, those of layers with their digest and size.
    ///
    /// - Throws: notFound when no embedded model has the name; io.
    public func storeEmbedded(
        _ name: ModelName, status: (String, Layer?) -> Void
    ) throws(StoreError) {
        guard let model = embeddedModel(name) else {
            throw StoreError(.notFound, "model '\(name.display)' not found")
        }
        status("pulling manifest", nil)
        let manifest = try parts(of: model).model.manifest
        let pinned = try putBlobs(of: model)
        defer { for digest in pinned { blobs.unpin(digest) } }
        for layer in manifest.layers + [manifest.config] {
            status("pulling \(layer.digest.hex.prefix(12))", layer)
        }
        status("verifying sha256 digest", nil)
        status("writing manifest", nil)
        try replaceManifest(of: model.name, with: manifest.serializedBytes, needing: manifest)
        status("success", nil)
    }
}

extension BlobStore {
    /// Stores and pins bytes whose digest is known.
    func put(_ bytes: UnsafeRawBufferPointer, digest: Digest) throws(StoreError) {
        pin(digest)
        if contains(digest) {
            files.touch(path(digest))
            return
        }
        do throws(StoreError) {
            let writer = try BlobWriter(self)
            try writer.write(bytes)
            _ = try writer.finish(expected: digest)
        } catch {
            unpin(digest)
            throw error
        }
    }
}
