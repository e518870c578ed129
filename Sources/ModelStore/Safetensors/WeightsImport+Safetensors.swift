import GGUF

extension WeightsImport {
    /// The layer of a model whose weights were uploaded as safetensors, with the files beside them.
    ///
    /// - Throws: malformed that names the file, key or tensor which cannot be used.
    func layers(
        fromCheckpoint files: [(path: String, digest: String)]
    ) throws(StoreError) -> [Result] {
        status("converting model")
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
            try CheckpointImport(paths).write(to: temporary)
            digest = try Digest.ofFile(temporary)
            existed = try store.blobs.adopt(temporary, as: digest)
        } catch {
            try? store.files.remove(temporary)
            throw error
        }
        pinned(digest)
        if !quantize.isEmpty {
            if !existed { intermediate(digest) }
            return try layers(from: [(path: "model.gguf", digest: digest.description)])
        }
        let file = try Self.open(store.blobs.path(digest))
        let facts: WeightFacts
        do throws(GGUFError) {
            facts = try WeightFacts(of: file)
        } catch {
            throw error.forCreate
        }
        return [
            Result(
                layer: Layer(
                    mediaType: "\(Layer.prefix)model", digest: digest, size: file.fileSize),
                status: "\(existed ? "using existing" : "creating new") layer \(digest)",
                file: file,
                facts: facts)
        ]
    }
}
