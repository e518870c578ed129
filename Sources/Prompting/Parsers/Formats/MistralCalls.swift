public import API

/// `[TOOL_CALLS]` with a list of objects, or with a name and its arguments: Mistral, Ministral.
public struct MistralCalls: ToolCallReader {
    /// A name, `[ARGS]` and an object instead of a list.
    private let namesFirst: Bool
    private let hasID: Bool

    public init(template: String) {
        namesFirst = template.containsBytes(of: "[ARGS]")
        hasID = template.containsBytes(of: "[CALL_ID]")
    }

    public var openers: [String] { ["[TOOL_CALLS]"] }
    public var separators: [String] { ["[ARGS]", "[CALL_ID]"] }

    func read(_ cursor: inout TextCursor, _ tools: [Tool]) throws(ReadStop) -> [ToolCall] {
        try cursor.expect("[TOOL_CALLS]")
        cursor.skipSpace()
        let next = try cursor.peek()
        if next == UInt8(ascii: "[") || next == UInt8(ascii: "{") {
            return try ToolCall.all(in: cursor.json(), tools)
        }
        var call = ToolCall(name: try cursor.name(), arguments: [:])
        cursor.skipSpace()
        if try cursor.take("[CALL_ID]") { call.id = try cursor.name() }
        _ = try cursor.take("[ARGS]")
        cursor.skipSpace()
        call.arguments = try cursor.object()
        return [call]
    }

    public func pattern(_ tool: Tool) -> CallPattern {
        guard namesFirst else { return .object(tool, arguments: "arguments") }
        return .sequence([.text("\(tool.name)[ARGS]"), .schema(tool.argumentSchema)])
    }

    public func body(_ call: CallPattern, several: Bool) -> CallPattern {
        guard namesFirst else { return .sequence([.space, .list(call, several: several)]) }
        guard several else { return call }
        return .sequence([call, .any(.sequence([.text(trigger), call]))])
    }
}
