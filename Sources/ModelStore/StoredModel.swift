public import API
import OrderedCollections

/// One model of the store with all its small parts read.
public struct StoredModel: Sendable {
    public var name: ModelName
    public var manifest: Manifest
    /// Hex SHA-256 of the manifest file.
    public var digest: String
    /// Seconds since 1970.
    public var modified: Double
    /// Bytes of all blobs.
    public var size: Int
    public var config: ModelConfig
    /// nil for a model without weights.
    public var weights: WeightSource?
    public var projectorPaths: [String]
    public var adapterPaths: [String]
    /// Display name of the model that this one was created from; empty when there is none.
    public var parentModel: String
    public var template: String?
    public var system: String
    /// Options as stored: numbers, strings, lists.
    public var parameters: JSONObject
    public var messages: [Message]
    public var licenses: [String]

    init(name: ModelName, manifest: Manifest, digest: String, modified: Double) {
        self.name = name
        self.manifest = manifest
        self.digest = digest
        self.modified = modified
        size = manifest.size
        config = ModelConfig()
        projectorPaths = []
        adapterPaths = []
        parentModel = ""
        system = ""
        parameters = [:]
        messages = []
        licenses = []
    }
}

extension StoredModel {
    /// Path of the weights file; nil for a model without one.
    public var weightsPath: String? {
        if case .file(let path)? = weights { path } else { nil }
    }

    /// Whether the model is part of the program rather than of the store.
    public var isEmbedded: Bool {
        if case .embedded? = weights { true } else { false }
    }

    /// Reads the parts of a manifest.
    ///
    /// - Throws: io for a blob that is missing or unreadable, malformed for one without meaning.
    init(
        name: ModelName, manifest: Manifest, digest: String, modified: Double, blobs: BlobStore
    ) throws(StoreError) {
        self.init(name: name, manifest: manifest, digest: digest, modified: modified)
        config = try ModelConfig(
            parsing: FileOperations.contents(blobs.path(manifest.config.digest)))
        for layer in manifest.layers {
            let path = blobs.path(layer.digest)
            switch layer.kind {
            case "model":
                weights = .file(path)
                parentModel = layer.from ?? ""
            case "projector": projectorPaths.append(path)
            case "adapter": adapterPaths.append(path)
            case "template", "prompt": template = try Self.text(path)
            case "system": system = try Self.text(path)
            case "license": licenses.append(try Self.text(path))
            case "params":
                guard let values = try Self.json(path).object else {
                    throw StoreError(.malformed, "parameters of \(name.display) are no object")
                }
                parameters.merge(values) { $1 }
            case "messages":
                messages = try MessageList(json: Self.json(path)).messages
            default: break
            }
        }
    }

    private static func text(_ path: String) throws(StoreError) -> String {
        String(decoding: try FileOperations.contents(path), as: UTF8.self)
    }

    private static func json(_ path: String) throws(StoreError) -> JSONValue {
        let bytes = try FileOperations.contents(path)
        do throws(JSONError) {
            return try JSONValue(parsing: bytes)
        } catch {
            throw StoreError(.malformed, "\(path): \(error)")
        }
    }
}
