import GGUF
import Synchronization

/// The `details` of a model in lists and in show.
public struct ModelDetails: Sendable, Hashable {
    public var parentModel = "", format = "", family = ""
    public var families: [String]? = nil
    public var parameterSize = "", quantizationLevel = ""
    /// 0 where neither config nor weights tell.
    public var contextLength = 0, embeddingLength = 0
}

extension ModelStore {
    /// From the config, completed from the header of the weights where it says nothing.
    ///
    /// - Complexity: the first call for a model opens its weights; later ones use what was found.
    public func details(of model: StoredModel) -> ModelDetails {
        let config = model.config
        var details = ModelDetails()
        details.parentModel = model.parentModel
        details.format = config.format
        details.family = config.family
        details.families = config.families
        details.parameterSize = config.type
        details.quantizationLevel = config.fileType
        details.contextLength = config.contextLength
        details.embeddingLength = config.embeddingLength
        guard let facts = try? weightFacts(of: model) else { return details }
        if details.format.isEmpty { details.format = "gguf" }
        if details.family.isEmpty { details.family = facts.family }
        if details.parameterSize.isEmpty { details.parameterSize = facts.parameterSize }
        if details.quantizationLevel.isEmpty { details.quantizationLevel = facts.quantization }
        if details.contextLength == 0 { details.contextLength = facts.contextLength ?? 0 }
        if details.embeddingLength == 0 { details.embeddingLength = facts.embeddingLength ?? 0 }
        return details
    }

    /// What the weights of a model say; nil for a model without weights.
    public func weightFacts(of model: StoredModel) throws(StoreError) -> WeightFacts? {
        switch model.weights {
        case .file(let path)?: return try facts(at: path)
        case .embedded?:
            guard let source = model.weights else { return nil }
            do throws(GGUFError) {
                return try WeightFacts(of: source.open())
            } catch {
                throw error.forCreate
            }
        case nil: return nil
        }
    }

    func facts(of digest: Digest) throws(StoreError) -> WeightFacts {
        try facts(at: blobs.path(digest))
    }

    /// Blobs never change, but files outside of the store may: size and time are part of the key.
    private func facts(at path: String) throws(StoreError) -> WeightFacts {
        let status = FileOperations.status(path)
        let key =
            path.utf8.starts(with: blobs.directory.utf8)
            ? path : "\(path)|\(status?.size ?? 0)|\(status?.modifiedNanoseconds ?? 0)"
        if status != nil, let known = weightFacts.withLock({ $0[key] }) { return known }
        let file = try WeightsImport.open(path)
        let facts: WeightFacts
        do throws(GGUFError) {
            facts = try WeightFacts(of: file)
        } catch {
            throw error.forCreate
        }
        weightFacts.withLock {
            if $0.count >= 4096 { $0.removeAll() }
            $0[key] = facts
        }
        return facts
    }

    /// Makes a GGUF file outside the store usable under a name made from its file name, for the life of this
    /// object only (`apus run ./model.gguf`). Nothing is copied.
    public func addLocalFile(_ path: String) throws(StoreError) -> ModelName {
        guard let path = FileOperations.resolved(path), let status = FileOperations.status(path)
        else { throw StoreError(.notFound, "open \(path): no such file or directory") }
        guard status.isRegular else { throw StoreError(.io, "open \(path): not a regular file") }
        let facts = try facts(at: path)
        guard facts.kind == .model else {
            throw StoreError(.badRequest, "\(path) holds a \(facts.kind.rawValue), not a model")
        }
        if let part = ShardName(path), part.count > 1 {
            throw StoreError(
                .badRequest,
                "\(path) is part \(part.number) of \(part.count): a split model cannot run from its "
                    + "parts; join them with FROM in a Modelfile and create")
        }
        var config = ModelConfig()
        config.format = "gguf"
        config.family = facts.family
        config.families = [facts.family]
        config.type = facts.parameterSize
        config.fileType = facts.quantization
        let bytes = config.serializedBytes
        // Stands for the contents, which would take long to read.
        let mark = Digest(of: Array("\(path)\n\(status.size)\n\(status.modifiedNanoseconds)".utf8))
        let manifest = Manifest(
            config: Layer(
                mediaType: Layer.configType, digest: Digest(of: bytes), size: bytes.count),
            layers: [Layer(mediaType: Layer.prefix + "model", digest: mark, size: status.size)])
        let name = localName(for: path)
        var model = StoredModel(
            name: name, manifest: manifest, digest: Digest(of: manifest.serializedBytes).hex,
            modified: status.modified)
        model.config = config
        model.weights = .file(path)
        localModels.withLock { $0[name] = model }
        return name
    }

    private func localName(for path: String) -> ModelName {
        let file = path.utf8.split(separator: UInt8(ascii: "/")).last.map(Array.init) ?? []
        let suffix = Array(".gguf".utf8)
        let stem =
            file.suffix(suffix.count) == suffix[...] ? Array(file.dropLast(suffix.count)) : file
        let letters = stem.prefix(60).map { byte -> UInt8 in
            let text = String(decoding: [UInt8(ascii: "a"), byte], as: UTF8.self)
            return ModelName(text) != nil && byte != UInt8(ascii: ":") ? byte : UInt8(ascii: "-")
        }
        let word = String(decoding: letters, as: UTF8.self)
        let base = (ModelName(word) ?? ModelName("m" + word) ?? ModelName("model")!)
        var name = base
        var number = 2
        while FileOperations.status(manifestPath(resolve(name))) != nil
            || localModels.withLock({ $0[name].map { $0.weightsPath != path } ?? false })
        {
            name.model = "\(base.model)-\(number)"
            number += 1
        }
        return name
    }
}
