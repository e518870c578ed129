import API
import Hummingbird
import Serving

/// `POST /v1/responses`, and what is kept of the answers.
enum Responses {
    static var routes: [Route] {
        [
            .translating(
                "/v1/responses", errors: .openAI, read: ResponsesRequest.init(body:),
                answer: answer),
            // Not the name of an answer, and nothing else yet.
            Route(.post, "/v1/responses/compact", errors: .openAI) { _ in Reply.unknownPath },
            Route(.get, "/v1/responses/:id", errors: .openAI) { exchange in
                guard let entry = exchange.services.responses[exchange.parameter] else {
                    throw unknown(exchange.parameter)
                }
                return Reply.line(entry.answer)
            },
            Route(.delete, "/v1/responses/:id", errors: .openAI) { exchange in
                guard exchange.services.responses.remove(exchange.parameter) else {
                    throw unknown(exchange.parameter)
                }
                return Reply.line([
                    "id": .string(exchange.parameter), "object": "response", "deleted": true,
                ])
            },
        ]
    }

    private static func unknown(_ id: String) -> APIError {
        APIError(404, "response \(GoQuote.quoted(id)) not found")
    }

    @Sendable private static func answer(
        _ request: ResponsesRequest, _ exchange: Exchange
    ) async throws -> Response {
        exchange.warn(ofIgnored: request.ignored)
        var request = request
        let store = exchange.services.responses
        if let id = request.previousResponseID, !id.isEmpty {
            guard let previous = store[id] else { throw unknown(id) }
            request.goOn(from: previous.conversation)
        }
        let outcome: GenerationOutcome
        do {
            if let refusal = request.refusedTool,
                try await exchange.model(request.model, can: "tools") == true
            {
                throw refusal
            }
            outcome = try await Chat.start(request.native, exchange)
        } catch let error as APIError where request.stream {
            return ResponsesStream.response(to: error)
        }
        var events = AsyncStream<GenerationEvent>.onlyLoaded
        if case .stream(let generated) = outcome { events = generated }
        if request.stream {
            return try await EventStream.send(
                exchange, events, as: ResponsesStream(request, keptIn: store))
        }
        let whole = try await WholeAnswer(events, exchange)
        var message = Message(role: "assistant", content: whole.content)
        message.thinking = whole.thinking
        if !request.tools.isEmpty { message.toolCalls = whole.toolCalls }
        let answer = ResponsesAnswer(request)
        let json = answer.json(
            message, logprobs: whole.logprobs, usage: whole.summary?.usage ?? TokenUsage())
        store.keep(request, answer.id, json, message)
        return Reply.line(json)
    }
}

/// The stream of `POST /v1/responses`: items that open, grow and close one after the other.
struct ResponsesStream: StreamFormat {
    private enum Open {
        case reasoning, text
    }

    private let request: ResponsesRequest
    private let store: ResponseStore?
    private let answer: ResponsesAnswer
    private var sequence = 0
    private var hasBegun = false
    private var callsTools = false
    private var open: Open?
    /// Id and text of the open item.
    private var itemID = ""
    private var text = ""
    private var logprobs: [LogProbability] = []
    /// The finished items.
    private var output: [JSONValue] = []
    /// All of them as one message.
    private var message = Message(role: "assistant", content: "")

