public import API

/// A list of calls in Python's words: LFM 2 and Olmo 3.
public struct PythonCalls: ToolCallReader {
    private let open: String
    private let close: String

    public static let lfm2 = PythonCalls(open: "<|tool_call_start|>", close: "<|tool_call_end|>")
    public static let olmo = PythonCalls(open: "<function_calls>", close: "</function_calls>")

    public var openers: [String] { [open] }
    public var closers: [String] { [close] }

    func read(_ cursor: inout TextCursor, _ tools: [Tool]) throws(ReadStop) -> [ToolCall] {
        try cursor.expect(open)
        cursor.skipSpace()
        if try cursor.peek() == UInt8(ascii: "{") {
            return try ToolCall.all(in: cursor.json(), tools)
        }
        let isList = try cursor.take("[")
        var calls: [ToolCall] = []
        while true {
            cursor.skipSpace()
            if isList, try cursor.take("]") { break }
            if !isList, !calls.isEmpty, try cursor.take(close) { break }
            calls.append(try call(&cursor))
            cursor.skipSpace()
            _ = try cursor.take(",")
        }
        guard !calls.isEmpty else { throw .mismatch }
        return calls
    }

    private func call(_ cursor: inout TextCursor) throws(ReadStop) -> ToolCall {
        var call = ToolCall(name: try cursor.name(), arguments: [:])
        try cursor.expect("(")
        while true {
            cursor.skipSpace()
            if try cursor.take(")") { return call }
            let key = try cursor.name()
            cursor.skipSpace()
            try cursor.expect("=")
            call.arguments[key] = try PythonLiteral.read(&cursor, depth: 0)
            cursor.skipSpace()
            if try cursor.take(",") { continue }
            if try cursor.peek() != UInt8(ascii: ")") { throw .mismatch }
        }
    }

    public func pattern(_ tool: Tool) -> CallPattern {
        let properties = tool.argumentSchemas
        let required = (tool.parameters["required"]?.array ?? []).compactMap(\.string)
        func argument(_ name: String) -> CallPattern {
            .sequence([.text("\(name)="), .schema(properties[name] ?? [:])])
        }
        let others = properties.keys.filter { !required.contains($0) }.map(argument)
        var parts: [CallPattern] = [.text("\(tool.name)(")]
        for (index, name) in required.enumerated() {
            if index > 0 { parts.append(.text(", ")) }
            parts.append(argument(name))
        }
        if !others.isEmpty {
            let more = CallPattern.any(.sequence([.text(", "), .choice(others)]))
            parts.append(
                required.isEmpty
                    ? .choice([.sequence([]), .sequence([.choice(others), more])]) : more)
        }
        return .sequence(parts + [.text(")")])
    }

    public func body(_ call: CallPattern, several: Bool) -> CallPattern {
        .sequence([.list(call, several: several), .text(close)])
    }
}

/// Values as Python writes them; those of JSON are read too.
enum PythonLiteral {
    static func read(_ cursor: inout TextCursor, depth: Int) throws(ReadStop) -> JSONValue {
        guard depth < 100 else { throw .mismatch }
        cursor.skipSpace()
        switch try cursor.peek() {
        case UInt8(ascii: "\""), UInt8(ascii: "'"): return .string(try string(&cursor))
        case UInt8(ascii: "["):
            try cursor.expect("[")
            var elements: [JSONValue] = []
            while true {
                cursor.skipSpace()
                if try cursor.take("]") { return .array(elements) }
                elements.append(try read(&cursor, depth: depth + 1))
                cursor.skipSpace()
                if try cursor.take(",") { continue }
                if try cursor.peek() != UInt8(ascii: "]") { throw .mismatch }
            }
        case UInt8(ascii: "{"):
            try cursor.expect("{")
            var object: JSONObject = [:]
            while true {
                cursor.skipSpace()
                if try cursor.take("}") { return .object(object) }
                let key = try string(&cursor)
                cursor.skipSpace()
                try cursor.expect(":")
                object[key] = try read(&cursor, depth: depth + 1)
                cursor.skipSpace()
                if try cursor.take(",") { continue }
                if try cursor.peek() != UInt8(ascii: "}") { throw .mismatch }
            }
        default:
            let word = try cursor.name(allowing: "_-.+")
            switch word {
            case "True": return true
            case "False": return false
            case "None": return .null
            default:
                guard let value = TextCursor.json(Array(word.utf8)) else { throw .mismatch }
                return value
            }
        }
    }

    private static func string(_ cursor: inout TextCursor) throws(ReadStop) -> String {
        let quote = try cursor.peek()
        guard quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") else { throw .mismatch }
        cursor.position += 1
        var text: [UInt8] = []
        while true {
            let byte = try cursor.peek()
            cursor.position += 1
            if byte == quote { return String(decoding: text, as: UTF8.self) }
            guard byte == UInt8(ascii: "\\") else {
                text.append(byte)
                continue
            }
            let escaped = try cursor.peek()
            cursor.position += 1
            switch escaped {
            case UInt8(ascii: "n"): text.append(0x0A)
            case UInt8(ascii: "t"): text.append(0x09)
            case UInt8(ascii: "r"): text.append(0x0D)
            case UInt8(ascii: "\\"), UInt8(ascii: "\""), UInt8(ascii: "'"): text.append(escaped)
            case UInt8(ascii: "u"):
                guard cursor.position + 4 <= cursor.bytes.count else { throw .more }
                let digits = Array(cursor.rest.prefix(4))
                let quoted = Array("\"\\u".utf8) + digits + [0x22]
                guard let scalar = (try? JSONValue(parsing: quoted))?.string else {
                    throw .mismatch
                }
                text += scalar.utf8
                cursor.position += 4
            default: text += [0x5C, escaped]
            }
        }
    }
}
