public import API

/// A name and tags around keys and values: GLM 4.5 to 4.7.
public struct GLMCalls: ToolCallReader {
    public init() {}
    public var openers: [String] { ["<tool_call>"] }
    public var closers: [String] { ["</tool_call>"] }

    func read(_ cursor: inout TextCursor, _ tools: [Tool]) throws(ReadStop) -> [ToolCall] {
        try cursor.expect("<tool_call>")
        cursor.skipSpace()
        let name = try cursor.name()
        let tool = tools.first { $0.name == name }
        var arguments: JSONObject = [:]
        while true {
            cursor.skipSpace()
            if try cursor.take("</tool_call>") { break }
            try cursor.expect("<arg_key>")
            let key = try cursor.text(before: "</arg_key>").trimmingWhiteSpace()
            cursor.skipSpace()
            try cursor.expect("<arg_value>")
            let value = try cursor.text(before: "</arg_value>")
            arguments[key] = FunctionTagCalls.value(
                value.withoutOuterBreaks, tool?.schema(of: key))
        }
        return [ToolCall(name: name, arguments: arguments)]
    }

    public func pattern(_ tool: Tool) -> CallPattern {
        .sequence([
            .text("\(tool.name)\n"),
            .blocks(tool) { name, schema in
                let value: CallPattern =
                    schema.takesText && schema["enum"] == nil
                    ? .freeText(before: "</arg_value>")
                    : .sequence([FunctionTagCalls.bare(schema), .text("</arg_value>")])
                return .sequence([
                    .text("<arg_key>\(name)</arg_key>\n<arg_value>"), value, .text("\n"),
                ])
            }, .text("</tool_call>"),
        ])
    }
}
