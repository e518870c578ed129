public import API

/// A list of objects between two marks: Granite 3, Command R, Phi 4 and Apertus.
public struct ListCalls: ToolCallReader {
    private let open: String
    private let close: String
    private let nameKey: String
    private let argumentsKey: String

    public static let granite = ListCalls("<|tool_call|>", "<|/tool_call|>")
    public static let commandR = ListCalls(
        "<|START_ACTION|>", "<|END_ACTION|>", name: "tool_name", arguments: "parameters")
    public static let apertus = ListCalls("<|tools_prefix|>", "<|tools_suffix|>", name: "")

    init(
        _ open: String, _ close: String, name: String = "name", arguments: String = "arguments"
    ) {
        self.open = open
        self.close = close
        nameKey = name
        argumentsKey = arguments
    }

    public var openers: [String] { [open] }
    public var closers: [String] { [close] }

    func read(_ cursor: inout TextCursor, _ tools: [Tool]) throws(ReadStop) -> [ToolCall] {
        try cursor.expect(open)
        cursor.skipSpace()
        return try ToolCall.all(in: cursor.json(), tools)
    }

    public func pattern(_ tool: Tool) -> CallPattern {
        if nameKey.isEmpty {
            return .sequence([
                .text("{\(JSONValue.string(tool.name).serialized): "),
                .schema(tool.argumentSchema), .text("}"),
            ])
        }
        return .object(tool, name: nameKey, arguments: argumentsKey)
    }

    public func body(_ call: CallPattern, several: Bool) -> CallPattern {
        .sequence([.space, .list(call, several: several)])
    }
}
