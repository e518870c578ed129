import API
import Engine

/// Options that decide how a model is loaded; a difference reloads it.
struct LoadOptions: Sendable, Equatable {
    /// 0: not given.
    var contextLength = 0
    /// 0: not given.
    var batchSize = 0
    /// 0: by the machine.
    var threads = 0
}

/// The options of a run: defaults, then the model's parameters, then the request's.
struct RunOptions: Sendable, Equatable {
    var numKeep = 4
    var seed = -1
    /// Tokens to generate; negative and 0: see `tokenLimit`.
    var numPredict = -1
    var topK = 40
    var topP: Float = 0.9
    var minP: Float = 0
    var typicalP: Float = 1
    var repeatLastN = 64
    var temperature: Float = 0.8
    var repeatPenalty: Float = 1
    var presencePenalty: Float = 0
    var frequencyPenalty: Float = 0
    var stop: [String] = []
    /// Added to the logits of single tokens; ascending by token.
    var logitBias: [LogitBias] = []
    var load = LoadOptions()

    // Read for their types. They steer devices and file reading that a CPU engine over mapped
    // weights does not have; `unusable` names those that ask for something else.
    var gpuLayers = -1
    var mainGPU: Int?
    var useMmap: Bool?
    var draftTokens: Int?

    /// Names of given options that cannot take effect, for the log.
    var unusable: [String] {
        var names: [String] = []
        if gpuLayers > 0 { names.append("num_gpu") }
        if let mainGPU, mainGPU > 0 { names.append("main_gpu") }
        if useMmap == false { names.append("use_mmap") }
        if let draftTokens, draftTokens > 0 { names.append("draft_num_predict") }
        return names
    }

    /// Takes over `options`, `null` keeping what is there, and returns the names it does not know.
    mutating func apply(_ options: JSONObject) throws(APIError) -> [String] {
        var unknown: [String] = []
        for (name, value) in options {
            if value.isNull {
                if !Self.names.contains(name) { unknown.append(name) }
                continue
            }
            switch name {
            case "num_keep": numKeep = try integer(name, value)
            case "seed": seed = try integer(name, value)
            case "num_predict": numPredict = try integer(name, value)
            case "top_k": topK = try integer(name, value)
            case "top_p": topP = try float(name, value)
            case "min_p": minP = try float(name, value)
            case "typical_p": typicalP = try float(name, value)
            case "repeat_last_n": repeatLastN = try integer(name, value)
            case "temperature": temperature = try float(name, value)
            case "repeat_penalty": repeatPenalty = try float(name, value)
            case "presence_penalty": presencePenalty = try float(name, value)
            case "frequency_penalty": frequencyPenalty = try float(name, value)
            case "stop": stop = try strings(name, value)
            case "logit_bias": logitBias = try biases(value)
            case "num_ctx": load.contextLength = try integer(name, value)
            case "num_batch": load.batchSize = try integer(name, value)
            case "num_thread": load.threads = try integer(name, value)
            case "num_gpu": gpuLayers = try integer(name, value)
            case "main_gpu": mainGPU = try integer(name, value)
            case "use_mmap": useMmap = try bool(name, value)
            case "draft_num_predict": draftTokens = try integer(name, value)
            default: unknown.append(name)
            }
        }
        return unknown
    }

    static let names: Set<String> = [
        "num_keep", "seed", "num_predict", "top_k", "top_p", "min_p", "typical_p",
        "repeat_last_n", "temperature", "repeat_penalty", "presence_penalty",
        "frequency_penalty", "stop", "logit_bias", "num_ctx", "num_batch", "num_thread", "num_gpu",
        "main_gpu",
        "use_mmap", "draft_num_predict",
    ]

