/// What all answers in OpenAI's form share.
public struct OpenAIAnswer: Sendable, Hashable {
    public var id: String
    /// Seconds since 1970; one value for a whole stream.
    public var created: Int
    public var model: String

    /// The value that clients of Ollama's endpoints know.
    static let fingerprint = "fp_ollama"

    /// - Parameter prefix: `chatcmpl` or `cmpl`; a random number of three digits follows it.
    public init(prefix: String, model: String) {
        id = "\(prefix)-\(Int.random(in: 100..<999))"
        created = Timestamp.now.seconds
        self.model = model
    }
}

/// Tokens read and written.
public struct TokenUsage: Sendable, Hashable {
    public var prompt = 0
    public var completion = 0

    public init(prompt: Int = 0, completion: Int = 0) {
        self.prompt = prompt
        self.completion = completion
    }

    public var json: JSONValue {
        [
            "prompt_tokens": .integer(prompt), "completion_tokens": .integer(completion),
            "total_tokens": .integer(prompt + completion),
        ]
    }
}

extension APIError {
    /// OpenAI's error object.
    public var openAI: JSONValue {
        let type =
            switch status {
            case 400: "invalid_request_error"
            case 404: "not_found_error"
            default: "api_error"
            }
        return [
            "error": [
                "message": .string(wireMessage), "type": .string(type), "param": nil, "code": nil,
            ]
        ]
    }
}
