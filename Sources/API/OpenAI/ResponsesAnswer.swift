/// The answer of `POST /v1/responses`.
public struct ResponsesAnswer: Sendable {
    public let id: String
    private let created = Timestamp.now.seconds
    private let request: ResponsesRequest

    public init(_ request: ResponsesRequest) {
        // Whoever knows it may go on from the answer, so it is not to be guessed.
        id = RandomID.make("resp")
        self.request = request
    }

    private static var number: Int { Int.random(in: 0..<999_999) }

    /// An id that no other item of the answer has, but for bad luck.
    public static func itemID(_ prefix: String) -> String { "\(prefix)_\(number)" }

    /// The whole answer.
    public func json(
        _ message: Message, logprobs: [LogProbability] = [], usage: TokenUsage
    ) -> JSONValue {
        var output: [JSONValue] = []
        if !message.thinking.isEmpty {
            output.append(Self.reasoning("rs_\(id)", message.thinking))
        }
        for (index, call) in message.toolCalls.enumerated() {
            output.append(Self.call("fc_\(id)_\(index)", call, isDone: true))
        }
        if message.toolCalls.isEmpty {
            output.append(Self.message(Self.itemID("msg"), message.content, logprobs))
        }
        return .object(object(output: output, usage: usage))
    }

    /// The answer at a moment of a stream; without `usage` it is still being made.
    public func streamed(output: [JSONValue], usage: TokenUsage?) -> JSONValue {
        var object = object(output: output, usage: usage)
        if request.hasReasoning {
            object["reasoning"] = [
                "effort": .string(orNull: request.effort),
                "summary": .string(orNull: request.summary),
            ]
        }
        return .object(object)
    }

    private func object(output: [JSONValue], usage: TokenUsage?) -> JSONObject {
        var reasoning = JSONObject()
        reasoning.addUnlessEmpty("effort", .string(request.effort ?? ""))
        reasoning.addUnlessEmpty("summary", .string(request.summary ?? ""))
        let isDone = usage != nil
        return [
            "id": .string(id), "object": "response", "created_at": .integer(created),
            "completed_at": isDone ? .integer(Timestamp.now.seconds) : .null,
            "status": isDone ? "completed" : "in_progress", "incomplete_details": nil,
            "model": .string(request.model),
            "previous_response_id": .string(orNull: request.previousResponseID),
            "instructions": .string(orNull: request.instructions), "output": .array(output),
            "error": nil, "tools": .array(request.writtenTools.map(Self.tool)),
            "tool_choice": request.writtenToolChoice,
            "truncation": .string(request.truncation),
            "parallel_tool_calls": .bool(request.parallelToolCalls),
            "text": ["format": request.textFormat], "top_p": request.options["top_p"] ?? 1,
            "presence_penalty": 0, "frequency_penalty": 0,
            "top_logprobs": .integer(request.topLogprobs),
            "temperature": request.options["temperature"] ?? 1,
            "reasoning": request.hasReasoning ? .object(reasoning) : .null,
            "usage": usage?.responses ?? .null,
            "max_output_tokens": request.options["num_predict"] ?? .null,
            "max_tool_calls": request.maxToolCalls,
            "store": .bool(request.wantsStore), "background": .bool(request.background),
            "service_tier": "default", "metadata": request.metadata, "safety_identifier": nil,
            "prompt_cache_key": nil,
        ]
    }

    /// A tool as the request has it, its members in the order that clients know.
    private static func tool(_ written: JSONValue) -> JSONValue {
        guard let members = written.object else { return written }
        var tool = JSONObject()
        for name in ["type", "name", "description", "strict"] { tool[name] = members[name] }
        for (name, value) in members where tool[name] == nil { tool[name] = value.normalized }
        return .object(tool)
    }

    public static func reasoning(_ id: String, _ text: String) -> JSONValue {
        [
            "id": .string(id), "type": "reasoning",
            "summary": [["type": "summary_text", "text": .string(text)]],
            "encrypted_content": .string(text),
        ]
    }

    /// A call; while it is being made it has no arguments.
    public static func call(_ id: String, _ call: ToolCall, isDone: Bool) -> JSONValue {
        [
            "id": .string(id), "type": "function_call",
            "status": isDone ? "completed" : "in_progress", "call_id": .string(call.id),
            "name": .string(call.name),
            "arguments": .string(isDone ? JSONValue.object(call.arguments).serialized : ""),
        ]
    }

    public static func message(
        _ id: String, _ text: String, _ logprobs: [LogProbability] = []
    ) -> JSONValue {
        [
            "id": .string(id), "type": "message", "status": "completed", "role": "assistant",
            "content": [part(text, logprobs)],
        ]
    }

    public static func part(_ text: String, _ logprobs: [LogProbability] = []) -> JSONValue {
        [
            "type": "output_text", "text": .string(text), "annotations": [],
            "logprobs": list(logprobs),
        ]
    }

    /// Log-probabilities with every member, the alternatives too where there are none.
    public static func list(_ logprobs: [LogProbability]) -> JSONValue {
        .array(
            logprobs.map { item in
                var object = item.chosen.object
                object["top_logprobs"] = .array(item.top.map { .object($0.object) })
                return .object(object)
            })
    }
}

extension TokenUsage {
    fileprivate var responses: JSONValue {
        [
            "input_tokens": .integer(prompt), "output_tokens": .integer(completion),
            "total_tokens": .integer(prompt + completion),
            "input_tokens_details": ["cached_tokens": 0],
            "output_tokens_details": ["reasoning_tokens": 0],
        ]
    }
}