    /// What the sampler cannot work with, in the engine's words.
    func checkSampling() throws(APIError) {
        guard (0...Int(Int32.max)).contains(repeatLastN) else {
            throw .engine(
                400,
                "Field 'repeat_last_n': Value must be between 0 <= value <= 2147483647, "
                    + "but got \(repeatLastN)")
        }
        guard repeatPenalty.isFinite, repeatPenalty > 0 else {
            throw .engine(
                400,
                "Failed to initialize samplers: penalty_repeat must be finite and greater than 0")
        }
    }

    /// - Throws: 400 with the first token that the vocabulary does not have.
    func checkLogitBias(vocabularySize: Int) throws(APIError) {
        guard let bad = logitBias.first(where: { Int($0.token) >= vocabularySize }) else { return }
        throw APIError(
            400,
            "logit_bias: token \(bad.token) is outside the vocabulary of \(vocabularySize) tokens")
    }

    var sampling: SamplingOptions {
        var sampling = SamplingOptions()
        sampling.temperature = temperature
        sampling.topK = topK
        sampling.topP = topP
        sampling.minP = minP
        sampling.typicalP = typicalP
        sampling.repeatLastN = repeatLastN
        sampling.repeatPenalty = repeatPenalty
        sampling.presencePenalty = presencePenalty
        sampling.frequencyPenalty = frequencyPenalty
        sampling.logitBias = logitBias
        sampling.seed = seed == -1 ? nil : UInt32(truncatingIfNeeded: seed)
        return sampling
    }

    /// Most tokens to generate. `zeroMeansOne`: chats through a Jinja template answer
    /// `num_predict` 0 with one token, all others take it as not given.
    func tokenLimit(contextLength: Int, zeroMeansOne: Bool) -> Int {
        let cap = contextLength.multipliedReportingOverflow(by: 10)
        let limit = cap.overflow ? Int.max : cap.partialValue
        if numPredict > 0 { return min(numPredict, limit) }
        return numPredict == 0 && zeroMeansOne ? 1 : limit
    }
}

private func wrongType(_ name: String, _ type: String) -> APIError {
    APIError(500, "option \"\(name)\" must be of \(type)")
}

private func integer(_ name: String, _ value: JSONValue) throws(APIError) -> Int {
    guard let number = value.number else { throw wrongType(name, "type integer") }
    if let integer = number.integer { return integer }
    let truncated = number.double.rounded(.towardZero)
    return Int(exactly: truncated) ?? (truncated < 0 ? Int.min : Int.max)
}

private func float(_ name: String, _ value: JSONValue) throws(APIError) -> Float {
    guard let number = value.number else { throw wrongType(name, "type float32") }
    return Float(number.double)
}

private func bool(_ name: String, _ value: JSONValue) throws(APIError) -> Bool {
    guard let bool = value.bool else { throw wrongType(name, "type boolean") }
    return bool
}

private func strings(_ name: String, _ value: JSONValue) throws(APIError) -> [String] {
    guard let array = value.array else { throw wrongType(name, "type array") }
    var strings: [String] = []
    for element in array {
        guard let string = element.string else { throw wrongType(name, "an array of strings") }
        strings.append(string)
    }
    return strings
}

/// An object of token numbers and what to add to their logits, -100 to 100.
private func biases(_ value: JSONValue) throws(APIError) -> [LogitBias] {
    guard let members = value.object else {
        throw APIError(400, "logit_bias must be an object of token numbers and biases")
    }
    guard members.count <= 1024 else {
        throw APIError(400, "logit_bias names \(members.count) tokens, more than 1024")
    }
    var biases: [LogitBias] = []
    for (key, value) in members {
        guard let token = Token(key), token >= 0 else {
            throw APIError(400, "logit_bias: \(GoQuote.quoted(key)) is no token number")
        }
        guard let bias = value.number?.double, (-100...100).contains(bias) else {
            throw APIError(
                400, "logit_bias: the bias of token \(token) is no number between -100 and 100")
        }
        biases.append(LogitBias(token: token, bias: Float(bias)))
    }
    return biases.sorted { $0.token < $1.token }
}
