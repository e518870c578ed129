public import API

/// An id that holds the name, and an object: Kimi K2.
public struct KimiCalls: ToolCallReader {
    public init() {}
    private static let section = "<|tool_calls_section_begin|>"
    private static let begin = "<|tool_call_begin|>"
    private static let middle = "<|tool_call_argument_begin|>"

    public var openers: [String] { [Self.section, Self.begin] }
    public var closers: [String] { ["<|tool_call_end|>", "<|tool_calls_section_end|>"] }
    public var separators: [String] { [Self.middle] }

    func read(_ cursor: inout TextCursor, _ tools: [Tool]) throws(ReadStop) -> [ToolCall] {
        if try cursor.take(Self.section) { cursor.skipSpace() }
        try cursor.expect(Self.begin)
        let id = try cursor.text(before: Self.middle).trimmingWhiteSpace()
        var name = id.utf8[...]
        if let colon = name.lastIndex(of: UInt8(ascii: ":")) { name = name[..<colon] }
        let prefix = "functions."
        if name.starts(with: prefix.utf8) { name = name.dropFirst(prefix.utf8.count) }
        guard !name.isEmpty else { throw .mismatch }
        cursor.skipSpace()
        return [
            ToolCall(
                id: id, name: String(decoding: name, as: UTF8.self),
                arguments: try cursor.object())
        ]
    }

    public func pattern(_ tool: Tool) -> CallPattern {
        .sequence([
            .text("\(Self.begin)functions.\(tool.name):0\(Self.middle)"),
            .schema(tool.argumentSchema), .text("<|tool_call_end|>"),
        ])
    }

    public func body(_ call: CallPattern, several: Bool) -> CallPattern {
        .sequence([
            call, several ? .any(call) : .sequence([]), .text("<|tool_calls_section_end|>"),
        ])
    }
}
