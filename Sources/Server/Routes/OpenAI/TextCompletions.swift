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
        let native = request.native
        let (outcome, choices) = try await Choices.start(
            request.choices, options: native.options
        ) { options in
            var native = native
            native.options = options
            return try await Generate.start(native, exchange, wrongOption: 400)
        }
        if case .rendered = outcome {
            return Reply.line(TextCompletion(frame, [TextCompletion.Choice()]).json)
        }
        return try await send(choices, request, frame, exchange)
    }

    private static func send(
        _ choices: Choices, _ request: CompletionRequest,
        _ frame: OpenAIAnswer, _ exchange: Exchange
    ) async throws -> Response {
        if request.stream {
            return try await EventStream.send(
                exchange, choices.events,
                as: TextCompletionStream(request, frame, choices: choices.streams.count))
        }
        let wholes = try await WholeAnswer.all(choices, exchange)
        var completion = TextCompletion(
            frame,
            wholes.enumerated().map { index, whole in
                var choice = TextCompletion.Choice(
                    index: index, text: (request.echo ? request.prompt : "") + whole.content)
                choice.finishReason = whole.summary?.finishReason(callsTools: false)
                if request.logprobs != nil { choice.logprobs = whole.logprobs }
                return choice
            })
        completion.usage = wholes.usage
        return Reply.line(completion.json)
    }
}

/// The stream of `POST /v1/completions`.
struct TextCompletionStream: StreamFormat {
    private let answer: OpenAIAnswer
    /// Counts at the end, and empty ones in every object before.
    private let includesUsage: Bool
    private let hasLogprobs: Bool
    /// What each choice still has to say before its own text.
    private var echoes: [String]
    /// Characters of each choice so far.
    private var offsets: [Int]
    private var unfinished: Int
    private var usage = TokenUsage()

    init(_ request: CompletionRequest, _ answer: OpenAIAnswer, choices: Int) {
        self.answer = answer
        includesUsage = request.includesUsage
        hasLogprobs = request.logprobs != nil
        echoes = Array(repeating: request.echo ? request.prompt : "", count: choices)
        offsets = Array(repeating: 0, count: choices)
        unfinished = choices
    }

    var headers: HTTPFields { [.contentType: ServerSentEvents.type] }

    mutating func bytes(for event: Choices.Event) throws(APIError) -> [UInt8] {
        let index = event.index
        switch event.event {
        case .chunk(let content, let thinking, let toolCalls, let logprobs):
            if content.isEmpty, thinking.isEmpty, toolCalls.isEmpty, logprobs.isEmpty { return [] }
            var choice = next(index, content)
            if hasLogprobs { choice.logprobs = logprobs.map(\.wire) }
            return bytes([choice], usage: TokenUsage())
        case .done(let summary):
            var choice = next(index, "")
            choice.finishReason = summary.finishReason(callsTools: false)
            var bytes = bytes([choice], usage: TokenUsage())
            usage.prompt = summary.promptEvalCount
            usage.completion += summary.evalCount
            unfinished -= 1
            guard unfinished == 0 else { return bytes }
            if includesUsage { bytes += self.bytes([], usage: usage) }
            return bytes + ServerSentEvents.done
        case .failed(let error): throw error
        }
    }

    private mutating func next(_ index: Int, _ text: String) -> TextCompletion.Choice {
        var choice = TextCompletion.Choice(index: index, text: echoes[index] + text)
        choice.offset = offsets[index]
        echoes[index] = ""
        offsets[index] += choice.text.unicodeScalars.count
        return choice
    }

    private func bytes(_ choices: [TextCompletion.Choice], usage: TokenUsage) -> [UInt8] {
        var completion = TextCompletion(answer, choices)
        if includesUsage { completion.usage = usage }
        return ServerSentEvents.data(completion.chunk)
    }

    func lastWords(_ error: APIError) -> [UInt8] { ServerSentEvents.data(error.openAI) }

    func response(to error: APIError) -> Response { ErrorEnvelope.openAI.response(to: error) }
}
