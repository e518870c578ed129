import API

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
                ? GoQuote.quoted(String(String.UnicodeScalarView(text.unicodeScalars.prefix(10))))
                    + "..."
                : GoQuote.quoted(text)
        }
    }
}

func hexadecimal(_ value: UInt32, width: Int) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
}
