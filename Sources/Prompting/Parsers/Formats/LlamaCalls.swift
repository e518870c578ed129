public import API

/// Objects with `parameters`, alone, behind `<|python_tag|>`, or inside `<function=name>`: Llama 3.
public struct LlamaCalls: ToolCallReader {
    public init() {}
    public var openers: [String] { ["{", "<|python_tag|>", "<function="] }
    public var closers: [String] { [";", "</function>", "<|eom_id|>", "<|eot_id|>"] }
    public var isBare: Bool { true }
    public var trigger: String { "{\"name\": \"" }

    func read(_ cursor: inout TextCursor, _ tools: [Tool]) throws(ReadStop) -> [ToolCall] {
        if try cursor.peek() == UInt8(ascii: "<"), try cursor.take("<function=") {
            let name = try cursor.text(before: ">")
            cursor.skipSpace()
            return [ToolCall(name: name, arguments: try cursor.object())]
        }
        if try cursor.peek() == UInt8(ascii: "<") { try cursor.expect("<|python_tag|>") }
        cursor.skipSpace()
        return try ToolCall.all(in: cursor.json(), tools)
    }

    public func pattern(_ tool: Tool) -> CallPattern {
        let quoted = JSONValue.string(tool.name).serialized
        return .sequence([
            .text("\(String(decoding: quoted.utf8.dropFirst(), as: UTF8.self)), \"parameters\": "),
            .schema(tool.argumentSchema), .text("}"),
        ])
    }

    public func body(_ call: CallPattern, several: Bool) -> CallPattern {
        guard several else { return call }
        return .sequence([call, .any(.sequence([.text("; "), .text(trigger), call]))])
    }
}
