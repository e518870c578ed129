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
        let (outcome, choices) = try await Choices.start(
            request.choices, options: native.options
        ) { options in
            var native = native
            native.options = options
            return try await Chat.start(native, exchange, wrongOption: 400)
        }
        switch outcome {
        case .rendered(let prompt, let imageCount):
            var completion = ChatCompletion(frame)
            completion.choices[0].message.role = ""
            completion.debug = RenderedPrompt(template: prompt, imageCount: imageCount)
            return Reply.line(completion.json)
        case .loaded, .unloaded, .stream:
            return try await send(choices, request, frame, exchange)
        }
    }

    private static func send(
        _ choices: Choices, _ request: ChatCompletionRequest,
        _ frame: OpenAIAnswer, _ exchange: Exchange
    ) async throws -> Response {
        if request.stream {
            return try await EventStream.send(
                exchange, choices.events,
                as: ChatCompletionStream(
                    answer: frame, includesUsage: request.includesUsage,
                    choices: choices.streams.count))
        }
        let wholes = try await WholeAnswer.all(choices, exchange)
        var completion = ChatCompletion(frame)
        completion.choices = wholes.map { whole in
            var choice = ChatCompletion.Choice()
            choice.message.content = whole.content
            choice.message.thinking = whole.thinking
            if !request.tools.isEmpty { choice.message.toolCalls = whole.toolCalls }
            choice.logprobs = whole.logprobs
            choice.finishReason = whole.summary?.finishReason(
                callsTools: !choice.message.toolCalls.isEmpty)
            return choice
        }
        completion.usage = wholes.usage
        return Reply.line(completion.json)
    }
}

/// The stream of `POST /v1/chat/completions`.
struct ChatCompletionStream: StreamFormat {
    let answer: OpenAIAnswer
    let includesUsage: Bool
    /// Of each choice.
    private var states: [ChoiceState]
    private var unfinished: Int
    private var usage = TokenUsage()

    private struct ChoiceState {
        var hasBegun = false
        var callsTools = false
    }

    init(answer: OpenAIAnswer, includesUsage: Bool, choices: Int = 1) {
        self.answer = answer
        self.includesUsage = includesUsage
        states = Array(repeating: ChoiceState(), count: choices)
        unfinished = choices
    }

    var headers: HTTPFields { [.contentType: ServerSentEvents.type] }

    mutating func bytes(for event: Choices.Event) throws(APIError) -> [UInt8] {
        let index = event.index
        switch event.event {
        case .chunk(let content, let thinking, let toolCalls, let logprobs):
            if content.isEmpty, thinking.isEmpty, toolCalls.isEmpty, logprobs.isEmpty { return [] }
            var bytes: [UInt8] = []
            var delta = ChatCompletionChunk.Delta()
            delta.reasoning = thinking
            // Clients expect thoughts and words in different objects.
            if !thinking.isEmpty, !content.isEmpty || !toolCalls.isEmpty {
                bytes += chunk(index, delta)
                delta.reasoning = ""
            }
            delta.content = content
            delta.toolCalls = toolCalls
            if !toolCalls.isEmpty { states[index].callsTools = true }
            return bytes + chunk(index, delta, logprobs: logprobs.map(\.wire))
        case .done(let summary): return end(index, summary)
        case .failed(let error): throw error
        }
    }

    private mutating func chunk(
        _ index: Int, _ delta: ChatCompletionChunk.Delta, logprobs: [LogProbability] = []
    ) -> [UInt8] {
        var chunk = ChatCompletionChunk(answer)
        chunk.index = index
        chunk.delta = delta
        chunk.logprobs = logprobs
        if !states[index].hasBegun { chunk.delta?.role = "assistant" }
        states[index].hasBegun = true
        return ServerSentEvents.data(chunk.json)
    }

    private mutating func end(_ index: Int, _ summary: GenerationSummary) -> [UInt8] {
        var bytes: [UInt8] = []
        if !states[index].hasBegun {
            var delta = ChatCompletionChunk.Delta()
            delta.content = ""
            bytes += chunk(index, delta)
        }
        var last = ChatCompletionChunk(answer)
        last.index = index
        last.delta = ChatCompletionChunk.Delta()
        last.finishReason = summary.finishReason(callsTools: states[index].callsTools)
        bytes += ServerSentEvents.data(last.json)
        usage.prompt = summary.promptEvalCount
        usage.completion += summary.evalCount
        unfinished -= 1
        guard unfinished == 0 else { return bytes }
        if includesUsage {
            var counts = ChatCompletionChunk(answer)
            counts.usage = usage
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
        switch doneReason {
        case "stop" where callsTools: "tool_calls"
        // The form has no word for it, and no client may take the answer for a whole one.
        case "repetition": "length"
        default: doneReason
        }
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
