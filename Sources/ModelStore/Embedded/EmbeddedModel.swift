public import API
import Crypto
import GGUF

/// A model that is part of the program: every store offers it, whatever its folder holds.
public struct EmbeddedModel: Sendable {
    public let name: ModelName
    public let weights: EmbeddedWeights
    /// Go template.
    public var template = ""
    public var parameters: JSONObject = [:]
    public var license = ""
    /// Whether a request that says nothing about thinking turns it on.
    public var thinksByDefault = true
    /// Seconds since 1970: the same for every build with the same weights.
    public var modified = 0.0

    public init(name: ModelName, weights: EmbeddedWeights) {
        self.name = name
        self.weights = weights
    }
}

extension EmbeddedModel {
    /// What the model is made of, as a store would hold it.
    struct Parts: Sendable {
        var model: StoredModel
        /// The bytes of the weights have this digest.
        var weights: Digest
        /// All other blobs.
        var blobs: [[UInt8]]
    }

    /// - Complexity: hashes the weights.
    /// - Throws: malformed when the weights are no GGUF file.
    func parts() throws(StoreError) -> Parts {
        let facts: WeightFacts
        do throws(GGUFError) {
            facts = try WeightFacts(of: WeightSource.embedded(weights).open())
        } catch {
            throw error.forCreate
        }
        var blobs: [[UInt8]] = []
        func layer(_ kind: String, _ bytes: [UInt8]) -> Layer {
            blobs.append(bytes)
            return Layer(
                mediaType: Layer.prefix + kind, digest: Digest(of: bytes), size: bytes.count)
        }
        var hash = SHA256()
        hash.update(bufferPointer: weights.bytes)
        let digest = Digest(hash.finalize())
        var layers = [
            Layer(
                mediaType: Layer.prefix + "model", digest: digest, size: weights.bytes.count)
        ]
        if !template.isEmpty { layers.append(layer("template", Array(template.utf8))) }
        if !license.isEmpty { layers.append(layer("license", Array(license.utf8))) }
        if !parameters.isEmpty {
            let json = JSONValue.object(parameters).canonical
            layers.append(layer("params", json.serializedBytes + [UInt8(ascii: "\n")]))
        }
        var config = ModelConfig()
        config.format = "gguf"
        config.family = facts.family
        config.families = [facts.family]
        config.type = facts.parameterSize
        config.fileType = facts.quantization
        config.thinksByDefault = thinksByDefault
        let bytes = config.serializedBytes
        blobs.append(bytes)
        let manifest = Manifest(
            config: Layer(
                mediaType: Layer.configType, digest: Digest(of: bytes), size: bytes.count),
            layers: layers)
        var model = StoredModel(
            name: name, manifest: manifest, digest: Digest(of: manifest.serializedBytes).hex,
            modified: modified)
        model.config = config
        model.weights = .embedded(weights)
        model.template = template.isEmpty ? nil : template
        model.parameters = parameters
        model.licenses = license.isEmpty ? [] : [license]
        return Parts(model: model, weights: digest, blobs: blobs)
    }
}
