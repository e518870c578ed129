public import API

/// `call:name{key:value}` with quotes of its own: Gemma 4 and FunctionGemma.
public struct GemmaCalls: ToolCallReader {
    private let open: String
    private let close: String
    private let quote: String

    public init(template: String) {
        let isOld = template.containsBytes(of: "<start_function_call>")
        open = isOld ? "<start_function_call>" : "<|tool_call>"
        close = isOld ? "<end_function_call>" : "<tool_call|>"
        quote = isOld ? "<escape>" : "<|\"|>"
    }

    public var openers: [String] { [open] }
    public var closers: [String] { [close] }
    public var separators: [String] { [quote] }

    func read(_ cursor: inout TextCursor, _ tools: [Tool]) throws(ReadStop) -> [ToolCall] {
        try cursor.expect(open)
        cursor.skipSpace()
        try cursor.expect("call:")
        let name = try cursor.name()
        let arguments = try object(&cursor, depth: 0)
        return [ToolCall(name: name, arguments: arguments)]
    }

    private func object(_ cursor: inout TextCursor, depth: Int) throws(ReadStop) -> JSONObject {
        guard depth < 100 else { throw .mismatch }
        try cursor.expect("{")
        var object: JSONObject = [:]
        while true {
            cursor.skipSpace()
            if try cursor.take("}") { return object }
            let key: String
            if try cursor.peek() == quote.utf8.first, try cursor.take(quote) {
                key = try cursor.text(before: quote)
            } else {
                key = try cursor.name()
            }
            try cursor.expect(":")
            object[key] = try value(&cursor, depth: depth + 1)
            cursor.skipSpace()
            if try cursor.take(",") { continue }
            if try cursor.peek() != UInt8(ascii: "}") { throw .mismatch }
        }
    }

    private func value(_ cursor: inout TextCursor, depth: Int) throws(ReadStop) -> JSONValue {
        guard depth < 100 else { throw .mismatch }
        cursor.skipSpace()
        switch try cursor.peek() {
        case UInt8(ascii: "{"): return .object(try object(&cursor, depth: depth + 1))
        case UInt8(ascii: "["):
            try cursor.expect("[")
            var elements: [JSONValue] = []
            while true {
                cursor.skipSpace()
                if try cursor.take("]") { return .array(elements) }
                elements.append(try value(&cursor, depth: depth + 1))
                cursor.skipSpace()
                if try cursor.take(",") { continue }
                if try cursor.peek() != UInt8(ascii: "]") { throw .mismatch }
            }
        case UInt8(ascii: "<"):
            try cursor.expect(quote)
            return .string(try cursor.text(before: quote))
        default:
            let word = try cursor.name(allowing: "_-.+")
            return TextCursor.json(Array(word.utf8)) ?? .string(word)
        }
    }

    public func pattern(_ tool: Tool) -> CallPattern {
        let properties = tool.argumentSchemas
        let required = (tool.parameters["required"]?.array ?? []).compactMap(\.string)
        func argument(_ name: String) -> CallPattern {
            let schema = properties[name] ?? [:]
            let value: CallPattern
            if let values = schema["enum"]?.array?.compactMap(\.string), !values.isEmpty {
                value = .choice(values.map { .text(quote + $0 + quote) })
            } else if schema.takesText {
                value = .sequence([.text(quote), .freeText(before: quote)])
            } else {
                value = .schema(schema)
            }
            return .sequence([.text("\(name):"), value])
        }
        let others = properties.keys.filter { !required.contains($0) }.map(argument)
        var parts: [CallPattern] = [.text("call:\(tool.name){")]
        for (index, name) in required.enumerated() {
            if index > 0 { parts.append(.text(",")) }
            parts.append(argument(name))
        }
        if !others.isEmpty {
            let more = CallPattern.any(.sequence([.text(","), .choice(others)]))
            parts.append(
                required.isEmpty
                    ? .choice([.sequence([]), .sequence([.choice(others), more])]) : more)
        }
        return .sequence(parts + [.text("}" + close)])
    }
}
