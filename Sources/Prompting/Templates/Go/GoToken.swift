/// One lexical item of a Go template; positions are byte offsets into the source.
struct GoToken {
    enum Kind: Equatable {
        case text, leftDelimiter, rightDelimiter
        case identifier, keyword, field, variable, dot, bool, null, number, character, string
        case pipe, leftParen, rightParen, declare, assign, comma, space
        case end
        case error
    }
    let kind: Kind
    /// The item as written; for strings and characters with quotes; for errors the message.
    let text: String
    let position: Int
    let line: Int

    /// The item as Go's parser shows it in "unexpected X in Y".
    var shown: String {
        switch kind {
        case .end: "EOF"
        case .error: text
        case .keyword: "<\(text)>"
        default:
            text.unicodeScalars.count > 10
                ? goQuoted(String(String.UnicodeScalarView(text.unicodeScalars.prefix(10)))) + "..."
                : goQuoted(text)
        }
    }
}

/// A string literal as Go's `%q` writes it.
func goQuoted(_ text: String) -> String {
    var out = "\""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\"": out += "\\\""
        case "\\": out += "\\\\"
        case "\n": out += "\\n"
        case "\r": out += "\\r"
        case "\t": out += "\\t"
        case "\u{07}": out += "\\a"
        case "\u{08}": out += "\\b"
        case "\u{0B}": out += "\\v"
        case "\u{0C}": out += "\\f"
        case _ where scalar.value < 0x20 || scalar.value == 0x7F:
            out += "\\x" + hexadecimal(scalar.value, width: 2)
        default: out.unicodeScalars.append(scalar)
        }
    }
    return out + "\""
}

func hexadecimal(_ value: UInt32, width: Int) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
}
