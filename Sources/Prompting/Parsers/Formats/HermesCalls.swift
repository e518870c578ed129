public import API

/// Objects between `<tool_call>` tags: Hermes, Qwen 2.5 and 3, Granite 4, SmolLM 3.
public struct HermesCalls: ToolCallReader {
    public init() {}
    public var openers: [String] { ["<tool_call>"] }
    public var closers: [String] { ["</tool_call>"] }

    func read(_ cursor: inout TextCursor, _ tools: [Tool]) throws(ReadStop) -> [ToolCall] {
        try cursor.expect("<tool_call>")
        cursor.skipSpace()
        return try ToolCall.all(in: cursor.json(), tools)
    }

    public func pattern(_ tool: Tool) -> CallPattern {
        .sequence([
            .space, .object(tool, arguments: "arguments"), .space, .text("</tool_call>"),
        ])
    }
}
