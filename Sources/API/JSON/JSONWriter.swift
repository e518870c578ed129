extension JSONValue {
    /// Compact text as Go's encoder writes it: `<`, `>`, `&`, U+2028 and U+2029 escaped, `/` not.
    public var serialized: String { String(decoding: serializedBytes, as: UTF8.self) }

    public var serializedBytes: [UInt8] {
        var out: [UInt8] = []
        write(into: &out)
        return out
    }

    /// Compact text with nothing but quotes, backslashes and control characters escaped.
    var plainSerialized: String {
        var out: [UInt8] = []
        write(into: &out, escapeHTML: false)
        return String(decoding: out, as: UTF8.self)
    }

    /// Text with `, ` and `: ` as separators, or indented by `indent` blanks a level, as Python's
    /// `json.dumps` writes it; nothing but quotes, backslashes and control characters escaped.
    public func pythonSerialized(
        indent: Int? = nil, asciiOnly: Bool = false, sortKeys: Bool = false
    ) -> String {
        var out: [UInt8] = []
        writePython(into: &out, indent: indent, level: 0, asciiOnly: asciiOnly, sortKeys: sortKeys)
        return String(decoding: out, as: UTF8.self)
    }

    private func write(into out: inout [UInt8], escapeHTML: Bool = true) {
        switch self {
        case .null: out += "null".utf8
        case .bool(let value): out += (value ? "true" : "false").utf8
        case .number(let number): out += number.literal.utf8
        case .string(let string):
            writeJSONString(string, into: &out, escapeHTML: escapeHTML, asciiOnly: false)
        case .array(let elements):
            out.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { out.append(UInt8(ascii: ",")) }
                element.write(into: &out, escapeHTML: escapeHTML)
            }
            out.append(UInt8(ascii: "]"))
        case .object(let members):
            out.append(UInt8(ascii: "{"))
            var isFirst = true
            for (key, value) in members {
                if !isFirst { out.append(UInt8(ascii: ",")) }
                isFirst = false
                writeJSONString(key, into: &out, escapeHTML: escapeHTML, asciiOnly: false)
                out.append(UInt8(ascii: ":"))
                value.write(into: &out, escapeHTML: escapeHTML)
            }
            out.append(UInt8(ascii: "}"))
        }
    }

    private func writePython(
        into out: inout [UInt8], indent: Int?, level: Int, asciiOnly: Bool, sortKeys: Bool
    ) {
        func breakLine(_ level: Int) {
            guard let indent else { return }
            out.append(0x0A)
            out += repeatElement(0x20, count: indent * level)
        }
        func separator() { out += (indent == nil ? ", " : ",").utf8 }
        switch self {
        case .array(let elements) where !elements.isEmpty:
            out.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { separator() }
                breakLine(level + 1)
                element.writePython(
                    into: &out, indent: indent, level: level + 1, asciiOnly: asciiOnly,
                    sortKeys: sortKeys)
            }
            breakLine(level)
            out.append(UInt8(ascii: "]"))
        case .object(let members) where !members.isEmpty:
            out.append(UInt8(ascii: "{"))
            let pairs =
                sortKeys
                ? members.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
                : members.map { ($0.key, $0.value) }
            for (index, (key, value)) in pairs.enumerated() {
                if index > 0 { separator() }
                breakLine(level + 1)
                writeJSONString(key, into: &out, escapeHTML: false, asciiOnly: asciiOnly)
                out += ": ".utf8
                value.writePython(
                    into: &out, indent: indent, level: level + 1, asciiOnly: asciiOnly,
                    sortKeys: sortKeys)
            }
            breakLine(level)
            out.append(UInt8(ascii: "}"))
        case .string(let string):
            writeJSONString(string, into: &out, escapeHTML: false, asciiOnly: asciiOnly)
        default: write(into: &out)
        }
    }
}

private let hexDigits = Array("0123456789abcdef".utf8)

private func writeJSONString(
    _ string: String, into out: inout [UInt8], escapeHTML: Bool, asciiOnly: Bool
) {
    func unicodeEscape(_ code: UInt16) {
        out += "\\u".utf8
        for shift in [12, 8, 4, 0] { out.append(hexDigits[Int(code >> shift) & 15]) }
    }
    out.append(UInt8(ascii: "\""))
    for scalar in string.unicodeScalars {
        switch scalar {
        case "\"": out += "\\\"".utf8
        case "\\": out += "\\\\".utf8
        case "\n": out += "\\n".utf8
        case "\r": out += "\\r".utf8
        case "\t": out += "\\t".utf8
        case "\u{08}": out += "\\b".utf8
        case "\u{0C}": out += "\\f".utf8
        case "<", ">", "&", "\u{2028}", "\u{2029}":
            if escapeHTML { unicodeEscape(UInt16(scalar.value)) } else { fallthrough }
        default:
            if scalar.value < 0x20 {
                unicodeEscape(UInt16(scalar.value))
            } else if asciiOnly, scalar.value > 0x7E {
                for unit in String(scalar).utf16 { unicodeEscape(unit) }
            } else {
                out += Array(String(scalar).utf8)
            }
        }
    }
    out.append(UInt8(ascii: "\""))
}
