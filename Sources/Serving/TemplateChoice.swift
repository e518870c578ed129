import API
import ModelStore
import Prompting

/// Which template makes a model's prompts.
enum TemplateChoice: Sendable {
    case go(GoTemplate)
    case jinja(JinjaTemplate)
    /// Neither the model nor its file has a template.
    case plain

    /// - Throws: the error of the template that would be used.
    init(
        _ model: StoredModel, facts: FileFacts, cache: FactsCache, goTemplates: Bool?
    ) throws(TemplateError) {
        guard let source = model.template else {
            self = try Self.ofFile(facts)
            return
        }
        // Models that name a renderer bring a Go template without the renderer's details; the file's
        // own template is nearer to it.
        if goTemplates == false || model.namesRenderer, facts.jinja != nil {
            self = try Self.ofFile(facts)
            return
        }
        let go = try cache.template(source)
        if goTemplates == nil, case .success(let jinja)? = facts.jinja, jinja.isPreferred(to: go) {
            self = .jinja(jinja)
        } else {
            self = .go(go)
        }
    }

    private static func ofFile(_ facts: FileFacts) throws(TemplateError) -> TemplateChoice {
        guard let jinja = facts.jinja else { return .plain }
        return .jinja(try jinja.get())
    }

    var isJinja: Bool { if case .jinja = self { true } else { false } }
}

extension StoredModel {
    /// Whether the model asks for a form of prompts or answers that is built into the program.
    var namesRenderer: Bool { !config.renderer.isEmpty || !config.parser.isEmpty }
}

extension JinjaTemplate {
    /// More abilities than the Go template's, or a round trip of tools that it lacks.
    func isPreferred(to go: GoTemplate) -> Bool {
        let variables = go.variables
        let goTools = variables.contains("tools")
        let goThinks = go.thinkingTags != nil
        if go.hasToolRoundTrip && !hasToolRoundTrip { return false }
        let hasAllOfGo = (showsTools || !goTools) && (showsThinkTags || !goThinks)
        let hasMore = (showsTools && !goTools) || (showsThinkTags && !goThinks)
        if hasAllOfGo && hasMore { return true }
        let equal = showsTools == goTools && showsThinkTags == goThinks
        return equal && showsTools && hasToolRoundTrip && !go.hasToolRoundTrip
    }
}

/// The form that chats take when nothing gives a template.
let plainChat = """
    {% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] \
    + '<|im_end|>\\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}\
    {% endif %}
    """
