/// What kind of model it is, as lists and show tell.
public struct ModelSummary: Sendable, Hashable {
    public var parentModel = ""
    public var format = ""
    public var family = ""
    /// nil is sent as null.
    public var families: [String]?
    public var parameterSize = ""
    public var quantizationLevel = ""
    /// 0: not sent.
    public var contextLength = 0
    public var embeddingLength = 0

    public init() {}

    public init(json: JSONValue) {
        parentModel = json["parent_model"]?.string ?? ""
        format = json["format"]?.string ?? ""
        family = json["family"]?.string ?? ""
        families = json["families"]?.array?.compactMap(\.string)
        parameterSize = json["parameter_size"]?.string ?? ""
        quantizationLevel = json["quantization_level"]?.string ?? ""
        contextLength = json["context_length"]?.integer ?? 0
        embeddingLength = json["embedding_length"]?.integer ?? 0
    }

    public var json: JSONValue {
        var object: JSONObject = [
            "parent_model": .string(parentModel), "format": .string(format),
            "family": .string(family), "families": families.map { .strings($0) } ?? .null,
            "parameter_size": .string(parameterSize),
            "quantization_level": .string(quantizationLevel),
        ]
        object.addUnlessEmpty("context_length", .integer(contextLength))
        object.addUnlessEmpty("embedding_length", .integer(embeddingLength))
        return .object(object)
    }
}

/// One model of `GET /api/tags`.
public struct ListedModel: Sendable {
    public var name = ""
    public var remoteModel = ""
    public var remoteHost = ""
    /// RFC 3339 with the server's offset.
    public var modifiedAt = ""
    /// Bytes.
    public var size = 0
    /// Hex, without prefix.
    public var digest = ""
    public var details = ModelSummary()
    public var capabilities: [String] = []
    /// Part of the program; a key of our own, written when true.
    public var isEmbedded = false

    public init() {}

    public init(json: JSONValue) {
        name = json["name"]?.string ?? json["model"]?.string ?? ""
        remoteModel = json["remote_model"]?.string ?? ""
        remoteHost = json["remote_host"]?.string ?? ""
        modifiedAt = json["modified_at"]?.string ?? ""
        size = json["size"]?.integer ?? 0
        digest = json["digest"]?.string ?? ""
        details = ModelSummary(json: json["details"] ?? .null)
        capabilities = (json["capabilities"]?.array ?? []).compactMap(\.string)
        isEmbedded = json["embedded"]?.bool ?? false
    }

    public var json: JSONValue {
        var object: JSONObject = ["name": .string(name), "model": .string(name)]
        object.addUnlessEmpty("remote_model", .string(remoteModel))
        object.addUnlessEmpty("remote_host", .string(remoteHost))
        object["modified_at"] = .string(modifiedAt)
        object["size"] = .integer(size)
        object["digest"] = .string(digest)
        object["details"] = details.json
        object.addUnlessEmpty("capabilities", .strings(capabilities))
        if isEmbedded { object["embedded"] = true }
        return .object(object)
    }
}

/// Answer of `GET /api/tags`.
public struct TagsResponse: Sendable {
    public var models: [ListedModel]

    public init(models: [ListedModel]) { self.models = models }
    public init(json: JSONValue) {
        models = (json["models"]?.array ?? []).map(ListedModel.init(json:))
    }
    public var json: JSONValue { ["models": .array(models.map(\.json))] }
}

/// One loaded model of `GET /api/ps`.
public struct LoadedModel: Sendable {
    public var name = ""
    /// Bytes of weights, cache and buffers.
    public var size = 0
    /// Hex, without prefix.
    public var digest = ""
    public var details = ModelSummary()
    /// RFC 3339 with the server's offset.
    public var expiresAt = ""
    /// Bytes on a GPU.
    public var sizeVRAM = 0
    public var contextLength = 0
    /// The KV cache, for those who ask; an addition of Apus.
    public var cache: CacheUsage?

    public init() {}

    public init(json: JSONValue) {
        name = json["name"]?.string ?? json["model"]?.string ?? ""
        size = json["size"]?.integer ?? 0
        digest = json["digest"]?.string ?? ""
        details = ModelSummary(json: json["details"] ?? .null)
        expiresAt = json["expires_at"]?.string ?? ""
        sizeVRAM = json["size_vram"]?.integer ?? 0
        contextLength = json["context_length"]?.integer ?? 0
        cache = json["cache"].map(CacheUsage.init(json:))
    }

    public var json: JSONValue {
        var object: JSONObject = [
            "name": .string(name), "model": .string(name), "size": .integer(size),
            "digest": .string(digest), "details": details.json, "expires_at": .string(expiresAt),
            "size_vram": .integer(sizeVRAM), "context_length": .integer(contextLength),
        ]
        if let cache { object["cache"] = cache.json }
        return .object(object)
    }
}

/// Bytes that a cache takes, and what it may take.
public struct CacheUsage: Sendable, Equatable {
    public var size: Int
    public var budget: Int

    public init(size: Int, budget: Int) {
        self.size = size
        self.budget = budget
    }

    init(json: JSONValue) {
        self.init(size: json["size"]?.integer ?? 0, budget: json["budget"]?.integer ?? 0)
    }

    var json: JSONValue { ["size": .integer(size), "budget": .integer(budget)] }
}

/// Answer of `GET /api/ps`.
public struct ProcessResponse: Sendable {
    public var models: [LoadedModel]
    /// Prefixes on disk, for those who ask; an addition of Apus.
    public var diskCache: CacheUsage?

    public init(models: [LoadedModel]) { self.models = models }
    public init(json: JSONValue) {
        models = (json["models"]?.array ?? []).map(LoadedModel.init(json:))
        diskCache = json["disk_cache"].map(CacheUsage.init(json:))
    }
    public var json: JSONValue {
        var object: JSONObject = ["models": .array(models.map(\.json))]
        if let diskCache { object["disk_cache"] = diskCache.json }
        return .object(object)
    }
}
