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

    /// The template writes thinking tags, or cuts past thinking off at the closing one.
    public var showsThinking: Bool {
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
        let known = [
            ("<think>", "</think>"), ("<seed:think>", "</seed:think>"), ("[THINK]", "[/THINK]"),
        ]
        for (open, close) in known
        where source.containsBytes(of: open) && source.containsBytes(of: close) {
            return (open, close)
        }
        return showsThinking ? ("<think>", "</think>") : nil
    }
}
