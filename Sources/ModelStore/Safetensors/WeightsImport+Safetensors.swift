import GGUF

extension WeightsImport {
    /// The layer of a model whose weights were uploaded as safetensors, with the files beside them.
    ///
    /// - Throws: malformed that names the file, key or tensor which cannot be used.
    func layers(
        fromCheckpoint files: [(path: String, digest: String)]
    ) throws(StoreError) -> [Result] {
        status("converting model")
        let (digest, existed) = try convert(files) { (paths, target) throws(StoreError) in
            try CheckpointImport(paths).write(to: target)
        }
        if !quantize.isEmpty {
            if !existed { intermediate(digest) }
            return try layers(from: [(path: "model.gguf", digest: digest.description)])
        }
        return [try converted(digest, existed: existed)]
    }

    /// The layer of a LoRA whose matrices were uploaded as safetensors, with `adapter_config.json`.
    ///
    /// - Parameter model: the weights that it is for.
    /// - Throws: malformed that names the file, key or tensor which cannot be used.
    func layer(
        fromAdapter files: [(path: String, digest: String)], for model: Digest
    ) throws(StoreError) -> Result {
        status("converting adapter")
        let weights = try Self.open(store.blobs.path(model))
        let (digest, existed) = try convert(files) { (paths, target) throws(StoreError) in
            try AdapterImport(paths, for: weights).write(to: target)
        }
        return try converted(digest, existed: existed)
    }

    /// Makes a blob of uploaded files.
    private func convert(
        _ files: [(path: String, digest: String)],
        _ write: (_ files: [(name: String, path: String)], _ target: String) throws(StoreError) ->
            Void
    ) throws(StoreError) -> (digest: Digest, existed: Bool) {
        var paths: [(name: String, path: String)] = []
        for file in files {
            guard let digest = Digest(file.digest) else {
                throw StoreError(.invalidDigest, "invalid digest format")
            }
            // Held from here on, so that deleting another model does not take it away.
            store.blobs.pin(digest)
            pinned(digest)
            paths.append((file.path, store.blobs.path(digest)))
        }
        let temporary = store.blobs.temporaryPath()
        let digest: Digest
        let existed: Bool
        do throws(StoreError) {
            try write(paths, temporary)
            digest = try Digest.ofFile(temporary)
            existed = try store.blobs.adopt(temporary, as: digest)
        } catch {
            try? store.files.remove(temporary)
            throw error
        }
        pinned(digest)
        return (digest, existed)
    }

    private func converted(_ digest: Digest, existed: Bool) throws(StoreError) -> Result {
        let file = try Self.open(store.blobs.path(digest))
        let facts: WeightFacts
        do throws(GGUFError) {
            facts = try WeightFacts(of: file)
        } catch {
            throw error.forCreate
        }
        return Result(
            layer: Layer(
                mediaType: "\(Layer.prefix)\(facts.kind.rawValue)", digest: digest,
                size: file.fileSize),
            status: "\(existed ? "using existing" : "creating new") layer \(digest)", file: file,
            facts: facts)
    }
}
