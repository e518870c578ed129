import API
import Engine
import Logging
import ModelStore
import Prompting
import Tokenization

/// A request with all that was found out about it.
struct GenerationRun: Sendable {
    let request: GenerationRequest
    let model: StoredModel
    let lease: Scheduler.Lease
    let options: RunOptions
    let think: Think?
    let loadDuration: Int
    let grammar: Grammar?

    var answersWithContext: Bool {
        if case .completion(_, _, _, _, _, let raw, _) = request.input { !raw } else { false }
    }

    /// Chats through the file's own template have rules of their own for lengths.
    func isCompletionPath(_ prepared: PreparedPrompt) -> Bool {
        guard request.isChat else { return true }
        if case .go = prepared.choice { return true }
        return false
    }

    /// Whether the window may move on when it is full.
    var shifts: Bool {
        lease.loaded.model.canShift
            && (request.shift ?? (lease.loaded.facts.architecture != "deepseek2"))
    }

    /// Applies the rules of length and the limits of the sampler.
    ///
    /// - Throws: 400 with what does not fit, and what the engine cannot take.
    func fit(_ prepared: PreparedPrompt, logger: Logger) throws(APIError) -> GenerationPlan {
        if let refusal = prepared.refusal { throw refusal }
        let loaded = lease.loaded
        let addsBOS = loaded.tokenizer.addsBeginOfSequence
        let contextLength = loaded.plan.contextLength
        let isCompletion = isCompletionPath(prepared)
        if prepared.imageCount > 0 {
            throw .engine(
                400, "Multimodal data provided, but model does not support multimodal requests.")
        }
        var plan = GenerationPlan(prepared)
        if isCompletion, request.truncates, plan.tokens.count > contextLength - 1 {
            guard shifts else {
                throw APIError(
                    400,
                    "the prompt is longer than the context length currently available to the "
                        + "model; shorten the prompt, adjust the context length in settings, or "
                        + "use a model with a longer context length")
            }
            if let cut = PromptTruncation.tokens(
                plan.tokens, contextLength: contextLength, numKeep: options.numKeep,
                addsBOS: addsBOS)
            {
                plan.tokens = cut
                plan.isTruncated = true
            }
        }
        guard plan.tokens.count < loaded.window else {
            throw .engine(
                400,
                "request (\(plan.tokens.count) tokens) exceeds the available context size "
                    + "(\(loaded.window) tokens), try increasing it",
                type: "exceed_context_size_error",
                [
                    "n_prompt_tokens": .integer(plan.tokens.count),
                    "n_ctx": .integer(loaded.window),
                ])
        }
        if plan.isTruncated {
            logger.warning(
                "truncating input prompt",
                metadata: [
                    "limit": "\(contextLength)", "prompt": "\(plan.fullTokenCount)",
                    "new": "\(plan.tokens.count)",
                ])
        }
        try options.checkSampling()
        try options.checkLogitBias(vocabularySize: loaded.model.vocabularySize)
        plan.tokenLimit = options.tokenLimit(
            contextLength: contextLength, zeroMeansOne: !isCompletion)
        if shifts {
            plan.keptByShift = PromptTruncation.kept(
                numKeep: options.numKeep, addsBOS: addsBOS, promptCount: plan.tokens.count,
                limit: loaded.window - 4)
        }
        plan.guardsRepetition = isCompletion
        return plan
    }
}

/// A prompt that fits, and how its answer is made.
struct GenerationPlan: Sendable {
    let text: String
    let choice: TemplateChoice
    let fullTokenCount: Int
    var tokens: [Token]
    var isTruncated: Bool
    var tokenLimit = 1
    var keptByShift: Int?
    var guardsRepetition = false

    init(_ prepared: PreparedPrompt) {
        text = prepared.text
        choice = prepared.choice
        fullTokenCount = prepared.fullTokenCount
        tokens = prepared.tokens
        isTruncated = prepared.isTruncated
    }

    func job(
        _ run: GenerationRun, sink: @escaping @Sendable (GenerationEvent) -> Void,
        finished: @escaping @Sendable (GenerationEnd) -> Void, cancellation: Cancellation
    ) -> GenerationJob {
        var job = GenerationJob(
            prompt: tokens, sampling: run.options.sampling, tokenLimit: tokenLimit,
            stops: run.options.stop, keptByShift: keptByShift, sink: sink, finished: finished,
            cancellation: cancellation)
        job.logprobs = run.request.logprobs
        job.topLogprobs = run.request.topLogprobs
        job.reportsDrafts = run.request.reportsDrafts
        job.guardsRepetition = guardsRepetition
        var isRaw = false
        var tools: [Tool] = []
        switch run.request.input {
        case .chat(let messages, let requested):
            tools = requested
            // Chats through a file's own template answer with the whole last message.
            if choice.isJinja, let last = messages.last, last.role == "assistant" {
                job.prefill = last.content
            }
        case .completion(_, _, _, _, _, let raw, _): isRaw = raw
        }
        if !isRaw {
            job.splitter = OutputSplitter(
                choice: choice, prompt: text, think: run.think, tools: tools)
            job.splitter.takesOneCall = !run.request.parallelToolCalls
            let tokenizer = run.lease.loaded.tokenizer
            job.visibleControls = Set(
                job.splitter.markers.compactMap { tokenizer.token(named: $0) }
                    .filter { tokenizer.isControl($0) })
        }
        return job
    }

    /// What holds the answer: its `format`, the calls of tools, the budget of its thoughts.
    ///
    /// A call that is required comes before the `format`; where the model may call by its own will, the
    /// answer is either calls or what the `format` says. In Harmony's form calls stay free where
    /// there is a budget or a `format`.
    func constraint(
        _ rules: CallRules?, _ vocabulary: GrammarVocabulary?, _ run: GenerationRun,
        visible: Set<Token>
    ) -> AnswerConstraint {
        let tokenizer = run.lease.loaded.tokenizer
        let isRequired = rules?.kind == .required
        var constraint = AnswerConstraint(
            whole: isRequired ? rules?.grammar : run.grammar, vocabulary: vocabulary,
            markers: visible.map { ($0, tokenizer.piece($0, special: true)) })
        if let rules, let vocabulary {
            switch rules.kind {
            case .required: break
            case .besideFormat: constraint.allow(rules.grammar, vocabulary)
            case .behind(let trigger):
                constraint.holdCalls(
                    to: rules.grammar, behind: trigger, isBare: rules.isBare, vocabulary)
            }
        }
        let budget = run.request.thinkingBudget
        if choice.isHarmony {
            if !isRequired, run.grammar != nil || budget != nil {
                let final = "<|channel|>final<|message|>"
                constraint.allowThinking(
                    open: "<|channel|>analysis", close: final, startsInside: true,
                    tokenizer: tokenizer, budget: budget,
                    ending: "<|end|><|start|>assistant" + final)
            }
        } else if let think = run.think, think.isOn, let tags = choice.thinkingTags {
            constraint.allowThinking(
                open: tags.open, close: tags.close,
                startsInside: text.trimmingWhitespace().utf8.endsWith(tags.open.utf8),
                tokenizer: tokenizer, budget: budget)
        }
        return constraint
    }
}
