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
    /// Answers to make, 1 to ``ChatCompletionRequest/maxChoices``.
    public var choices = 1
    /// Whether the answers begin with the prompt.
    public var echo = false
    /// Alternatives a token to list; nil: no log-probabilities.
    public var logprobs: Int?
    /// A grammar in GBNF; an addition of Apus.
    public var grammar: String?
    /// An addition of Apus, as in the native API.
    public var keepAlive: KeepAlive?
    /// Names of given fields that have no effect here, for the log.
    public var ignored: [String] = []

    private static let names: Set<String> = [
        "model", "prompt", "suffix", "stream", "stream_options", "max_tokens", "seed", "stop",
        "temperature", "top_p", "frequency_penalty", "presence_penalty", "logprobs", "n", "best_of",
        "echo", "logit_bias", "grammar", "options", "keep_alive", "_debug_render_only",
    ]

    /// - Throws: status 400: the text of Go's decoder, or what is wrong with a field.
    public init(body: JSONValue) throws(APIError) {
        var decoder = GoDecoder()
        let root = GoDecoder.Path(structName: "CompletionRequest")
        let members = try decoder.members(
            ofBody: body, package: "openai", goType: "CompletionRequest", known: Self.names)
        var stop = JSONValue.null
        var bestOf: Int?
        var native: JSONObject = [:]
        var given: Set<String> = []
        for (name, value) in members {
            let path = root.appending(name)
            if !value.isNull { given.insert(name) }
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
                if let count = decoder.integer(value, at: path), count != 0 { logprobs = count }
            case "n": choices = decoder.integer(value, at: path) ?? choices
            case "best_of": bestOf = decoder.integer(value, at: path)
            case "echo": echo = decoder.bool(value, at: path) ?? echo
            case "grammar": grammar = decoder.string(value, at: path)
            case "options": native = decoder.object(value, at: path) ?? native
            case "keep_alive": keepAlive = value.isNull ? nil : try KeepAlive(json: value)
            case "_debug_render_only": renderOnly = decoder.bool(value, at: path) ?? renderOnly
            default: options["logit_bias"] = decoder.object(value, at: path).map { .object($0) }
            }
        }
        try decoder.check()
        ignored = GoDecoder.unknownNames(in: body, known: Self.names)
        try readStops(stop)
        // The form's own fields win over the options, its defaults do not.
        for (name, value) in native where options[name] == nil || !given.contains(name) {
            if name != "num_predict" || !given.contains("max_tokens") { options[name] = value }
        }
        let most = ChatCompletionRequest.maxChoices
        guard (1...most).contains(choices) else {
            throw APIError(400, "n must be between 1 and \(most), but is \(choices)")
        }
        guard bestOf ?? choices == choices else {
            throw APIError(400, "best_of must equal n: answers are not ranked")
        }
        guard logprobs == nil || !echo else {
            throw APIError(400, "echo with logprobs is not supported: prompts are not scored")
        }
        try LogProbability.check(topCount: logprobs ?? 0, name: "logprobs")
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
        request.grammar = grammar
        request.keepAlive = keepAlive
        request.logprobs = logprobs != nil
        request.topLogprobs = logprobs ?? 0
        request.renderOnly = renderOnly
        return request
    }
}

/// The whole answer of `POST /v1/completions`, or one object of its stream.
public struct TextCompletion: Sendable {
    /// One of the answers to the request, or what is new of it.
    public struct Choice: Sendable {
        public var index = 0
        public var text = ""
        /// nil: not finished.
        public var finishReason: String?
        /// nil: not asked for.
        public var logprobs: [LogProbability]?
        /// Characters of the answer before this text.
        public var offset = 0

        public init(index: Int = 0, text: String = "") {
            self.index = index
            self.text = text
        }

        var json: JSONValue {
            var object: JSONObject = [
                "text": .string(text), "index": .integer(index),
                "finish_reason": .string(orNull: finishReason),
            ]
            if let logprobs { object["logprobs"] = lists(logprobs) }
            return .object(object)
        }

        /// The older form: a list for each of token, probability, alternatives and place.
        private func lists(_ logprobs: [LogProbability]) -> JSONValue {
            var offset = offset
            var offsets: [JSONValue] = []
            for item in logprobs {
                offsets.append(.integer(offset))
                offset += item.chosen.token.unicodeScalars.count
            }
            return [
                "tokens": .strings(logprobs.map(\.chosen.token)),
                "token_logprobs": .array(
                    logprobs.map { .number(JSONNumber(Double($0.chosen.logprob))) }),
                "top_logprobs": .array(
                    logprobs.map { item in
                        var alternatives = JSONObject()
                        for candidate in item.top where alternatives[candidate.token] == nil {
                            alternatives[candidate.token] = .number(
                                JSONNumber(Double(candidate.logprob)))
                        }
                        return .object(alternatives)
                    }),
                "text_offset": .array(offsets),
            ]
        }
    }

    public var answer: OpenAIAnswer
    /// Empty beside the counts at a stream's end.
    public var written: [Choice]
    public var usage: TokenUsage?

    public init(_ answer: OpenAIAnswer, _ choices: [Choice]) {
        self.answer = answer
        written = choices
    }

    private var choices: JSONValue { .array(written.map(\.json)) }

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
