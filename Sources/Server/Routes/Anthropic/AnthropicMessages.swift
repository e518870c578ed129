import API
import Hummingbird
import ModelStore
import Serving

/// `POST /v1/messages` and `POST /v1/messages/count_tokens`.
enum AnthropicMessages {
    static var routes: [Route] {
        [
            .translating(
                "/v1/messages", errors: .anthropic, read: MessagesRequest.init(body:),
                answer: answer),
            .translating(
                "/v1/messages/count_tokens", errors: .anthropic,
                read: MessagesRequest.init(counting:), answer: count),
        ]
    }

    /// The tokens of the prompt as the model would get it, template and tools included.
    @Sendable private static func count(
        _ request: MessagesRequest, _ exchange: Exchange
    ) async throws -> Response {
        var native = request.native
        try await adapt(&native, request, exchange)
        let generation = try Chat.generation(native, exchange)
        let scheduler = exchange.services.scheduler
        let count = try await exchange.disconnection.cancelling {
            try await scheduler.promptTokenCount(generation)
        }
        return Reply.line(["input_tokens": .integer(count)])
    }

    @Sendable private static func answer(
        _ request: MessagesRequest, _ exchange: Exchange
    ) async throws -> Response {
        exchange.warn(ofIgnored: request.ignored)
        var native = request.native
        let outcome: GenerationOutcome
        do {
            try await adapt(&native, request, exchange)
            outcome = try await Chat.start(native, exchange)
        } catch let error as APIError where request.stream {
            return AnthropicStream.response(to: error)
        }
        switch outcome {
        case .stream(let events): return try await send(events, request, exchange)
        case .loaded, .unloaded, .rendered:
            return try await send(.onlyLoaded, request, exchange)
        }
    }

    /// Clients ask every model to think; those that cannot just answer.
    ///
    /// - Throws: 501 for tools that a server would have to run, where the model takes tools.
    private static func adapt(
        _ native: inout ChatRequest, _ request: MessagesRequest, _ exchange: Exchange
    ) async throws {
        if let refusal = request.refusedTool,
            try await exchange.model(request.model, can: "tools") == true
        {
            throw refusal
        }
        if native.think?.isOn == true,
            try await exchange.model(request.model, can: "thinking") == false
        {
            native.think = nil
        }
    }

    private static func send(
        _ events: AsyncStream<GenerationEvent>, _ request: MessagesRequest, _ exchange: Exchange
    ) async throws -> Response {
        if request.stream {
            return try await EventStream.send(
                exchange, events,
                as: AnthropicStream(
                    model: request.model, estimatedTokens: request.estimatedTokens))
        }
        let whole = try await WholeAnswer(events, exchange)
        var answer = MessagesAnswer(model: request.model)
        answer.message.content = whole.content
        answer.message.thinking = whole.thinking
        if !request.tools.isEmpty { answer.message.toolCalls = whole.toolCalls }
        if let summary = whole.summary {
            answer.stopReason = MessagesAnswer.stopReason(
                summary.doneReason, callsTools: !answer.message.toolCalls.isEmpty)
            answer.usage = summary.usage
        }
        return Reply.line(answer.json)
    }
}

/// The stream of `POST /v1/messages`: blocks that open, grow and close one after the other.
struct AnthropicStream: StreamFormat {
    private enum Block: String {
        case thinking, text
    }

    private var answer: MessagesAnswer
    private var hasBegun = false
    private var callsTools = false
    private var open: Block?
    /// Of the open block, or of the next one.
    private var index = 0

    init(model: String, estimatedTokens: Int) {
        answer = MessagesAnswer(model: model)
        answer.usage.prompt = estimatedTokens
    }

    private static let headers: HTTPFields = [
        .cacheControl: "no-cache", .connection: "keep-alive",
    ]

    var headers: HTTPFields {
        var fields = Self.headers
        fields[.contentType] = ServerSentEvents.type
        return fields
    }

    mutating func bytes(for event: GenerationEvent) throws(APIError) -> [UInt8] {
        var bytes: [UInt8] = []
        switch event {
        case .chunk(let content, let thinking, let toolCalls, _):
            if content.isEmpty, thinking.isEmpty, toolCalls.isEmpty { return [] }
            begin(&bytes)
            if !thinking.isEmpty { add(thinking, to: .thinking, &bytes) }
            if !content.isEmpty { add(content, to: .text, &bytes) }
            for call in toolCalls { add(call, &bytes) }
        case .done(let summary):
            begin(&bytes)
            close(&bytes)
            let reason = MessagesAnswer.stopReason(summary.doneReason, callsTools: callsTools)
            emit(
                "message_delta",
                ["delta": ["stop_reason": .string(reason)], "usage": summary.usage.anthropic],
                &bytes)
            emit("message_stop", [:], &bytes)
        case .failed(let error): throw error
        }
        return bytes
    }

    private func emit(_ name: String, _ members: JSONObject, _ bytes: inout [UInt8]) {
        var object: JSONObject = ["type": .string(name)]
        for (key, value) in members { object[key] = value }
        bytes += ServerSentEvents.event(name, .object(object))
    }

    private mutating func begin(_ bytes: inout [UInt8]) {
        guard !hasBegun else { return }
        hasBegun = true
        emit("message_start", ["message": answer.start], &bytes)
    }

    private mutating func close(_ bytes: inout [UInt8]) {
        guard open != nil else { return }
        emit("content_block_stop", ["index": .integer(index)], &bytes)
        open = nil
        index += 1
    }

    private mutating func add(_ text: String, to block: Block, _ bytes: inout [UInt8]) {
        if open != block {
            close(&bytes)
            open = block
            emit(
                "content_block_start",
                [
                    "index": .integer(index),
                    "content_block": ["type": .string(block.rawValue), block.rawValue: ""],
                ], &bytes)
        }
        emit(
            "content_block_delta",
            [
                "index": .integer(index),
                "delta": ["type": .string("\(block)_delta"), block.rawValue: .string(text)],
            ], &bytes)
    }

    private mutating func add(_ call: ToolCall, _ bytes: inout [UInt8]) {
        close(&bytes)
        callsTools = true
        emit(
            "content_block_start",
            [
                "index": .integer(index),
                "content_block": [
                    "type": "tool_use", "id": .string(call.anthropicID), "name": .string(call.name),
                    "input": [:],
                ],
            ], &bytes)
        emit(
            "content_block_delta",
            [
                "index": .integer(index),
                "delta": [
                    "type": "input_json_delta",
                    "partial_json": .string(JSONValue.object(call.arguments).serialized),
                ],
            ], &bytes)
        emit("content_block_stop", ["index": .integer(index)], &bytes)
        index += 1
    }

    func lastWords(_ error: APIError) -> [UInt8] {
        ServerSentEvents.event("error", error.anthropic)
    }

    func response(to error: APIError) -> Response { Self.response(to: error) }

    static func response(to error: APIError) -> Response {
        var response = ErrorEnvelope.anthropic.response(to: error)
        for field in headers { response.headers[field.name] = field.value }
        return response
    }
}
