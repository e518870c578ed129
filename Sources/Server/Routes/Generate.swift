import API
import Hummingbird
import Serving

/// `POST /api/generate`.
enum Generate {
    static var routes: [Route] {
        [Route(.post, "/api/generate", answer)]
    }

    @Sendable private static func answer(_ exchange: Exchange) async throws -> Response {
        let request = try GenerateRequest(body: await exchange.json())
        switch try await start(request, exchange) {
        case .unloaded: return Reply.json(loadResponse(request.model, "unload").json)
        case .loaded: return Reply.json(loadResponse(request.model, "load").json)
        case .rendered(let prompt, let imageCount):
            var response = GenerateResponse()
            response.model = request.model
            response.createdAt = "\(Timestamp.now)"
            response.debug = RenderedPrompt(template: prompt, imageCount: imageCount)
            return Reply.json(response.json)
        case .stream(let events):
            if request.stream ?? true {
                return try await EventStream.lines(exchange, events) { event throws(APIError) in
                    try response(to: event, request.model, exchange)?.json
                }
            }
            let whole = try await WholeAnswer(events, exchange)
            return Reply.json(response(with: whole, request.model, exchange).json)
        }
    }

    /// Checks the request and runs it.
    ///
    /// - Parameter wrongOption: status of the answer to an option of the wrong type.
    /// - Throws: 404 without a model, and what the model's name and the scheduler refuse.
    static func start(
        _ request: GenerateRequest, _ exchange: Exchange, wrongOption: Int = 500
    ) async throws -> GenerationOutcome {
        guard !request.model.trimmingSpaces.isEmpty else {
            throw APIError(404, "model '\(request.model)' not found")
        }
        let reference = try ModelReference(request.model, store: exchange.services.store)
        var generation = GenerationRequest(
            requestedModel: request.model, model: reference.name,
            input: .completion(
                prompt: request.prompt, suffix: request.suffix,
                system: request.system.isEmpty ? nil : request.system,
                template: request.template.isEmpty ? nil : request.template,
                context: request.context, raw: request.raw, images: request.images))
        generation.options = request.options
        generation.wrongOptionStatus = wrongOption
        generation.keepAlive = request.keepAlive
        generation.think = request.think
        generation.thinkingBudget = request.thinkingBudget
        generation.reportsDrafts = request.verbose
        generation.format = request.format
        generation.grammar = request.grammar
        generation.truncate = request.truncate
        generation.shift = request.shift
        generation.logprobs = request.logprobs
        generation.topLogprobs = request.topLogprobs
        generation.renderOnly = request.renderOnly

        let scheduler = exchange.services.scheduler
        return try await exchange.disconnection.cancelling { [generation] in
            try await scheduler.generate(generation)
        }
    }

    private static func loadResponse(_ model: String, _ reason: String) -> GenerateResponse {
        var response = GenerateResponse()
        response.model = model
        response.createdAt = "\(Timestamp.now)"
        response.done = true
        response.doneReason = reason
        return response
    }

    /// nil for events without anything to show.
    private static func response(
        to event: GenerationEvent, _ model: String, _ exchange: Exchange
    ) throws(APIError) -> GenerateResponse? {
        var response = GenerateResponse()
        response.model = model
        response.createdAt = "\(Timestamp.now)"
        switch event {
        case .chunk(let content, let thinking, let toolCalls, let logprobs):
            if content.isEmpty, thinking.isEmpty, toolCalls.isEmpty, logprobs.isEmpty { return nil }
            response.response = content
            response.thinking = thinking
            response.toolCalls = toolCalls
            response.logprobs = logprobs.map(\.wire)
        case .done(let summary):
            response.done = true
            response.doneReason = summary.doneReason
            response.context = summary.context ?? []
            response.metrics = Metrics(summary, total: exchange.elapsed)
            response.truncated = summary.droppedPromptTokens
        case .failed(let error): throw error
        }
        return response
    }

    /// The whole answer as one object.
    private static func response(
        with whole: WholeAnswer, _ model: String, _ exchange: Exchange
    ) -> GenerateResponse {
        var response = GenerateResponse()
        response.model = model
        response.createdAt = "\(Timestamp.now)"
        response.response = whole.content
        response.thinking = whole.thinking
        response.toolCalls = whole.toolCalls
        response.logprobs = whole.logprobs
        if let summary = whole.summary {
            response.done = true
            response.doneReason = summary.doneReason
            response.context = summary.context ?? []
            response.metrics = Metrics(summary, total: exchange.elapsed)
            response.truncated = summary.droppedPromptTokens
        }
        return response
    }
}

extension Metrics {
    init(_ summary: GenerationSummary, total: Int) {
        self.init()
        totalDuration = total
        loadDuration = summary.loadDuration
        promptEvalCount = summary.promptEvalCount
        promptEvalDuration = summary.promptEvalDuration
        evalCount = summary.evalCount
        evalDuration = summary.evalDuration
        draftCount = summary.draftCount
        draftAcceptedCount = summary.draftAcceptedCount
        promptCachedCount = summary.reportedCachedTokens
    }
}

extension TokenLogProbability {
    var wire: LogProbability {
        LogProbability(
            chosen: .init(token: token, logprob: logprob, bytes: bytes),
            top: top.map { .init(token: $0.token, logprob: $0.logprob, bytes: $0.bytes) })
    }
}
