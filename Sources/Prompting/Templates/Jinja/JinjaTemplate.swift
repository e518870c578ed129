public import API

/// A chat template in the Jinja subset that model files carry.
public struct JinjaTemplate: Sendable {
    public let source: String
    private let nodes: [JinjaNode]

    /// Parses with `trim_blocks` and `lstrip_blocks`, as chat templates expect.
    ///
    /// - Throws: ``TemplateError`` with code `syntax`, or `budget` for too deep nesting.
    public init(_ source: String) throws(TemplateError) {
        self.source = source
        var parser = try JinjaParser(source)
        nodes = try parser.parse()
    }

    /// Renders over a context of variables (messages, tools, add_generation_prompt, bos_token, ...).
    ///
    /// - Parameter now: the local time that `strftime_now` shows, `YYYY-MM-DDTHH:MM:SS`.
    /// - Throws: ``TemplateError``; code `raised` for the template's own `raise_exception`.
    public func render(_ context: JSONObject, now: String? = nil) throws(TemplateError) -> String {
        try JinjaEvaluator.run(nodes, context, clock: JinjaClock(fixed: now))
    }

    /// The template speaks of tools.
    public var showsTools: Bool {
        source.containsBytes(of: "tools") || source.containsBytes(of: "tool_call")
    }

    /// Tags of thinking, apart from `<think>`, by which families are known.
    private static let families = [
        ("<seed:think>", "</seed:think>"), ("[THINK]", "[/THINK]"),
        ("<|START_THINKING|>", "<|END_THINKING|>"), ("<|inner_prefix|>", "<|inner_suffix|>"),
        ("<|channel>thought", "<channel|>"),
    ]

    private var familyTags: (open: String, close: String)? {
        Self.families.first {
            source.containsBytes(of: $0.0) && source.containsBytes(of: $0.1)
        }
    }

    /// The template tells between which tags its model thinks.
    public var showsThinking: Bool { familyTags != nil || showsThinkTags }

    /// The template writes `<think>`, or cuts past thinking off at its end. When a Go template is
    /// there too, this alone counts for the choice between them.
    public var showsThinkTags: Bool {
        if source.containsBytes(of: "<think>"), source.containsBytes(of: "</think>") {
            return true
        }
        let splits = ["content.split('</think>')", "content.split(\"</think>\")"]
        return splits.contains { source.containsBytes(of: $0) }
            && !source.containsBytes(of: "reasoning_content")
            && !source.containsBytes(of: "<SPECIAL_12>")
    }

    /// Calls of the assistant and results of tools are both rendered.
    public var hasToolRoundTrip: Bool {
        guard showsTools,
            ["tool_calls", "assistant_tool_call"].contains(where: {
                source.containsBytes(of: $0)
            })
        else { return false }
        let comparisons = ["role == ", "role ==", "['role'] == ", "[\"role\"] == "].flatMap {
            [$0 + "'tool'", $0 + "\"tool\""]
        }
        return (["tool_response", "tool_results", "ipython"] + comparisons).contains {
            source.containsBytes(of: $0)
        }
    }

    /// The pair of tags that the template shows around thinking.
    public var thinkingTags: (open: String, close: String)? {
        familyTags ?? (showsThinking ? ("<think>", "</think>") : nil)
    }

    /// The pair of tags in which answers stand behind a thought, for models that write them.
    public var answerTags: (open: String, close: String)? {
        let known = [
            ("<response>", "</response>"), ("<|START_RESPONSE|>", "<|END_RESPONSE|>"),
        ]
        return known.first {
            source.containsBytes(of: $0.0) && source.containsBytes(of: $0.1)
        }
    }
}
