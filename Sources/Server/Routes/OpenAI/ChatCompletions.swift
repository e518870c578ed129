import API
import Hummingbird
import Logging
import Serving

/// `POST /v1/chat/completions`.
enum ChatCompletions {
    static var routes: [Route] {
        [
            .translating(
                "/v1/chat/completions", errors: .openAI, read: ChatCompletionRequest.init(body:),
                answer: answer)
        ]
    }

    @Sendable private static func answer(
        _ request: ChatCompletionRequest, _ exchange: Exchange
    ) async throws -> Response {
        exchange.warn(ofIgnored: request.ignored)
        let native = try request.native()
        let frame = OpenAIAnswer(prefix: "chatcmpl", model: request.model)
        switch try await Chat.start(native, exchange) {
        case .loaded, .unloaded:
            let events = AsyncStream<GenerationEvent>.onlyLoaded
            return try await send(events, request, frame, exchange)
        case .rendered(let prompt, let imageCount):
            var completion = ChatCompletion(frame)
            completion.message.role = ""
            completion.debug = RenderedPrompt(template: prompt, imageCount: imageCount)
            return Reply.line(completion.json)
        case .stream(let events): return try await send(events, request, frame, exchange)
        }
    }

    private static func send(
        _ events: AsyncStream<GenerationEvent>, _ request: ChatCompletionRequest,
        _ frame: OpenAIAnswer, _ exchange: Exchange
    ) async throws -> Response {
        if request.stream {
            return try await EventStream.send(
                exchange, events,
                as: ChatCompletionStream(answer: frame, includesUsage: request.includesUsage))
        }
        let whole = try await WholeAnswer(events, exchange)
        var completion = ChatCompletion(frame)
        completion.message.content = whole.content
        completion.message.thinking = whole.thinking
        if !request.tools.isEmpty { completion.message.toolCalls = whole.toolCalls }
        completion.logprobs = whole.logprobs
        if let summary = whole.summary {
            completion.finishReason = summary.finishReason(
                callsTools: !completion.message.toolCalls.isEmpty)
            completion.usage = summary.usage
        }
        return Reply.line(completion.json)
    }
}

/// The stream of `POST /v1/chat/completions`.
struct ChatCompletionStream: StreamFormat {
    let answer: OpenAIAnswer
    let includesUsage: Bool
    private var hasBegun = false
    private var callsTools = false

    init(answer: OpenAIAnswer, includesUsage: Bool) {
        self.answer = answer
        self.includesUsage = includesUsage
    }

    var headers: HTTPFields { [.contentType: ServerSentEvents.type] }

    mutating func bytes(for event: GenerationEvent) throws(APIError) -> [UInt8] {
        switch event {
        case .chunk(let content, let thinking, let toolCalls, let logprobs):
            if content.isEmpty, thinking.isEmpty, toolCalls.isEmpty, logprobs.isEmpty { return [] }
            var bytes: [UInt8] = []
            var delta = ChatCompletionChunk.Delta()
            delta.reasoning = thinking
            // Clients expect thoughts and words in different objects.
            if !thinking.isEmpty, !content.isEmpty || !toolCalls.isEmpty {
                bytes += chunk(delta)
                delta.reasoning = ""
            }
            delta.content = content
            delta.toolCalls = toolCalls
            callsTools = callsTools || !toolCalls.isEmpty
            return bytes + chunk(delta, logprobs: logprobs.map(\.wire))
        case .done(let summary): return end(summary)
        case .failed(let error): throw error
        case .aborted: return []
        }
    }

    private mutating func chunk(
        _ delta: ChatCompletionChunk.Delta, logprobs: [LogProbability] = []
    ) -> [UInt8] {
        var chunk = ChatCompletionChunk(answer)
        chunk.delta = delta
        chunk.logprobs = logprobs
        if !hasBegun { chunk.delta?.role = "assistant" }
        hasBegun = true
        return ServerSentEvents.data(chunk.json)
    }

    private mutating func end(_ summary: GenerationSummary) -> [UInt8] {
        var bytes: [UInt8] = []
        if !hasBegun {
            var delta = ChatCompletionChunk.Delta()
            delta.content = ""
            bytes += chunk(delta)
        }
        var last = ChatCompletionChunk(answer)
        last.delta = ChatCompletionChunk.Delta()
        last.finishReason = summary.finishReason(callsTools: callsTools)
        bytes += ServerSentEvents.data(last.json)
        if includesUsage {
            var counts = ChatCompletionChunk(answer)
            counts.usage = summary.usage
            bytes += ServerSentEvents.data(counts.json)
        }
        return bytes + ServerSentEvents.done
    }

    func lastWords(_ error: APIError) -> [UInt8] { ServerSentEvents.data(error.openAI) }

    func response(to error: APIError) -> Response { ErrorEnvelope.openAI.response(to: error) }
}

extension GenerationSummary {
    var usage: TokenUsage { TokenUsage(prompt: promptEvalCount, completion: evalCount) }

    func finishReason(callsTools: Bool) -> String {
        callsTools && doneReason == "stop" ? "tool_calls" : doneReason
    }
}

extension AsyncStream<GenerationEvent> {
    /// What a request answers that asks for nothing but the model in memory.
    static var onlyLoaded: AsyncStream<GenerationEvent> {
        AsyncStream { continuation in
            var summary = GenerationSummary()
            summary.doneReason = "load"
            continuation.yield(.done(summary))
            continuation.finish()
        }
    }
}

extension Exchange {
    /// Logs that fields of the request change nothing.
    func warn(ofIgnored fields: [String]) {
        for field in fields {
            services.logger.warning("request field has no effect", metadata: ["field": "\(field)"])
        }
    }
}
