/// Body of `POST /api/embed`.
public struct EmbedRequest: Sendable {
    public var model = ""
    /// Absent, null and "" give an empty list: load only.
    public var inputs: [String] = []
    /// nil: true.
    public var truncate: Bool?
    public var dimensions = 0
    public var keepAlive: KeepAlive?
    /// Unchecked.
    public var options: JSONObject = [:]

    public init() {}

    private static let names: Set<String> = [
        "model", "input", "truncate", "dimensions", "keep_alive", "options",
    ]

    /// - Throws: status 400: the text of Go's decoder, or `invalid input type`.
    public init(body: JSONValue) throws(APIError) {
        var decoder = GoDecoder()
        let root = GoDecoder.Path(structName: "EmbedRequest")
        let members = try decoder.members(ofBody: body, goType: "EmbedRequest", known: Self.names)
        var input = JSONValue.null
        for (name, value) in members {
            let path = root.appending(name)
            switch name {
            case "model": model = decoder.string(value, at: path) ?? model
            case "input": input = value
            case "truncate": truncate = decoder.bool(value, at: path)
            case "dimensions": dimensions = decoder.integer(value, at: path) ?? dimensions
            case "keep_alive":
                keepAlive = value.isNull ? nil : try KeepAlive(json: value)
            default: options = decoder.object(value, at: path) ?? [:]
            }
        }
        try decoder.check()
        if input != "" { inputs = try Self.texts(of: input) }
    }

    /// One text or a list of them.
    ///
    /// - Throws: status 400 for anything else, lists of tokens among it.
    static func texts(of input: JSONValue) throws(APIError) -> [String] {
        switch input {
        case .null: return []
        case .string(let text): return [text]
        case .array(let elements):
            var texts: [String] = []
            for element in elements {
                guard case .string(let text) = element else {
                    throw APIError(400, "invalid input type")
                }
                texts.append(text)
            }
            return texts
        default: throw APIError(400, "invalid input type")
        }
    }
}

/// Answer of `POST /api/embed`.
public struct EmbedResponse: Sendable {
    public var model = ""
    public var embeddings: [[Float]] = []
    /// Nanoseconds.
    public var totalDuration = 0
    public var loadDuration = 0
    public var promptEvalCount = 0

    public init() {}

    public init(json: JSONValue) {
        model = json["model"]?.string ?? ""
        embeddings = (json["embeddings"]?.array ?? []).map { vector in
            (vector.array ?? []).map { Float($0.double ?? 0) }
        }
        totalDuration = json["total_duration"]?.integer ?? 0
        loadDuration = json["load_duration"]?.integer ?? 0
        promptEvalCount = json["prompt_eval_count"]?.integer ?? 0
    }

    public var json: JSONValue {
        var object: JSONObject = [
            "model": .string(model),
            "embeddings": .array(
                embeddings.map { .array($0.map { .number(JSONNumber($0)) }) }),
        ]
        object.addUnlessEmpty("total_duration", .integer(totalDuration))
        object.addUnlessEmpty("load_duration", .integer(loadDuration))
        object.addUnlessEmpty("prompt_eval_count", .integer(promptEvalCount))
        return .object(object)
    }
}

/// Body of the older `POST /api/embeddings`.
public struct LegacyEmbeddingRequest: Sendable {
    public var model = ""
    public var prompt = ""
    public var keepAlive: KeepAlive?
    /// Unchecked.
    public var options: JSONObject = [:]

    public init() {}

    /// - Throws: status 400 with the text of Go's decoder.
    public init(body: JSONValue) throws(APIError) {
        var decoder = GoDecoder()
        let root = GoDecoder.Path(structName: "EmbeddingRequest")
        let members = try decoder.members(
            ofBody: body, goType: "EmbeddingRequest",
            known: ["model", "prompt", "keep_alive", "options"])
        for (name, value) in members {
            let path = root.appending(name)
            switch name {
            case "model": model = decoder.string(value, at: path) ?? model
            case "prompt": prompt = decoder.string(value, at: path) ?? prompt
            case "keep_alive":
                keepAlive = value.isNull ? nil : try KeepAlive(json: value)
            default: options = decoder.object(value, at: path) ?? [:]
            }
        }
        try decoder.check()
    }
}

/// Answer of `POST /api/embeddings`: one vector, widened to double precision.
public struct LegacyEmbeddingResponse: Sendable {
    public var embedding: [Double]

    public init(embedding: [Double]) { self.embedding = embedding }

    public init(json: JSONValue) {
        embedding = (json["embedding"]?.array ?? []).map { $0.double ?? 0 }
    }

    public var json: JSONValue {
        ["embedding": .array(embedding.map { .number(JSONNumber($0)) })]
    }
}
