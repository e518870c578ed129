import API
import ModelStore
import Prompting

/// What a model can do, by the names that the API lists.
enum Capability: String {
    case completion, tools, insert, vision, embedding, thinking, audio
}

extension StoredModel {
    /// Ordered, without duplicates. `facts` nil: a model without a readable weights file.
    func capabilities(
        facts: FileFacts?, cache: FactsCache, goTemplates: Bool?
    ) -> [String] {
        var names = config.capabilities
        func add(_ capability: Capability, _ condition: Bool = true) {
            if condition, !names.contains(capability.rawValue) { names.append(capability.rawValue) }
        }
        if let facts {
            let choice = try? TemplateChoice(
                self, facts: facts, cache: cache, goTemplates: goTemplates)
            if case .jinja(let jinja)? = choice {
                add(.tools, jinja.showsTools)
                add(.thinking, jinja.showsThinking)
            }
            add(facts.hasPooling ? .embedding : .completion)
            add(.vision, facts.hasVision || !projectorPaths.isEmpty)
            add(.audio, facts.hasAudio)
        }
        if let template, let go = try? cache.template(template) {
            let variables = go.variables
            add(.tools, variables.contains("tools"))
            add(.insert, variables.contains("suffix"))
            add(.thinking, go.thinkingTags != nil)
        }
        add(.thinking, ["gptoss", "gpt-oss"].contains(config.family))
        return names
    }
}
