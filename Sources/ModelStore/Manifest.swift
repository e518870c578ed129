import API
import OrderedCollections

/// One blob that a manifest names.
public struct Layer: Sendable, Hashable {
    public var mediaType: String
    public var digest: Digest
    /// Bytes, as the manifest says.
    public var size: Int
    /// Where the layer was taken from: the display name of a parent.
    public var from: String?
    /// Name of a tensor layer.
    public var name: String?

    public init(
        mediaType: String, digest: Digest, size: Int, from: String? = nil, name: String? = nil
    ) {
        self.mediaType = mediaType
        self.digest = digest
        self.size = size
        self.from = from
        self.name = name
    }

    init(json: JSONValue) throws(StoreError) {
        guard let text = json["digest"]?.string, let digest = Digest(text) else {
            throw StoreError(.invalidDigest, "invalid digest format")
        }
        guard let type = json["mediaType"]?.string else {
            throw StoreError(.malformed, "manifest layer \(digest) has no media type")
        }
        let size = json["size"]?.integer ?? 0
        guard size >= 0 else {
            throw StoreError(.malformed, "manifest layer \(digest) has size \(size)")
        }
        self.init(
            mediaType: type, digest: digest, size: size, from: json["from"]?.string,
            name: json["name"]?.string)
    }

    var json: JSONValue {
        var object: JSONObject = [
            "mediaType": .string(mediaType), "digest": .string(digest.description),
            "size": .number(JSONNumber(size)),
        ]
        if let from, !from.isEmpty { object["from"] = .string(from) }
        if let name, !name.isEmpty { object["name"] = .string(name) }
        return .object(object)
    }

    /// `model`, `template` ...: what follows the image prefix of the media type; nil for others.
    public var kind: String? {
        let prefix = Self.prefix
        guard mediaType.utf8.starts(with: prefix.utf8) else { return nil }
        return String(decoding: mediaType.utf8.dropFirst(prefix.utf8.count), as: UTF8.self)
    }

    static let prefix = "application/vnd.ollama.image."
    static let configType = "application/vnd.docker.container.image.v1+json"
}

/// What a model consists of.
public struct Manifest: Sendable, Hashable {
    public var config: Layer
    public var layers: [Layer]

    public init(config: Layer, layers: [Layer]) {
        self.config = config
        self.layers = layers
    }

    /// - Throws: malformed for anything but an object with a config, invalidDigest for a digest.
    public init(parsing bytes: [UInt8]) throws(StoreError) {
        let json: JSONValue
        do throws(JSONError) {
            json = try JSONValue(parsing: bytes)
        } catch {
            throw StoreError(.malformed, error.description)
        }
        guard let config = json["config"], config.object != nil else {
            throw StoreError(.malformed, "manifest has no config")
        }
        self.config = try Layer(json: config)
        layers = []
        for layer in json["layers"]?.array ?? [] { layers.append(try Layer(json: layer)) }
    }

    /// Compact JSON and a newline: the bytes of a manifest made by a create.
    public var serializedBytes: [UInt8] {
        let json: JSONValue = .object([
            "schemaVersion": 2,
            "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
            "config": config.json, "layers": .array(layers.map(\.json)),
        ])
        return json.serializedBytes + [UInt8(ascii: "\n")]
    }

    /// Bytes of all blobs, as the manifest says; `Int.max` when the sum overflows.
    public var size: Int {
        layers.reduce(config.size) { sum, layer in
            let (result, overflow) = sum.addingReportingOverflow(layer.size)
            return overflow ? .max : result
        }
    }

    var digests: Set<Digest> { Set(layers.map(\.digest) + [config.digest]) }
}
