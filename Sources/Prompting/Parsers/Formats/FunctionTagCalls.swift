public import API

/// A tag for the function and one for each argument: Qwen 3 Coder, Qwen 3.5, Nemotron 3, Seed OSS.
public struct FunctionTagCalls: ToolCallReader {
    public init() {}
    public var openers: [String] { ["<tool_call>", "<seed:tool_call>", "<function="] }
    public var closers: [String] { ["</tool_call>", "</seed:tool_call>"] }

    func read(_ cursor: inout TextCursor, _ tools: [Tool]) throws(ReadStop) -> [ToolCall] {
        if try !cursor.take("<tool_call>") { _ = try cursor.take("<seed:tool_call>") }
        cursor.skipSpace()
        if try cursor.peek() == UInt8(ascii: "{") {
            return try ToolCall.all(in: cursor.json(), tools)
        }
        try cursor.expect("<function=")
        let name = try cursor.text(before: ">")
        guard !name.isEmpty, !name.utf8.contains(0x0A) else { throw .mismatch }
        let tool = tools.first { $0.name == name }
        var arguments: JSONObject = [:]
        while true {
            cursor.skipSpace()
            if try cursor.take("</function>") { break }
            try cursor.expect("<parameter=")
            let argument = try cursor.text(before: ">")
            let text = try cursor.text(before: "</parameter>")
            arguments[argument] = Self.value(text.withoutOuterBreaks, tool?.schema(of: argument))
        }
        return [ToolCall(name: name, arguments: arguments)]
    }

    /// Text as it is, other kinds of values as JSON where they are that.
    static func value(_ text: String, _ schema: JSONValue?) -> JSONValue {
        if schema?.takesText ?? true { return .string(text) }
        let trimmed = text.trimmingWhiteSpace()
        switch trimmed {
        case "True": return true
        case "False": return false
        case "None": return .null
        default: return TextCursor.json(Array(trimmed.utf8)) ?? .string(text)
        }
    }

    public func pattern(_ tool: Tool) -> CallPattern {
        .sequence([
            .text("\n<function=\(tool.name)>\n"),
            .blocks(tool) { name, schema in
                let isFree = schema.takesText && schema["enum"] == nil
                let value: CallPattern =
                    isFree
                    ? .freeText(before: "</parameter>")
                    : .sequence([Self.bare(schema), .text("\n</parameter>")])
                return .sequence([.text("<parameter=\(name)>\n"), value, .text("\n")])
            }, .text("</function>\n</tool_call>"),
        ])
    }

    /// Values as they stand without quotes.
    static func bare(_ schema: JSONValue) -> CallPattern {
        guard schema.takesText, let values = schema["enum"]?.array?.compactMap(\.string) else {
            return .schema(schema)
        }
        return .choice(values.map { .text($0) })
    }
}

extension String {
    /// Without one line break at either end.
    var withoutOuterBreaks: String {
        var bytes = Array(utf8)[...]
        if bytes.first == 0x0A { bytes = bytes.dropFirst() }
        if bytes.last == 0x0A { bytes = bytes.dropLast() }
        return String(decoding: bytes, as: UTF8.self)
    }
}
