public import API
import Engine
import Logging
import ModelStore
import Tokenization

extension Scheduler {
    /// Checks the request against the model, loads the model and runs.
    ///
    /// - Throws: what the API answers instead of a stream, with its status and text: 404 for a model
    ///   that is not there, 400 for what it cannot do, 500 for wrong option types, failed loads and
    ///   templates, 503 when too many requests wait, 499 when the caller's task is cancelled.
    ///   What the engine refuses (a prompt that does not fit, images, values that a sampler cannot
    ///   work with) is the first event of the stream instead.
    public func generate(_ request: GenerationRequest) async throws(APIError) -> GenerationOutcome {
        let started = ContinuousClock.now
        let model: StoredModel
        do throws(StoreError) {
            model = try store.model(store.resolve(request.model))
        } catch {
            throw error.code == .notFound
                ? APIError(404, "model '\(request.requestedModel)' not found")
                : APIError(500, error.description)
        }
        if request.isLoadOnly, case .seconds(0)? = request.keepAlive {
            if let weights = model.weights {
                expire(LoadPlan.path(of: weights, model.adapterPaths))
            }
            return .unloaded
        }
        let fileFacts: FileFacts
        do throws(LoadFailure) {
            fileFacts = try facts(of: model)
        } catch {
            throw error.asAPIError(for: request.requestedModel)
        }
        let think = try checkAbilities(request, model)
        let options: RunOptions
        do throws(APIError) {
            options = try self.options(model, request.options)
        } catch {
            throw error.status == 500
                ? APIError(request.wrongOptionStatus, error.message) : error
        }
        let grammar =
            request.isLoadOnly || request.renderOnly
            ? nil : try await StructuredOutput.grammar(of: request, cache: grammars)
        let plan = LoadPlan(
            weights: model.weights ?? .file(""), adapters: model.adapterPaths,
            options: options.load, facts: fileFacts, configuration: configuration)
        if fileFacts.contextLength > 0, options.load.contextLength > fileFacts.contextLength {
            logger.warning(
                "requested context size too large for model",
                metadata: [
                    "num_ctx": "\(options.load.contextLength)",
                    "n_ctx_train": "\(fileFacts.contextLength)",
                ])
        }
        let lease = try await lease(
            model, requestedAs: request.requestedModel, plan: plan, facts: fileFacts,
            keepAlive: request.keepAlive)
        let loadDuration = (ContinuousClock.now - started).nanoseconds
        do throws(APIError) {
            if request.isLoadOnly {
                release(lease.id)
                return .loaded
            }
            let run = GenerationRun(
                request: request, model: model, lease: lease, options: options, think: think,
                loadDuration: loadDuration, grammar: grammar)
            return try await start(run)
        } catch {
            release(lease.id)
            throw error
        }
    }

    /// Prepares the prompt and hands it to the worker. Releases the lease where it succeeds, at the
    /// latest when the stream has ended.
    private func start(_ run: GenerationRun) async throws(APIError) -> GenerationOutcome {
        let choice: TemplateChoice
        do {
            choice = try TemplateChoice(
                run.model, facts: run.lease.loaded.facts, cache: facts,
                goTemplates: configuration.goTemplates)
        } catch {
            throw APIError(500, "\(error)")
        }
        let rules = try run.callRules(choice)
        let cache = facts
        let prepared = try await Background.run { () throws(APIError) in
            try PreparedPrompt(
                run.request,
                .init(
                    model: run.model, loaded: run.lease.loaded, choice: choice, think: run.think,
                    cache: cache))
        }
        if run.request.renderOnly {
            if let refusal = prepared.refusal { throw refusal }
            release(run.lease.id)
            return .rendered(prompt: prepared.text, imageCount: prepared.imageCount)
        }
        let (stream, continuation) = AsyncStream.makeStream(of: GenerationEvent.self)
        let plan: GenerationPlan
        do throws(APIError) {
            plan = try run.fit(prepared, logger: logger)
        } catch {
            release(run.lease.id)
            continuation.yield(.failed(error))
            continuation.finish()
            return .stream(stream)
        }
        let cancellation = Cancellation()
        let worker = run.lease.loaded.worker
        continuation.onTermination = { reason in
            if case .cancelled = reason {
                cancellation.cancel()
                worker.wake()
            }
        }
        let finished: @Sendable (GenerationEnd) -> Void = { end in
            Task { await self.finish(run, plan, end, continuation) }
        }
        guard !plan.tokens.isEmpty else {
            finished(.done(GenerationSummary(), text: ""))
            return .stream(stream)
        }
        var job = plan.job(
            run, sink: { continuation.yield($0) }, finished: finished, cancellation: cancellation)
        if rules != nil || run.grammar != nil || run.request.thinkingBudget != nil {
            let loaded = run.lease.loaded
            let needsVocabulary = rules != nil || run.grammar != nil
            let vocabulary =
                needsVocabulary ? await Background.run { loaded.makeGrammarVocabulary() } : nil
            job.constraint = plan.constraint(rules, vocabulary, run, visible: job.visibleControls)
        }
        worker.submit(.generation(job))
        return .stream(stream)
    }

    /// Gives the model back, then says the last word, so that whoever hears it finds the model idle.
    private func finish(
        _ run: GenerationRun, _ plan: GenerationPlan, _ end: GenerationEnd,
        _ continuation: AsyncStream<GenerationEvent>.Continuation
    ) async {
        var last: GenerationEvent?
        switch end {
        case .done(let measured, let text):
            var summary = measured
            summary.loadDuration = run.loadDuration
            summary.truncated = plan.isTruncated
            summary.promptTokensBeforeTruncation = plan.fullTokenCount
            if run.answersWithContext {
                let tokenizer = run.lease.loaded.tokenizer
                summary.context = await Background.run {
                    tokenizer.encode(plan.text + text, addSpecial: false, parseSpecial: true)
                        .map { Int($0) }
                }
            }
            last = .done(summary)
        case .failed(let error):
            logger.error("generation failed", metadata: ["error": "\(error)"])
            last = .failed(error)
        case .cancelled: last = nil
        }
        release(run.lease.id)
        if let last { continuation.yield(last) }
        continuation.finish()
    }
}
