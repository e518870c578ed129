import API

/// Splits a Go template into items.
///
/// Lexical errors become an `.error` item, so that the parser meets errors in source order.
struct GoLexer {
    private let source: [UInt8]
    private var position = 0
    private var line = 1
    private var tokens: [GoToken] = []
    private var parens = 0

    private static let keywords: Set<String> = [
        "if", "else", "end", "range", "with", "define", "template", "block", "break", "continue",
    ]

    static func tokens(of text: String) -> [GoToken] {
        var lexer = GoLexer(source: Array(text.utf8))
        lexer.run()
        return lexer.tokens
    }

    private init(source: [UInt8]) { self.source = source }

    private mutating func run() {
        while true {
            let start = position
            guard let open = find("{{", from: position) else {
                emitText(source[start...])
                emit(.end, "")
                return
            }
            let trims = isTrimMarker(after: open + 2)
            var text = source[start..<open]
            if trims { while let last = text.last, isSpace(last) { text.removeLast() } }
            emitText(text, consumedTo: open)
            position = open + 2
            if trims { skip(to: position + 2) }
            if starts(with: "/*") {
                guard comment() else { return }
                continue
            }
            emit(.leftDelimiter, "{{")
            guard action() else { return }
        }
    }

    private func starts(with word: StaticString) -> Bool {
        word.withUTF8Buffer { source[position...].starts(with: $0) }
    }

    private func find(_ word: StaticString, from start: Int) -> Int? {
        word.withUTF8Buffer { word in
            var index = start
            while index + word.count <= source.count {
                if source[index] == word[0], source[index...].starts(with: word) { return index }
                index += 1
            }
            return nil
        }
    }

