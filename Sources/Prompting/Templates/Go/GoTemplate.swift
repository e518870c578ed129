import API

/// A Go text/template with the functions and the three rendering modes of Ollama.
public struct GoTemplate: Sendable {
    public let source: String
    /// Lower-cased identifiers of fields and variables used, in the tree that is rendered.
    public let variables: Set<String>
    let nodes: [GoNode]
    let definitions: [String: [GoNode]]

    /// Parses; `{{ .Response }}` is appended where neither messages nor response is used.
    ///
    /// - Throws: ``TemplateError`` with code `syntax` in the words of Go's parser, or `budget`.
    public init(_ source: String) throws(TemplateError) {
        self.source = source
        var parser = GoParser(source)
        var nodes = try parser.parse()
        definitions = parser.definitions
        var used = GoTree.identifiers(of: nodes)
        for body in definitions.values { used.formUnion(GoTree.identifiers(of: body)) }
        if !used.contains("messages"), !used.contains("response") {
            var pipeline = GoPipeline(position: source.utf8.count)
            pipeline.commands = [
                [
                    GoOperand(
                        kind: .field(["Response"]), position: source.utf8.count, text: ".Response")
                ]
            ]
            nodes.append(.action(pipeline))
            used.insert("response")
        }
        variables = used
        self.nodes = nodes
    }

    /// Renders in the mode that input and variables ask for: with prompt and suffix, over the
    /// messages, or turn by turn for templates of a single exchange.
    ///
    /// - Throws: ``TemplateError`` with code `execution` or `budget`.
    public func render(_ input: PromptInput) throws(TemplateError) -> String {
        if !input.prompt.isEmpty, !input.suffix.isEmpty {
            return try execute(
                nodes, input,
                [
                    ("Prompt", .string(input.prompt)), ("Suffix", .string(input.suffix)),
                    ("Response", .string("")),
                ])
        }
        let (system, messages) = Self.collate(input.messages)
        guard variables.contains("messages") else { return try renderTurns(messages, input) }
        return try execute(
            nodes, input,
            [
                ("System", .string(system)),
                ("Messages", .list(messages.map(GoData.message))),
                ("Tools", GoData.tools(input.tools)),
                ("Response", .string("")),
            ])
    }

    /// The opening and closing tags around `.Thinking`, if the template has them.
    public var thinkingTags: (open: String, close: String)? { GoTree.thinkingTags(of: nodes) }

    /// Text that starts a tool call, `{` when not found.
    public var toolCallTag: String { GoTree.toolCallTag(of: nodes) }

    /// Tools and tool calls are used and a tool role is handled.
    public var hasToolRoundTrip: Bool {
        variables.contains("tools") && variables.contains("toolcalls")
            && ["eq .Role \"tool\"", "tool_response", "TOOL_RESULTS"].contains {
                source.containsBytes(of: $0)
            }
    }

    /// Merges neighbours of one role, except tool results, and collects the system texts.
    static func collate(_ messages: [Message]) -> (system: String, messages: [Message]) {
        var system: [String] = []
        var collated: [Message] = []
        for message in messages {
            if message.role == "system" { system.append(message.content) }
            if let last = collated.indices.last, collated[last].role == message.role,
                message.role != "tool"
            {
                collated[last].content += "\n\n" + message.content
            } else {
                collated.append(message)
            }
        }
        return (system.joined(separator: "\n\n"), collated)
    }

    private func renderTurns(
        _ messages: [Message], _ input: PromptInput
    ) throws(TemplateError) -> String {
        var out = ""
        var (system, prompt, response) = ("", "", "")
        func values() -> [(String, GoValue)] {
            [
                ("System", .string(system)), ("Prompt", .string(prompt)),
                ("Response", .string(response)),
            ]
        }
        func flush() throws(TemplateError) {
            out += try execute(nodes, input, values())
            try TemplateBudget.check(bytes: out.utf8.count)
            (system, prompt, response) = ("", "", "")
        }
        for message in messages {
            switch message.role {
            case "system":
                if !prompt.isEmpty || !response.isEmpty { try flush() }
                system = message.content
            case "user":
                if !response.isEmpty { try flush() }
                prompt = message.content
            case "assistant": response = message.content
            default: break
            }
        }
        return out + (try execute(GoTree.cutAfterResponse(nodes), input, values()))
    }

    private func execute(
        _ nodes: [GoNode], _ input: PromptInput, _ values: [(String, GoValue)]
    ) throws(TemplateError) -> String {
        let level: String =
            switch input.think {
            case .level(let level): level
            case .on: "medium"
            case .off, nil: ""
            }
        let thinking: [(String, GoValue)] = [
            ("Think", .bool(input.think?.isOn ?? false)), ("ThinkLevel", .string(level)),
            ("IsThinkSet", .bool(input.think != nil)),
        ]
        let root = GoValue.map((values + thinking).sorted { $0.0.isBytewiseLess(than: $1.0) })
        return try GoEvaluator.run(
            nodes, definitions: definitions, source: Array(source.utf8), root: root)
    }
}
