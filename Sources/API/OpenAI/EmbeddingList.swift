/// Body of `POST /v1/embeddings`.
public struct EmbeddingListRequest: Sendable {
    public var model = ""
    public var input = JSONValue.null
    public var dimensions = 0
    /// Vectors as base64 of little-endian single-precision numbers instead of lists.
    public var isBase64 = false

    /// - Throws: status 400: the text of Go's decoder, no input, or an encoding that is none.
    public init(body: JSONValue) throws(APIError) {
        var decoder = GoDecoder()
        let root = GoDecoder.Path(structName: "EmbedRequest")
        let members = try decoder.members(
            ofBody: body, package: "openai", goType: "EmbedRequest",
            known: ["model", "input", "dimensions", "encoding_format"])
        var encoding = ""
        for (name, value) in members {
            let path = root.appending(name)
            switch name {
            case "model": model = decoder.string(value, at: path) ?? model
            case "input": input = value
            case "dimensions": dimensions = decoder.integer(value, at: path) ?? dimensions
            default: encoding = decoder.string(value, at: path) ?? encoding
            }
        }
        try decoder.check()
        switch encoding.lowercased() {
        case "", "float": break
        case "base64": isBase64 = true
        default:
            throw APIError(
                400,
                "Invalid value for 'encoding_format' = \(encoding). "
                    + "Supported values: ['float', 'base64'].")
        }
        guard !input.isNull, input != [] else { throw APIError(400, "invalid input") }
    }

    /// The request in the native form.
    ///
    /// - Throws: status 400 for inputs that are no texts.
    public func native() throws(APIError) -> EmbedRequest {
        var request = EmbedRequest()
        request.model = model
        request.inputs = try EmbedRequest.texts(of: input)
        request.dimensions = dimensions
        return request
    }
}

/// Answer of `POST /v1/embeddings`.
public struct EmbeddingList: Sendable {
    public var model: String
    public var vectors: [[Float]]
    public var promptTokens: Int
    public var isBase64 = false

    public init(model: String, vectors: [[Float]], promptTokens: Int, isBase64: Bool = false) {
        self.model = model
        self.vectors = vectors
        self.promptTokens = promptTokens
        self.isBase64 = isBase64
    }

    public var json: JSONValue {
        let data = vectors.enumerated().map { index, vector -> JSONValue in
            [
                "object": "embedding", "embedding": written(vector), "index": .integer(index),
            ]
        }
        return [
            "object": "list", "data": .array(data), "model": .string(model),
            "usage": [
                "prompt_tokens": .integer(promptTokens), "total_tokens": .integer(promptTokens),
            ],
        ]
    }

    private func written(_ vector: [Float]) -> JSONValue {
        guard isBase64 else { return .array(vector.map { .number(JSONNumber($0)) }) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(vector.count * 4)
        for value in vector {
            for shift in stride(from: UInt32(0), to: 32, by: 8) {
                bytes.append(UInt8(truncatingIfNeeded: value.bitPattern >> shift))
            }
        }
        return .string(Base64.encode(bytes))
    }
}

/// A model in `GET /v1/models`.
public struct ModelCard: Sendable, Hashable {
    public var id: String
    /// When the model was last changed, in seconds since 1970.
    public var created: Int
    /// The namespace.
    public var owner: String

    public init(id: String, created: Int, owner: String) {
        self.id = id
        self.created = created
        self.owner = owner
    }

    public var json: JSONValue {
        [
            "id": .string(id), "object": "model", "created": .integer(created),
            "owned_by": .string(owner),
        ]
    }

    /// The answer of `GET /v1/models`; without models its list is null.
    public static func list(_ cards: [ModelCard]) -> JSONValue {
        ["object": "list", "data": cards.isEmpty ? .null : .array(cards.map(\.json))]
    }
}
