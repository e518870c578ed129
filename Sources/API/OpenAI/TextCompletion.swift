/// Body of `POST /v1/completions`.
public struct CompletionRequest: Sendable {
    public var model = ""
    public var prompt = ""
    public var suffix = ""
    public var stream = false
    /// Whether a stream ends with the counts of tokens.
    public var includesUsage = false
    /// In native names.
    ///
    /// Temperature and `top_p` are 1 where the client says nothing, the
    /// penalties 0.
    public var options: JSONObject = [
        "frequency_penalty": 0, "presence_penalty": 0, "temperature": 1, "top_p": 1,
    ]
    public var renderOnly = false
    /// Names of given fields that have no effect here, for the log.
    public var ignored: [String] = []

    private static let names: Set<String> = [
        "model", "prompt", "suffix", "stream", "stream_options", "max_tokens", "seed", "stop",
        "temperature", "top_p", "frequency_penalty", "presence_penalty", "logprobs", "n", "best_of",
        "echo", "logit_bias", "_debug_render_only",
    ]

    /// - Throws: status 400: the text of Go's decoder, or what is wrong with a field.
    public init(body: JSONValue) throws(APIError) {
        var decoder = GoDecoder()
        let root = GoDecoder.Path(structName: "CompletionRequest")
        let members = try decoder.members(
            ofBody: body, package: "openai", goType: "CompletionRequest", known: Self.names)
        var stop = JSONValue.null
        var choices: [String: Int] = [:]
        for (name, value) in members {
            let path = root.appending(name)
            switch name {
            case "model": model = decoder.string(value, at: path) ?? model
            case "prompt": prompt = decoder.string(value, at: path) ?? prompt
            case "suffix": suffix = decoder.string(value, at: path) ?? suffix
            case "stream": stream = decoder.bool(value, at: path) ?? stream
            case "stream_options":
                includesUsage = decoder.includesUsage(value, at: path) ?? includesUsage
            case "max_tokens":
                options["num_predict"] = decoder.integer(value, at: path).map { .integer($0) }
            case "seed": options["seed"] = decoder.integer(value, at: path).map { .integer($0) }
            case "stop": stop = value
            case "temperature":
                options[name] = .number(
                    decoder.number(value, at: path, goType: "float32") ?? JSONNumber(1))
            case "top_p":
                // 0 counts as not given.
                let given = decoder.number(value, at: path, goType: "float32")
                options[name] = .number(given?.double == 0 ? JSONNumber(1) : given ?? JSONNumber(1))
            case "frequency_penalty", "presence_penalty":
                options[name] = .number(
                    decoder.number(value, at: path, goType: "float32") ?? JSONNumber(0))
            case "logprobs":
                if let count = decoder.integer(value, at: path), count > 0 { ignored.append(name) }
            case "n", "best_of": choices[name] = decoder.integer(value, at: path)
            case "echo": if value == true { ignored.append(name) }
            case "_debug_render_only": renderOnly = decoder.bool(value, at: path) ?? renderOnly
            default: if value.object?.isEmpty == false { ignored.append(name) }
            }
        }
        try decoder.check()
        try readStops(stop)
        for name in ["n", "best_of"] where choices[name] ?? 1 != 1 {
            throw APIError(
                400, "\(name) must be 1: several answers to one request are not supported")
        }
    }

    private mutating func readStops(_ stop: JSONValue) throws(APIError) {
        var texts: [String] = []
        switch stop {
        case .string(let text): texts = [text]
        case .array(let elements):
            for element in elements {
                guard case .string(let text) = element else {
                    throw APIError(400, "invalid type for 'stop' field: \(element.goTypeName)")
                }
                texts.append(text)
            }
        default: break
        }
        if !texts.isEmpty { options["stop"] = .strings(texts) }
    }

    /// The request in the native form.
    public var native: GenerateRequest {
        var request = GenerateRequest()
        request.model = model
        request.prompt = prompt
        request.suffix = suffix
        request.stream = stream
        request.options = options
        request.renderOnly = renderOnly
        return request
    }
}

/// The whole answer of `POST /v1/completions`, or one object of its stream.
public struct TextCompletion: Sendable {
    public var answer: OpenAIAnswer
    /// nil: no choice at all, as beside the counts.
    public var text: String?
    /// nil: not finished.
    public var finishReason: String?
    public var usage: TokenUsage?

    public init(_ answer: OpenAIAnswer, text: String?) {
        self.answer = answer
        self.text = text
    }

    private var choices: JSONValue {
        guard let text else { return [] }
        return [
            [
                "text": .string(text), "index": 0, "finish_reason": .string(orNull: finishReason),
            ]
        ]
    }

    /// The whole answer.
    public var json: JSONValue {
        [
            "id": .string(answer.id), "object": "text_completion",
            "created": .integer(answer.created), "model": .string(answer.model),
            "system_fingerprint": .string(OpenAIAnswer.fingerprint), "choices": choices,
            "usage": (usage ?? TokenUsage()).json,
        ]
    }

    /// One object of the stream.
    public var chunk: JSONValue {
        var object: JSONObject = [
            "id": .string(answer.id), "object": "text_completion",
            "created": .integer(answer.created), "choices": choices,
            "model": .string(answer.model),
            "system_fingerprint": .string(OpenAIAnswer.fingerprint),
        ]
        if let usage { object["usage"] = usage.json }
        return .object(object)
    }
}
