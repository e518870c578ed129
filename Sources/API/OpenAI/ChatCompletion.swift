/// The whole answer of `POST /v1/chat/completions`.
public struct ChatCompletion: Sendable {
    /// One of the answers to the request.
    public struct Choice: Sendable {
        public var message = Message(role: "assistant", content: "")
        /// nil: not finished.
        public var finishReason: String?
        public var logprobs: [LogProbability] = []

        public init() {}
    }

    public var answer: OpenAIAnswer
    public var choices = [Choice()]
    public var usage = TokenUsage()
    public var debug: RenderedPrompt?

    public init(_ answer: OpenAIAnswer) { self.answer = answer }

    public var json: JSONValue {
        let written = choices.enumerated().map { $1.json(index: $0) }
        var object: JSONObject = [
            "id": .string(answer.id), "object": "chat.completion",
            "created": .integer(answer.created), "model": .string(answer.model),
            "system_fingerprint": .string(OpenAIAnswer.fingerprint),
            "choices": .array(written), "usage": usage.json,
        ]
        if let debug { object["_debug_info"] = debug.json }
        return .object(object)
    }
}

extension ChatCompletion.Choice {
    fileprivate func json(index: Int) -> JSONValue {
        var written: JSONObject = [
            "role": .string(message.role), "content": .string(message.content),
        ]
        written.addUnlessEmpty("reasoning", .string(message.thinking))
        written.addUnlessEmpty("tool_calls", .array(message.toolCalls.map(\.openAI)))
        var choice: JSONObject = [
            "index": .integer(index), "message": .object(written),
            "finish_reason": .string(orNull: finishReason),
        ]
        choice.addLogprobs(logprobs)
        return .object(choice)
    }
}

/// One object of a stream of `POST /v1/chat/completions`.
public struct ChatCompletionChunk: Sendable {
    /// What is new; nil members are left out.
    public struct Delta: Sendable {
        public var role: String?
        public var content: String?
        public var reasoning = ""
        public var toolCalls: [ToolCall] = []

        public init() {}

        var json: JSONValue {
            var object = JSONObject()
            if let role { object["role"] = .string(role) }
            if let content { object["content"] = .string(content) }
            object.addUnlessEmpty("reasoning", .string(reasoning))
            object.addUnlessEmpty("tool_calls", .array(toolCalls.map(\.openAI)))
            return .object(object)
        }
    }

    public var answer: OpenAIAnswer
    /// Which of the answers to the request goes on.
    public var index = 0
    /// nil: no choice at all, as beside the counts.
    public var delta: Delta?
    public var finishReason: String?
    public var logprobs: [LogProbability] = []
    public var usage: TokenUsage?

    public init(_ answer: OpenAIAnswer) { self.answer = answer }

    public var json: JSONValue {
        var choices: [JSONValue] = []
        if let delta {
            var choice: JSONObject = [
                "index": .integer(index), "delta": delta.json,
                "finish_reason": .string(orNull: finishReason),
            ]
            choice.addLogprobs(logprobs)
            choices = [.object(choice)]
        }
        var object: JSONObject = [
            "id": .string(answer.id), "object": "chat.completion.chunk",
            "created": .integer(answer.created), "model": .string(answer.model),
            "system_fingerprint": .string(OpenAIAnswer.fingerprint), "choices": .array(choices),
        ]
        if let usage { object["usage"] = usage.json }
        return .object(object)
    }
}

extension ToolCall {
    /// With the arguments as JSON inside a string.
    var openAI: JSONValue {
        [
            "id": .string(id), "index": .integer(index), "type": "function",
            "function": [
                "name": .string(name), "arguments": .string(JSONValue.object(arguments).serialized),
            ],
        ]
    }
}

extension JSONObject {
    fileprivate mutating func addLogprobs(_ logprobs: [LogProbability]) {
        if !logprobs.isEmpty { self["logprobs"] = ["content": .array(logprobs.map(\.json))] }
    }
}

extension JSONValue {
    static func string(orNull text: String?) -> JSONValue { text.map { .string($0) } ?? .null }
}
