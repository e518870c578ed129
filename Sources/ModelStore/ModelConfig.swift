import API
import OrderedCollections

/// Config blob of a model; unknown keys are ignored.
public struct ModelConfig: Sendable, Hashable {
    public var format = "", family = "", families: [String]? = nil, type = "", fileType = ""
    public var renderer = "", parser = "", requires = "", capabilities: [String] = []
    /// Whether a request that says nothing about thinking turns it on where the model can think; a
    /// key of our own, written when false.
    public var thinksByDefault = true
    /// 0 where the blob has none.
    public var contextLength = 0, embeddingLength = 0
    public var remoteHost = "", remoteModel = "", baseName = ""

    public init() {}

    public init(parsing bytes: [UInt8]) throws(StoreError) {
        let json: JSONValue
        do throws(JSONError) {
            json = try JSONValue(parsing: bytes)
        } catch {
            throw StoreError(.malformed, "config: \(error)")
        }
        func text(_ key: String) -> String { json[key]?.string ?? "" }
        format = text("model_format")
        family = text("model_family")
        families = json["model_families"]?.array?.compactMap(\.string)
        type = text("model_type")
        fileType = text("file_type")
        renderer = text("renderer")
        parser = text("parser")
        requires = text("requires")
        remoteHost = text("remote_host")
        remoteModel = text("remote_model")
        capabilities = json["capabilities"]?.array?.compactMap(\.string) ?? []
        contextLength = json["context_length"]?.integer ?? 0
        embeddingLength = json["embedding_length"]?.integer ?? 0
        baseName = text("base_name")
        thinksByDefault = json["thinks_by_default"]?.bool ?? true
    }

    /// Compact JSON with the keys in their fixed order, and a newline.
    public var serializedBytes: [UInt8] {
        var object: JSONObject = [
            "model_format": .string(format), "model_family": .string(family),
            "model_families": families.map { .array($0.map(JSONValue.string)) } ?? .null,
            "model_type": .string(type), "file_type": .string(fileType),
        ]
        func put(_ key: String, _ value: String) {
            if !value.isEmpty { object[key] = .string(value) }
        }
        put("renderer", renderer)
        put("parser", parser)
        put("requires", requires)
        put("remote_host", remoteHost)
        put("remote_model", remoteModel)
        if !capabilities.isEmpty {
            object["capabilities"] = .array(capabilities.map(JSONValue.string))
        }
        if contextLength != 0 { object["context_length"] = .number(JSONNumber(contextLength)) }
        if embeddingLength != 0 {
            object["embedding_length"] = .number(JSONNumber(embeddingLength))
        }
        put("base_name", baseName)
        if !thinksByDefault { object["thinks_by_default"] = false }
        put("architecture", "amd64")
        put("os", "linux")
        return JSONValue.object(object).serializedBytes + [UInt8(ascii: "\n")]
    }
}
