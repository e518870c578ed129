/// Counts and durations (nanoseconds) at the end of an answer.
///
/// Zeros are not sent.
public struct Metrics: Sendable, Hashable {
    public var totalDuration = 0
    public var loadDuration = 0
    public var promptEvalCount = 0
    public var promptEvalDuration = 0
    public var evalCount = 0
    public var evalDuration = 0
    /// Tokens of the answer that were guessed ahead, and those of them that held.
    public var draftCount = 0
    public var draftAcceptedCount = 0
    /// Tokens of the prompt that the cache had, in memory or on disk.
    public var promptCachedCount = 0

    public init() {}

    public init(json: JSONValue) {
        totalDuration = json["total_duration"]?.integer ?? 0
        loadDuration = json["load_duration"]?.integer ?? 0
        promptEvalCount = json["prompt_eval_count"]?.integer ?? 0
        promptEvalDuration = json["prompt_eval_duration"]?.integer ?? 0
        evalCount = json["eval_count"]?.integer ?? 0
        evalDuration = json["eval_duration"]?.integer ?? 0
        draftCount = json["draft_count"]?.integer ?? 0
        draftAcceptedCount = json["draft_accepted_count"]?.integer ?? 0
        promptCachedCount = json["prompt_cached_count"]?.integer ?? 0
    }

    func add(to object: inout JSONObject) {
        object.addUnlessEmpty("total_duration", .integer(totalDuration))
        object.addUnlessEmpty("load_duration", .integer(loadDuration))
        object.addUnlessEmpty("prompt_eval_count", .integer(promptEvalCount))
        object.addUnlessEmpty("prompt_eval_duration", .integer(promptEvalDuration))
        object.addUnlessEmpty("eval_count", .integer(evalCount))
        object.addUnlessEmpty("eval_duration", .integer(evalDuration))
        object.addUnlessEmpty("draft_count", .integer(draftCount))
        object.addUnlessEmpty("draft_accepted_count", .integer(draftAcceptedCount))
        object.addUnlessEmpty("prompt_cached_count", .integer(promptCachedCount))
    }
}

/// What `_debug_render_only` answers: the prompt as the model would get it.
public struct RenderedPrompt: Sendable, Hashable {
    public var template: String
    public var imageCount: Int

    public init(template: String, imageCount: Int) {
        self.template = template
        self.imageCount = imageCount
    }

    init(json: JSONValue) {
        template = json["rendered_template"]?.string ?? ""
        imageCount = json["image_count"]?.integer ?? 0
    }

    var json: JSONValue {
        var object: JSONObject = ["rendered_template": .string(template)]
        object.addUnlessEmpty("image_count", .integer(imageCount))
        return .object(object)
    }
}

/// A sampled token with its natural log-probability, and the best alternatives at its place.
public struct LogProbability: Sendable, Hashable {
    public struct Candidate: Sendable, Hashable {
        public var token: String
        public var logprob: Float
        public var bytes: [UInt8]

        public init(token: String, logprob: Float, bytes: [UInt8]) {
            self.token = token
            self.logprob = logprob
            self.bytes = bytes
        }

        init(json: JSONValue) {
            token = json["token"]?.string ?? ""
            logprob = Float(json["logprob"]?.double ?? 0)
            bytes = (json["bytes"]?.array ?? []).compactMap { UInt8(exactly: $0.integer ?? -1) }
        }

        var object: JSONObject {
            var object: JSONObject = [
                "token": .string(token), "logprob": .number(JSONNumber(Double(logprob))),
            ]
            object.addUnlessEmpty("bytes", .array(bytes.map { .integer(Int($0)) }))
            return object
        }
    }

    public var chosen: Candidate
    public var top: [Candidate]

    public init(chosen: Candidate, top: [Candidate]) {
        self.chosen = chosen
        self.top = top
    }

    /// - Throws: status 400 for more alternatives than any endpoint gives.
    static func check(topCount: Int, name: String = "top_logprobs") throws(APIError) {
        guard (0...20).contains(topCount) else {
            throw APIError(400, "\(name) must be between 0 and 20")
        }
    }

    init(json: JSONValue) {
        chosen = Candidate(json: json)
        top = (json["top_logprobs"]?.array ?? []).map(Candidate.init(json:))
    }

    var json: JSONValue {
        var object = chosen.object
        object.addUnlessEmpty("top_logprobs", .array(top.map { .object($0.object) }))
        return .object(object)
    }
}
