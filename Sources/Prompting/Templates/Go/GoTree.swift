/// Questions about the tree of a Go template.
enum GoTree {
    // MARK: - Identifiers

    /// Lower-cased names of all fields and variables.
    static func identifiers(of nodes: [GoNode]) -> Set<String> {
        var names: Set<String> = []
        for node in nodes {
            switch node {
            case .text, .breakLoop, .continueLoop: break
            case .action(let pipeline): collect(pipeline, &names)
            case .choice(let choice):
                for arm in choice.arms {
                    collect(arm.condition, &names)
                    names.formUnion(identifiers(of: arm.body))
                }
                names.formUnion(identifiers(of: choice.otherwise))
            case .range(let range):
                collect(range.pipeline, &names)
                names.formUnion(identifiers(of: range.body))
                names.formUnion(identifiers(of: range.otherwise))
            case .template(_, let argument, _): collect(argument, &names)
            }
        }
        return names
    }

    private static func collect(_ pipeline: GoPipeline, _ names: inout Set<String>) {
        names.formUnion(pipeline.variables.map { $0.lowercased() })
        forEachOperand(in: pipeline) { operand in
            switch operand.kind {
            case .field(let fields), .chain(_, let fields):
                names.formUnion(fields.map { $0.lowercased() })
            case .variable(let name, let fields):
                names.formUnion(([name] + fields).map { $0.lowercased() })
            default: break
            }
        }
    }

    private static func forEachOperand(in pipeline: GoPipeline, _ body: (GoOperand) -> Void) {
        for operand in pipeline.commands.joined() { visit(operand, body) }
    }

    private static func visit(_ operand: GoOperand, _ body: (GoOperand) -> Void) {
        body(operand)
        switch operand.kind {
        case .pipeline(let inner): forEachOperand(in: inner, body)
        case .chain(let base, _): visit(base, body)
        default: break
        }
    }

    private static func mentions(_ field: String, _ pipeline: GoPipeline) -> Bool {
        var found = false
        forEachOperand(in: pipeline) { operand in
            switch operand.kind {
            case .field(let fields), .chain(_, let fields), .variable(_, let fields):
                if fields.contains(field) { found = true }
            default: break
            }
        }
        return found
    }

    // MARK: - The last turn

    /// The tree without everything behind the first output of `.Response`.
    static func cutAfterResponse(_ nodes: [GoNode]) -> [GoNode] {
        var isCut = false
        return cut(nodes, &isCut)
    }

    private static func cut(_ nodes: [GoNode], _ isCut: inout Bool) -> [GoNode] {
        var kept: [GoNode] = []
        for node in nodes where !isCut {
            switch node {
            case .action(let pipeline):
                kept.append(node)
                if pipeline.variables.isEmpty, mentions("Response", pipeline) { isCut = true }
            case .choice(var choice):
                for index in choice.arms.indices {
                    choice.arms[index].body = cut(choice.arms[index].body, &isCut)
                }
                choice.otherwise = cut(choice.otherwise, &isCut)
                kept.append(.choice(choice))
            case .range(var range):
                range.body = cut(range.body, &isCut)
                range.otherwise = cut(range.otherwise, &isCut)
                kept.append(.range(range))
            default: kept.append(node)
            }
        }
        return kept
    }

    // MARK: - Thinking tags

    static func thinkingTags(of nodes: [GoNode]) -> (open: String, close: String)? {
        var tags = ("", "")
        findThinking(nodes, isOverMessages: false, &tags)
        return tags.0.isEmpty || tags.1.isEmpty ? nil : tags
    }

    /// The text at both ends of the innermost list around each `.Thinking`; the last one counts.
    private static func findThinking(
        _ nodes: [GoNode], isOverMessages: Bool, _ tags: inout (String, String)
    ) {
        func note(_ pipeline: GoPipeline) {
            var found = false
            forEachOperand(in: pipeline) { operand in
                switch operand.kind {
                case .field(let fields), .variable(_, let fields):
                    if fields.first == "Thinking" { found = true }
                default: break
                }
            }
            guard found, isOverMessages else { return }
            if case .text(let text)? = nodes.first { tags.0 = text.trimmingWhiteSpace() }
            if case .text(let text)? = nodes.last { tags.1 = text.trimmingWhiteSpace() }
        }
        for node in nodes {
            switch node {
            case .action(let pipeline): note(pipeline)
            case .choice(let choice):
                for arm in choice.arms {
                    note(arm.condition)
                    findThinking(arm.body, isOverMessages: isOverMessages, &tags)
                }
                findThinking(choice.otherwise, isOverMessages: isOverMessages, &tags)
            case .range(let range):
                note(range.pipeline)
                let isMessages = mentions("Messages", range.pipeline)
                findThinking(range.body, isOverMessages: isMessages, &tags)
                findThinking(range.otherwise, isOverMessages: isMessages, &tags)
            default: break
            }
        }
    }

    // MARK: - Tool-call tag

    static func toolCallTag(of nodes: [GoNode]) -> String {
        guard let body = toolCallBody(nodes), let text = firstText(body) else { return "{" }
        let tag = text.prefixBytes(before: "{").trimmingWhiteSpace()
        return tag.isEmpty ? "{" : tag
    }

    /// What the first `if` over `.ToolCalls` holds.
    private static func toolCallBody(_ nodes: [GoNode]) -> [GoNode]? {
        for node in nodes {
            switch node {
            case .choice(let choice):
                for arm in choice.arms {
                    if !arm.movesDot, mentions("ToolCalls", arm.condition) { return arm.body }
                    if let found = toolCallBody(arm.body) { return found }
                }
                if let found = toolCallBody(choice.otherwise) { return found }
            case .range(let range):
                if let found = toolCallBody(range.body) ?? toolCallBody(range.otherwise) {
                    return found
                }
            default: break
            }
        }
        return nil
    }

    private static func firstText(_ nodes: [GoNode]) -> String? {
        for node in nodes {
            switch node {
            case .text(let text):
                if !text.trimmingWhiteSpace().isEmpty { return text }
            case .choice(let choice):
                for arm in choice.arms {
                    if let text = firstText(arm.body) { return text }
                }
                if let text = firstText(choice.otherwise) { return text }
            case .range(let range):
                if let text = firstText(range.body) ?? firstText(range.otherwise) { return text }
            case .action: return nil
            default: break
            }
        }
        return nil
    }
}
