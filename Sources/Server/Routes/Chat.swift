import API
import Hummingbird
import Serving

/// `POST /api/chat`.
enum Chat {
    static var routes: [Route] {
        [Route(.post, "/api/chat", answer)]
    }

    @Sendable private static func answer(_ exchange: Exchange) async throws -> Response {
        let request = try ChatRequest(body: await exchange.json())
        switch try await start(request, exchange) {
        case .unloaded: return Reply.json(loadResponse(request.model, "unload").json)
        case .loaded: return Reply.json(loadResponse(request.model, "load").json)
        case .rendered(let prompt, let imageCount):
            var response = ChatResponse()
            response.model = request.model
            response.createdAt = "\(Timestamp.now)"
            response.message = Message(role: "", content: "")
            response.debug = RenderedPrompt(template: prompt, imageCount: imageCount)
            return Reply.json(response.json)
        case .stream(let events):
            if request.stream ?? true {
                return try await EventStream.lines(exchange, events) { event throws(APIError) in
                    try response(to: event, request.model, exchange)?.json
                }
            }
            let whole = try await WholeAnswer(events, exchange)
            return Reply.json(response(with: whole, request, exchange).json)
        }
    }

    /// Checks the request and runs it.
    ///
    /// - Parameter wrongOption: status of the answer to an option of the wrong type.
    /// - Throws: 400 without a model, and what the model's name and the scheduler refuse.
    static func start(
        _ request: ChatRequest, _ exchange: Exchange, wrongOption: Int = 500
    ) async throws -> GenerationOutcome {
        var generation = try generation(request, exchange)
        generation.wrongOptionStatus = wrongOption
        let scheduler = exchange.services.scheduler
        return try await exchange.disconnection.cancelling { [generation] in
            try await scheduler.generate(generation)
        }
    }

    /// The request as the scheduler takes it.
    ///
    /// - Throws: 400 without a model, and what the model's name refuses.
    static func generation(
        _ request: ChatRequest, _ exchange: Exchange
    ) throws -> GenerationRequest {
        guard !request.model.trimmingSpaces.isEmpty else {
            throw APIError(400, "model is required")
        }
        let reference = try ModelReference(request.model, store: exchange.services.store)
        var generation = GenerationRequest(
            requestedModel: request.model, model: reference.name,
            input: .chat(
                messages: request.messages,
                tools: request.toolChoice == .none ? [] : request.tools))
        generation.options = request.options
        generation.keepAlive = request.keepAlive
        generation.think = request.think
        generation.thinkingBudget = request.thinkingBudget
        generation.reportsDrafts = request.verbose
        generation.toolChoice = request.toolChoice
        generation.parallelToolCalls = request.parallelToolCalls
        generation.format = request.format
        generation.grammar = request.grammar
        generation.truncate = request.truncate
        generation.shift = request.shift
        generation.logprobs = request.logprobs
        generation.topLogprobs = request.topLogprobs
        generation.renderOnly = request.renderOnly
        return generation
    }

    private static func loadResponse(_ model: String, _ reason: String) -> ChatResponse {
        var response = ChatResponse()
        response.model = model
        response.createdAt = "\(Timestamp.now)"
        response.done = true
        response.doneReason = reason
        return response
    }

    /// nil for events without anything to show.
    private static func response(
        to event: GenerationEvent, _ model: String, _ exchange: Exchange
    ) throws(APIError) -> ChatResponse? {
        var response = ChatResponse()
        response.model = model
        response.createdAt = "\(Timestamp.now)"
        switch event {
        case .chunk(let content, let thinking, let toolCalls, let logprobs):
            if content.isEmpty, thinking.isEmpty, toolCalls.isEmpty, logprobs.isEmpty { return nil }
            response.message.content = content
            response.message.thinking = thinking
            response.message.toolCalls = toolCalls
            response.logprobs = logprobs.map(\.wire)
        case .done(let summary):
            response.done = true
            response.doneReason = summary.doneReason
            response.metrics = Metrics(summary, total: exchange.elapsed)
            response.truncated = summary.droppedPromptTokens
        case .failed(let error): throw error
        }
        return response
    }

    /// The whole answer as one object, with tool calls where the request offered tools.
    private static func response(
        with whole: WholeAnswer, _ request: ChatRequest, _ exchange: Exchange
    ) -> ChatResponse {
        var response = ChatResponse()
        response.model = request.model
        response.createdAt = "\(Timestamp.now)"
        response.message.content = whole.content
        response.message.thinking = whole.thinking
        if !request.tools.isEmpty { response.message.toolCalls = whole.toolCalls }
        response.logprobs = whole.logprobs
        if let summary = whole.summary {
            response.done = true
            response.doneReason = summary.doneReason
            response.metrics = Metrics(summary, total: exchange.elapsed)
            response.truncated = summary.droppedPromptTokens
        }
        return response
    }
}