    init(_ request: ResponsesRequest, keptIn store: ResponseStore? = nil) {
        self.request = request
        self.store = store
        answer = ResponsesAnswer(request)
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
        case .chunk(let content, let thinking, let toolCalls, let logprobs):
            if content.isEmpty, thinking.isEmpty, toolCalls.isEmpty { return [] }
            begin(&bytes)
            if !thinking.isEmpty { think(thinking, &bytes) }
            // Once it has called, what a model says beside is noise.
            if !content.isEmpty, !callsTools { say(content, logprobs.map(\.wire), &bytes) }
            for call in toolCalls { add(call, &bytes) }
        case .done(let summary):
            begin(&bytes)
            close(&bytes)
            let whole = answer.streamed(output: output, usage: summary.usage)
            store?.keep(request, answer.id, whole, message)
            emit("completed", ["response": whole], &bytes)
        case .failed(let error): throw error
        }
        return bytes
    }

    /// Members stand in alphabetical order.
    private mutating func emit(_ name: String, _ members: JSONObject, _ bytes: inout [UInt8]) {
        let type = "response.\(name)"
        var object = members
        object["type"] = .string(type)
        object["sequence_number"] = .integer(sequence)
        sequence += 1
        bytes += ServerSentEvents.event(type, JSONValue.object(object).normalized)
    }

    /// An event of the item that is being made.
    private mutating func emitItem(_ name: String, _ members: JSONObject, _ bytes: inout [UInt8]) {
        var members = members
        members["output_index"] = .integer(output.count)
        emit(name, members, &bytes)
    }

    private mutating func begin(_ bytes: inout [UInt8]) {
        guard !hasBegun else { return }
        hasBegun = true
        let response = answer.streamed(output: [], usage: nil)
        emit("created", ["response": response], &bytes)
        emit("in_progress", ["response": response], &bytes)
    }

    private mutating func think(_ thought: String, _ bytes: inout [UInt8]) {
        if open != .reasoning {
            start(.reasoning, "rs", &bytes)
            emitItem(
                "output_item.added",
                ["item": ["id": .string(itemID), "type": "reasoning", "summary": []]], &bytes)
        }
        text += thought
        message.thinking += thought
        emitItem(
            "reasoning_summary_text.delta",
            ["item_id": .string(itemID), "summary_index": 0, "delta": .string(thought)], &bytes)
    }

    private mutating func say(
        _ words: String, _ logprobs: [LogProbability], _ bytes: inout [UInt8]
    ) {
        if open != .text {
            start(.text, "msg", &bytes)
            emitItem(
                "output_item.added",
                [
                    "item": [
                        "id": .string(itemID), "type": "message", "status": "in_progress",
                        "role": "assistant", "content": [],
                    ]
                ], &bytes)
            emitItem(
                "content_part.added",
                [
                    "item_id": .string(itemID), "content_index": 0,
                    "part": ResponsesAnswer.part(""),
                ], &bytes)
        }
        text += words
        message.content += words
        self.logprobs += logprobs
        emitItem(
            "output_text.delta",
            [
                "item_id": .string(itemID), "content_index": 0, "delta": .string(words),
                "logprobs": ResponsesAnswer.list(logprobs),
            ], &bytes)
    }

    private mutating func start(_ item: Open, _ prefix: String, _ bytes: inout [UInt8]) {
        close(&bytes)
        open = item
        itemID = ResponsesAnswer.itemID(prefix)
        text = ""
        logprobs = []
    }

    private mutating func close(_ bytes: inout [UInt8]) {
        switch open {
        case .reasoning:
            emitItem(
                "reasoning_summary_text.done",
                ["item_id": .string(itemID), "summary_index": 0, "text": .string(text)], &bytes)
            finish(ResponsesAnswer.reasoning(itemID, text), &bytes)
        case .text:
            emitItem(
                "output_text.done",
                [
                    "item_id": .string(itemID), "content_index": 0, "text": .string(text),
                    "logprobs": ResponsesAnswer.list(logprobs),
                ], &bytes)
            emitItem(
                "content_part.done",
                [
                    "item_id": .string(itemID), "content_index": 0,
                    "part": ResponsesAnswer.part(text, logprobs),
                ], &bytes)
            finish(ResponsesAnswer.message(itemID, text, logprobs), &bytes)
        case nil: break
        }
        open = nil
    }

    private mutating func finish(_ item: JSONValue, _ bytes: inout [UInt8]) {
        emitItem("output_item.done", ["item": item], &bytes)
        output.append(item)
    }

    private mutating func add(_ call: ToolCall, _ bytes: inout [UInt8]) {
        close(&bytes)
        callsTools = true
        message.toolCalls.append(call)
        let id = "\(ResponsesAnswer.itemID("fc"))_\(call.index)"
        let arguments = JSONValue.string(JSONValue.object(call.arguments).serialized)
        emitItem(
            "output_item.added", ["item": ResponsesAnswer.call(id, call, isDone: false)], &bytes)
        emitItem(
            "function_call_arguments.delta", ["item_id": .string(id), "delta": arguments], &bytes)
        emitItem(
            "function_call_arguments.done", ["item_id": .string(id), "arguments": arguments],
            &bytes)
        finish(ResponsesAnswer.call(id, call, isDone: true), &bytes)
    }

    func lastWords(_ error: APIError) -> [UInt8] {
        ServerSentEvents.event(
            "error",
            [
                "code": nil, "message": .string(error.wireMessage), "param": nil,
                "sequence_number": .integer(sequence), "type": "error",
            ])
    }

    func response(to error: APIError) -> Response { Self.response(to: error) }

    static func response(to error: APIError) -> Response {
        var response = ErrorEnvelope.openAI.response(to: error)
        for field in headers { response.headers[field.name] = field.value }
        return response
    }
}
