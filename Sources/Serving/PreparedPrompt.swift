import API
import ModelStore
import Prompting
import Tokenization

/// A request's prompt as text and tokens, cut to fit.
struct PreparedPrompt: Sendable {
    var text = ""
    var tokens: [Token] = []
    var imageCount = 0
    /// Messages or tokens were dropped.
    var isTruncated = false
    /// Tokens of the whole prompt.
    var fullTokenCount = 0
    var choice = TemplateChoice.plain
    /// What the engine cannot take; the prompt is empty then.
    var refusal: APIError?

    /// What must be known beside the request.
    struct Setting: Sendable {
        var model: StoredModel
        var loaded: LoadedModel
        var choice: TemplateChoice
        var think: Think?
        var cache: FactsCache
    }

    /// Assembles and renders, dropping old messages where they do not fit.
    ///
    /// - Throws: 500 for templates that fail and for token ids outside the vocabulary.
    init(_ request: GenerationRequest, _ setting: Setting) throws(APIError) {
        let builder = PromptBuilder(choice: setting.choice, tokenizer: setting.loaded.tokenizer)
        choice = setting.choice
        do throws(TemplateError) {
            switch request.input {
            case .chat(let messages, let tools):
                if choice.isJinja, messages.contains(where: { !$0.images.isEmpty }) {
                    refusal = .engine(
                        500,
                        "image input is not supported - hint: if this is unexpected, you may "
                            + "need to provide the mmproj")
                    return
                }
                try render(
                    Conversation.chat(messages, model: setting.model), tools, builder, request,
                    setting)
            case .completion(let prompt, let suffix, _, _, _, let raw, _):
                if raw {
                    text = prompt
                } else if !suffix.isEmpty {
                    try renderInfill(prompt, suffix, setting)
                } else {
                    try renderCompletion(request, builder, setting)
                }
            }
        } catch {
            throw APIError(500, error.description)
        }
        try prependContext(request, setting)
        tokens = builder.tokens(text)
        fullTokenCount = max(fullTokenCount, tokens.count)
    }

    /// Renders the newest messages that fit; all of them when the request forbids dropping.
    private mutating func render(
        _ messages: [Message], _ tools: [Tool], _ builder: PromptBuilder,
        _ request: GenerationRequest, _ setting: Setting
    ) throws(TemplateError) {
        var first = 0
        if request.truncates {
            let perImage =
                setting.model.projectorPaths.isEmpty ? 0 : PromptTruncation.imageTokens
            var whole = 0
            first = try PromptTruncation.firstKept(
                of: messages.count, limit: setting.loaded.plan.contextLength
            ) { index throws(TemplateError) in
                let kept = PromptTruncation.messages(messages, from: index)
                let rendered = try builder.render(kept, tools: tools, think: setting.think)
                let images = kept.reduce(0) { $0 + $1.images.count }
                let count = builder.tokenCount(rendered) + images * perImage
                if index == 0 { whole = count }
                return count
            }
            if first > 0 {
                isTruncated = true
                fullTokenCount = whole
            }
        }
        let kept = PromptTruncation.messages(messages, from: first)
        let (tagged, images) = Conversation.withImageTags(kept)
        imageCount = images
        text = try builder.render(tagged, tools: tools, think: setting.think)
    }

    private mutating func renderInfill(_ prompt: String, _ suffix: String, _ setting: Setting)
        throws(TemplateError)
    {
        // Only Go templates have a place for the text after the gap.
        let template = try setting.cache.template(setting.model.template ?? "{{ .Prompt }}")
        choice = .go(template)
        var input = PromptInput()
        input.prompt = prompt
        input.suffix = suffix
        input.think = setting.think
        text = try template.render(input)
    }

    private mutating func renderCompletion(
        _ request: GenerationRequest, _ builder: PromptBuilder, _ setting: Setting
    ) throws(TemplateError) {
        guard
            case .completion(let prompt, _, let system, let override, let context, _, let images) =
                request.input
        else { return }
        let messages = Conversation.completion(
            prompt: prompt, images: images, system: system, hasContext: context != nil,
            model: setting.model)
        if let override, !override.isEmpty {
            let template = try GoTemplate(override)
            choice = .go(template)
            let (tagged, count) = Conversation.withImageTags(messages)
            imageCount = count
            text = try PromptBuilder(choice: choice, tokenizer: builder.tokenizer)
                .render(tagged, think: setting.think)
            return
        }
        var builder = builder
        if case .plain = setting.choice {
            choice = .go(try setting.cache.template("{{ .Prompt }}"))
            builder = PromptBuilder(choice: choice, tokenizer: builder.tokenizer)
        }
        try render(messages, [], builder, request, setting)
    }

    /// Puts the text of an earlier answer's tokens in front.
    private mutating func prependContext(_ request: GenerationRequest, _ setting: Setting)
        throws(APIError)
    {
        guard case .completion(_, _, _, _, let context?, false, _) = request.input,
            !context.isEmpty
        else { return }
        let tokenizer = setting.loaded.tokenizer
        if let bad = context.first(where: { $0 < 0 || $0 >= tokenizer.count }) {
            throw APIError(
                500,
                "detokenize error: token \(bad) is outside the vocabulary of \(tokenizer.count)")
        }
        text = tokenizer.decode(context.map { Token($0) }, special: true) + text
    }
}