    private func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0D || byte == 0x0A
    }

    private func isTrimMarker(after index: Int) -> Bool {
        index + 1 < source.count && source[index] == UInt8(ascii: "-") && isSpace(source[index + 1])
    }

    /// Moves on and counts the lines passed.
    private mutating func skip(to end: Int) {
        while position < end {
            if source[position] == 0x0A { line += 1 }
            position += 1
        }
    }

    private mutating func emit(_ kind: GoToken.Kind, _ text: String) {
        tokens.append(GoToken(kind: kind, text: text, position: position, line: line))
    }

    private mutating func emitText(_ text: ArraySlice<UInt8>, consumedTo end: Int? = nil) {
        if !text.isEmpty { emit(.text, String(decoding: text, as: UTF8.self)) }
        skip(to: end ?? source.count)
    }

    /// White space after a trimming right delimiter.
    private mutating func trimFollowing() {
        var end = position
        while end < source.count, isSpace(source[end]) { end += 1 }
        skip(to: end)
    }

    private mutating func comment() -> Bool {
        guard let close = find("*/", from: position) else {
            emit(.error, "unclosed comment")
            return false
        }
        skip(to: close + 2)
        if position + 1 < source.count, isSpace(source[position]),
            source[position + 1] == UInt8(ascii: "-")
        {
            let mark = (position, line)
            skip(to: position + 2)
            if starts(with: "}}") {
                position += 2
                trimFollowing()
                return true
            }
            (position, line) = mark
        }
        guard starts(with: "}}") else {
            emit(.error, "comment ends before closing delimiter")
            return false
        }
        position += 2
        return true
    }

    /// Items up to and with the right delimiter; false after an error.
    private mutating func action() -> Bool {
        parens = 0
        while true {
            guard position < source.count else {
                emit(.error, "unclosed action")
                return false
            }
            if starts(with: "}}") {
                guard parens == 0 else { return fail("unclosed left paren") }
                emit(.rightDelimiter, "}}")
                position += 2
                return true
            }
            let byte = source[position]
            if isSpace(byte) {
                if closesTrimmed() { return true }
                spaces()
                continue
            }
            if !item(byte) { return false }
        }
    }

    /// ` -}}`, where at least one blank stands before the dash.
    private mutating func closesTrimmed() -> Bool {
        var end = position
        while end < source.count, isSpace(source[end]) { end += 1 }
        guard parens == 0, end + 2 < source.count, source[end] == UInt8(ascii: "-"),
            source[end + 1] == UInt8(ascii: "}"), source[end + 2] == UInt8(ascii: "}")
        else { return false }
        skip(to: end + 1)
        emit(.rightDelimiter, "}}")
        position += 2
        trimFollowing()
        return true
    }

    private mutating func spaces() {
        emit(.space, " ")
        var end = position
        while end < source.count, isSpace(source[end]) { end += 1 }
        skip(to: end)
    }

    private mutating func fail(_ message: String) -> Bool {
        emit(.error, message)
        return false
    }

    private mutating func take(_ kind: GoToken.Kind, to end: Int) -> Bool {
        emit(kind, String(decoding: source[position..<end], as: UTF8.self))
        skip(to: end)
        return true
    }

    private func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), 0x80...:
            true
        default: false
        }
    }

    private func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

    private func wordEnd(from start: Int) -> Int {
        var end = start
        while end < source.count, isAlphanumeric(source[end]) { end += 1 }
        return end
    }

    private mutating func item(_ byte: UInt8) -> Bool {
        let next = position + 1 < source.count ? source[position + 1] : 0
        switch byte {
        case UInt8(ascii: ":"):
            guard next == UInt8(ascii: "=") else { return fail("expected :=") }
            return take(.declare, to: position + 2)
        case UInt8(ascii: "="): return take(.assign, to: position + 1)
        case UInt8(ascii: "|"): return take(.pipe, to: position + 1)
        case UInt8(ascii: ","): return take(.comma, to: position + 1)
        case UInt8(ascii: "("):
            parens += 1
            return take(.leftParen, to: position + 1)
        case UInt8(ascii: ")"):
            parens -= 1
            guard parens >= 0 else { return fail("unexpected right paren") }
            return take(.rightParen, to: position + 1)
        case UInt8(ascii: "\""): return quoted(byte, .string, "unterminated quoted string")
        case UInt8(ascii: "'"): return quoted(byte, .character, "unterminated character constant")
        case UInt8(ascii: "`"):
            guard let end = source[(position + 1)...].firstIndex(of: byte) else {
                return fail("unterminated raw quoted string")
            }
            return take(.string, to: end + 1)
        case UInt8(ascii: "$"):
            let end = wordEnd(from: position + 1)
            guard isTerminated(end) else { return bad(end) }
            return take(.variable, to: end)
        case UInt8(ascii: ".") where !isDigit(next):
            let end = wordEnd(from: position + 1)
            guard isTerminated(end) else { return bad(end) }
            return take(end == position + 1 ? .dot : .field, to: end)
        case UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            return number()
        case _ where isAlphanumeric(byte): return word()
        default:
            let scalar = String(decoding: source[position...].prefix(4), as: UTF8.self)
                .unicodeScalars.first!
            return fail(
                "unrecognized character in action: U+"
                    + "\(hexadecimal(scalar.value, width: 4).uppercased()) '\(scalar)'")
        }
    }

    private mutating func word() -> Bool {
        let end = wordEnd(from: position)
        guard isTerminated(end) else { return bad(end) }
        let text = String(decoding: source[position..<end], as: UTF8.self)
        let kind: GoToken.Kind =
            switch text {
            case "true", "false": .bool
            case "nil": .null
            default: Self.keywords.contains(text) ? .keyword : .identifier
            }
        return take(kind, to: end)
    }

    private func isTerminated(_ end: Int) -> Bool {
        guard end < source.count else { return true }
        switch source[end] {
        case 0x20, 0x09, 0x0A, 0x0D, UInt8(ascii: "."), UInt8(ascii: ","), UInt8(ascii: "|"),
            UInt8(ascii: ":"), UInt8(ascii: "="), UInt8(ascii: "("), UInt8(ascii: ")"):
            return true
        default: return source[end...].starts(with: "}}".utf8)
        }
    }

    private mutating func bad(_ end: Int) -> Bool {
        let scalar = String(decoding: source[end...].prefix(4), as: UTF8.self).unicodeScalars.first!
        return fail(
            "bad character U+\(hexadecimal(scalar.value, width: 4).uppercased()) '\(scalar)'")
    }

    private mutating func quoted(_ quote: UInt8, _ kind: GoToken.Kind, _ message: String) -> Bool {
        var end = position + 1
        while end < source.count, source[end] != 0x0A {
            if source[end] == UInt8(ascii: "\\") {
                end += 2
            } else if source[end] == quote {
                return take(kind, to: end + 1)
            } else {
                end += 1
            }
        }
        return fail(message)
    }

    private mutating func number() -> Bool {
        var end = position
        if source[end] == UInt8(ascii: "+") || source[end] == UInt8(ascii: "-") { end += 1 }
        let isHex =
            end + 1 < source.count && source[end] == 0x30 && source[end + 1] | 0x20 == 0x78
        while end < source.count {
            let byte = source[end]
            let isExponentSign =
                (byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-"))
                && (source[end - 1] | 0x20 == 0x70 || (!isHex && source[end - 1] | 0x20 == 0x65))
            guard isAlphanumeric(byte) || byte == UInt8(ascii: ".") || isExponentSign else { break }
            end += 1
        }
        let text = String(decoding: source[position..<end], as: UTF8.self)
        guard GoNumber(text) != nil else {
            return fail("bad number syntax: \(GoQuote.quoted(text))")
        }
        return take(.number, to: end)
    }
}
