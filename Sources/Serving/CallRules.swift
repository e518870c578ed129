import API
import Engine
import Prompting

/// What holds a model's calls to the tools that it was given.
struct CallRules: Sendable {
    /// The text of all calls, triggers included, or of one call behind its trigger.
    let grammar: Grammar
    let kind: Kind

    enum Kind: Equatable {
        /// The answer has to be a call.
        case required
        /// The answer is a call or what the `format` says.
        case besideFormat
        /// The grammar begins behind this text and ends with the call.
        case behind(String)
    }

    var trigger: String? { if case .behind(let text) = kind { text } else { nil } }
    /// The trigger counts at the answer's beginning alone.
    let isBare: Bool

    /// - Parameter hasFormat: the answer is held to a format unless it is a call.
    /// - Returns: nil where calls stay free: a form that cannot be told, or schemas without a
    ///   grammar in automatic mode.
    /// - Throws: 400 for a tool that is not there, and where a call is required that cannot be
    ///   brought about.
    init?(
        _ choice: ToolChoice, tools: [Tool], several: Bool, template: TemplateChoice,
        hasFormat: Bool = false
    ) throws(APIError) {
        var allowed = tools.filter { !$0.name.isEmpty }
        switch choice {
        case .none: return nil
        case .auto: break
        case .required:
            guard !allowed.isEmpty else {
                throw APIError(400, "tool_choice is \"required\" but there are no tools")
            }
        case .named(let name):
            allowed = allowed.filter { $0.name == name }
            guard !allowed.isEmpty else {
                throw APIError(400, "tool_choice names '\(name)', which is not among the tools")
            }
        }
        guard !allowed.isEmpty else { return nil }
        let isAuto = choice == .auto
        let calls: CallPattern
        let opener: String
        if template.isHarmony {
            opener = " to=functions."
            calls = .choice(allowed.map { HarmonyParser.pattern($0, isFirst: !isAuto) })
            isBare = false
            // A `format` holds the final channel alone, so calls stay free beside it.
            if isAuto, hasFormat { return nil }
            kind = isAuto ? .behind("<|channel|>commentary to=functions.") : .required
        } else if let format = template.toolCallFormat {
            opener = format.trigger
            calls = format.body(.choice(allowed.map(format.pattern)), several: several)
            isBare = format.isBare
            kind = !isAuto ? .required : hasFormat ? .besideFormat : .behind(opener)
        } else {
            if isAuto { return nil }
            throw APIError(400, "the model's template does not say how tools are called")
        }
        let whole: CallPattern =
            isAuto && !hasFormat ? calls : .sequence([.text(opener), calls])
        do {
            grammar = try Grammar(whole.part)
        } catch {
            // Whoever requires a call relies on its arguments.
            guard isAuto else { throw APIError(400, "the tools cannot be called: \(error)") }
            // Schemas beyond the grammar: the names are held, the arguments are any object.
            guard let loose = try? Grammar(whole.loose.part) else { return nil }
            grammar = loose
        }
    }
}

extension GenerationRun {
    /// - Throws: 400 where the request's `tool_choice` cannot be kept.
    func callRules(_ choice: TemplateChoice) throws(APIError) -> CallRules? {
        guard case .chat(_, let tools) = request.input, !request.renderOnly else { return nil }
        if tools.isEmpty, request.toolChoice == .auto { return nil }
        return try CallRules(
            request.toolChoice, tools: tools, several: request.parallelToolCalls, template: choice,
            hasFormat: grammar != nil)
    }
}

extension CallPattern {
    var part: GrammarPart {
        switch self {
        case .text(let text): .text(text)
        case .space: .space
        case .schema(let schema): .schema(schema.serializedBytes)
        case .freeText(let end): .freeText(before: end)
        case .sequence(let parts): .sequence(parts.map(\.part))
        case .choice(let parts): .choice(parts.map(\.part))
        case .any(let part): .any(part.part)
        }
    }

    /// With values of the same kind only instead of what the schemas say.
    var loose: CallPattern {
        switch self {
        case .schema(let schema):
            .schema(schema["properties"] == nil ? [:] : ["type": "object"])
        case .sequence(let parts): .sequence(parts.map(\.loose))
        case .choice(let parts): .choice(parts.map(\.loose))
        case .any(let part): .any(part.loose)
        default: self
        }
    }
}
