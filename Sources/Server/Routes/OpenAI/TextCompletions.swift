import API
import Hummingbird
import Serving

/// `POST /v1/completions`: the prompt goes through the model's template, as in `/api/generate`.
enum TextCompletions {
    static var routes: [Route] {
        [
            .translating(
                "/v1/completions", errors: .openAI, read: CompletionRequest.init(body:),
                answer: answer)
        ]
    }

    @Sendable private static func answer(
        _ request: CompletionRequest, _ exchange: Exchange
    ) async throws -> Response {
        exchange.warn(ofIgnored: request.ignored)
        let frame = OpenAIAnswer(prefix: "cmpl", model: request.model)
        switch try await Generate.start(request.native, exchange) {
        case .loaded, .unloaded:
            let events = AsyncStream<GenerationEvent>.onlyLoaded
            return try await send(events, request, frame, exchange)
        case .rendered: return Reply.line(TextCompletion(frame, text: "").json)
        case .stream(let events): return try await send(events, request, frame, exchange)
        }
    }

    private static func send(
        _ events: AsyncStream<GenerationEvent>, _ request: CompletionRequest,
        _ frame: OpenAIAnswer, _ exchange: Exchange
    ) async throws -> Response {
        if request.stream {
            return try await EventStream.send(
                exchange, events,
                as: TextCompletionStream(answer: frame, includesUsage: request.includesUsage))
        }
        let whole = try await WholeAnswer(events, exchange)
        var completion = TextCompletion(frame, text: whole.content)
        completion.finishReason = whole.summary?.doneReason
        completion.usage = whole.summary?.usage
        return Reply.line(completion.json)
    }
}

/// The stream of `POST /v1/completions`.
struct TextCompletionStream: StreamFormat {
    let answer: OpenAIAnswer
    /// Counts at the end, and empty ones in every object before.
    let includesUsage: Bool

    var headers: HTTPFields { [.contentType: ServerSentEvents.type] }

    func bytes(for event: GenerationEvent) throws(APIError) -> [UInt8] {
        switch event {
        case .chunk(let content, let thinking, let toolCalls, let logprobs):
            if content.isEmpty, thinking.isEmpty, toolCalls.isEmpty, logprobs.isEmpty { return [] }
            return bytes(text: content, usage: TokenUsage())
        case .done(let summary):
            var bytes = bytes(text: "", finishReason: summary.doneReason, usage: TokenUsage())
            if includesUsage { bytes += self.bytes(text: nil, usage: summary.usage) }
            return bytes + ServerSentEvents.done
        case .failed(let error): throw error
        case .aborted: return []
        }
    }

    private func bytes(text: String?, finishReason: String? = nil, usage: TokenUsage) -> [UInt8] {
        var completion = TextCompletion(answer, text: text)
        completion.finishReason = finishReason
        if includesUsage { completion.usage = usage }
        return ServerSentEvents.data(completion.chunk)
    }

    func lastWords(_ error: APIError) -> [UInt8] { ServerSentEvents.data(error.openAI) }

    func response(to error: APIError) -> Response { ErrorEnvelope.openAI.response(to: error) }
}
