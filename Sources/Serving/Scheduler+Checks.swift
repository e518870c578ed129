import API
import GGUF
import Logging
public import ModelStore
import Prompting

extension Scheduler {
    /// Ordered capabilities for show and tags.
    public nonisolated func capabilities(of model: StoredModel) -> [String] {
        model.capabilities(
            facts: try? facts(of: model), cache: facts, goTemplates: configuration.goTemplates)
    }

    /// The template text that show prints: the Go template, or the file's Jinja one when that is in
    /// use.
    public nonisolated func shownTemplate(of model: StoredModel) -> String {
        if !model.namesRenderer, let fileFacts = try? facts(of: model),
            case .jinja(let jinja)? = try? TemplateChoice(
                model, facts: fileFacts, cache: facts, goTemplates: configuration.goTemplates)
        {
            return jinja.source
        }
        return model.template ?? "{{ .Prompt }}"
    }

    nonisolated func facts(of model: StoredModel) throws(LoadFailure) -> FileFacts {
        guard let weights = model.weights else {
            throw model.config.remoteHost.isEmpty ? .missing : .remote
        }
        do throws(GGUFError) {
            return try facts.facts(of: weights)
        } catch {
            throw error.code == .io ? .missing : .broken("error loading model: \(error)")
        }
    }

    /// What the request asks of the model, in the API's order of checks.
    ///
    /// - Returns: how hard to think; models that can do so unless told otherwise, by the request or
    ///   by their own description.
    nonisolated func checkAbilities(
        _ request: GenerationRequest, _ model: StoredModel
    ) throws(APIError) -> Think? {
        let names = Set(capabilities(of: model))
        func can(_ capability: Capability) -> Bool { names.contains(capability.rawValue) }
        if names.contains("image"), !can(.completion) {
            throw APIError(400, "image generation models are not currently supported")
        }
        var missing: [Capability] = []
        switch request.input {
        case .completion(_, let suffix, let system, let template, let context, let raw, _):
            if raw,
                !(system ?? "").isEmpty || !(template ?? "").isEmpty || context?.isEmpty == false
            {
                throw APIError(400, "raw mode does not support template, system, or context")
            }
            if !suffix.isEmpty, !can(.insert) { missing.append(.insert) }
        case .chat(_, let tools):
            if !tools.isEmpty, !can(.tools) { missing.append(.tools) }
        }
        if request.think?.isOn == true, !can(.thinking) {
            throw APIError(400, "\"\(request.requestedModel)\" does not support thinking")
        }
        guard can(.completion) else {
            throw APIError(
                400,
                "\"\(request.requestedModel)\" does not support "
                    + (request.isChat ? "chat" : "generate"))
        }
        if !missing.isEmpty {
            throw APIError(
                400,
                missing.map { "\(model.name.full) does not support \($0.rawValue)" }
                    .joined(separator: "\n"))
        }
        return request.think ?? (can(.thinking) && model.config.thinksByDefault ? .on : nil)
    }

    /// Defaults, the model's parameters, the request's options.
    nonisolated func options(_ model: StoredModel, _ requested: JSONObject) throws(APIError)
        -> RunOptions
    {
        var options = RunOptions()
        for name in try options.apply(model.parameters) + options.apply(requested) {
            logger.warning("invalid option provided", metadata: ["option": "\(name)"])
        }
        for name in options.unusable {
            logger.warning(
                "option has no effect on a CPU engine over mapped weights",
                metadata: ["option": "\(name)"])
        }
        return options
    }
}
