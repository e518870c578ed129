public import API

/// A name and an object between marks of their own: DeepSeek R1, V3 and V3.1.
public struct DeepSeekCalls: ToolCallReader {
    private static let section = "<｜tool▁calls▁begin｜>"
    private static let begin = "<｜tool▁call▁begin｜>"
    private static let middle = "<｜tool▁sep｜>"
    private static let end = "<｜tool▁call▁end｜>"
    /// Arguments stand in a block of code.
    private let isFenced: Bool

    public init(template: String) { isFenced = template.containsBytes(of: "```json") }

    public var openers: [String] { [Self.section, Self.begin] }
    public var closers: [String] { ["```", Self.end, "<｜tool▁calls▁end｜>"] }
    public var separators: [String] { [Self.middle] }

    func read(_ cursor: inout TextCursor, _ tools: [Tool]) throws(ReadStop) -> [ToolCall] {
        if try cursor.take(Self.section) { cursor.skipSpace() }
        try cursor.expect(Self.begin)
        var name = try cursor.text(before: Self.middle).trimmingWhiteSpace()
        if name == "function" {
            name = try cursor.text(before: "\n").trimmingWhiteSpace()
        }
        cursor.skipSpace()
        if try cursor.peek() == UInt8(ascii: "`") {
            try cursor.expect("```")
            _ = try cursor.take("json")
            cursor.skipSpace()
        }
        guard !name.isEmpty else { throw .mismatch }
        return [ToolCall(name: name, arguments: try cursor.object())]
    }

    public func pattern(_ tool: Tool) -> CallPattern {
        let arguments = CallPattern.schema(tool.argumentSchema)
        let head =
            isFenced ? "function\(Self.middle)\(tool.name)\n```json\n" : tool.name + Self.middle
        return .sequence([
            .text(Self.begin + head), arguments, .text((isFenced ? "\n```" : "") + Self.end),
        ])
    }

    public func body(_ call: CallPattern, several: Bool) -> CallPattern {
        .sequence([
            call, several ? .any(.sequence([.space, call])) : .sequence([]),
            .text("<｜tool▁calls▁end｜>"),
        ])
    }
}
