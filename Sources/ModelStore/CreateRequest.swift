public import API
import OrderedCollections

/// What a model is to be made of: the body of a create.
public struct CreateRequest: Sendable {
    public var name = ""
    public var from: String? = nil
    /// Uploaded blobs by the names of the files that they were; digests as the client wrote them.
    public var files: [(path: String, digest: String)]? = nil
    public var adapters: [(path: String, digest: String)]? = nil
    public var draftFiles: [(path: String, digest: String)]? = nil
    public var quantize = ""
    public var template: String? = nil
    public var system: String? = nil
    public var licenses: [String] = []
    public var parameters: JSONObject? = nil
    public var messages: [Message] = []
    public var renderer = "", parser = "", requires = "", remoteHost = ""
    public var info: JSONObject? = nil
    /// Keep blobs of a replaced model that nothing uses any more (OLLAMA_NOPRUNE).
    public var keepsReplacedBlobs = false

    public init() {}
}

/// The fields of `info` that a config takes over, checked.
struct ConfigOverrides {
    var capabilities: [String]?
    var family, baseName, quantization, parameterSize: String?
    var contextLength, embeddingLength: Int?

    init(_ info: JSONObject) throws(StoreError) {
        func text(_ key: String) throws(StoreError) -> String? {
            guard let value = info[key], !value.isNull else { return nil }
            guard let text = value.string else {
                throw StoreError(.badRequest, "info field \"\(key)\" must be a string")
            }
            return text
        }
        func count(_ key: String) throws(StoreError) -> Int? {
            guard let value = info[key], !value.isNull else { return nil }
            guard let number = value.double else {
                throw StoreError(.badRequest, "info field \"\(key)\" must be a number")
            }
            guard let count = Int(exactly: number), count >= 0 else {
                throw StoreError(
                    .badRequest, "info field \"\(key)\" must be a non-negative integer")
            }
            return count
        }
        if let value = info["capabilities"], !value.isNull {
            guard let list = value.array, list.allSatisfy({ $0.string != nil }) else {
                throw StoreError(
                    .badRequest, "info field \"capabilities\" must be a list of strings")
            }
            capabilities = list.compactMap(\.string)
        }
        family = try text("model_family")
        baseName = try text("base_name")
        quantization = try text("quantization_level")
        parameterSize = try text("parameter_size")
        contextLength = try count("context_length")
        embeddingLength = try count("embedding_length")
    }
}
