/// One lexical item of a Jinja template.
enum JinjaToken: Equatable, Sendable {
    case data(String)
    case printBegin, printEnd, blockBegin, blockEnd
    case name(String)
    case string(String)
    case integer(Int)
    case float(Double)
    case symbol(String)
    case end
}

/// Splits a Jinja template, as with `trim_blocks` and `lstrip_blocks`.
struct JinjaLexer {
    private let source: [Unicode.Scalar]
    private var position = 0
    private var tokens: [JinjaToken] = []
    /// Whether the text that comes next begins a line.
    private var startsLine = true

    static func tokens(of text: String) throws(TemplateError) -> [JinjaToken] {
        var lexer = JinjaLexer(text)
        try lexer.run()
        return lexer.tokens
    }

    private init(_ text: String) {
        var scalars: [Unicode.Scalar] = []
        var previousIsReturn = false
        for scalar in text.unicodeScalars {
            if scalar == "\n", previousIsReturn {
                previousIsReturn = false
                continue
            }
            previousIsReturn = scalar == "\r"
            scalars.append(previousIsReturn ? "\n" : scalar)
        }
        if scalars.last == "\n" { scalars.removeLast() }
        source = scalars
    }

    private func error(_ message: String) -> TemplateError {
        let line = source[..<min(position, source.count)].count { $0 == "\n" } + 1
        return TemplateError(.syntax, "\(message) (line \(line))")
    }

    private func starts(with word: String, at index: Int) -> Bool {
        source[min(index, source.count)...].starts(with: word.unicodeScalars)
    }

    private mutating func run() throws(TemplateError) {
        while position < source.count {
            var open = position
            while open < source.count {
                if source[open] == "{", open + 1 < source.count,
                    source[open + 1] == "{" || source[open + 1] == "%" || source[open + 1] == "#"
                {
                    break
                }
                open += 1
            }
            guard open < source.count else {
                append(source[position...])
                break
            }
            let kind = source[open + 1]
            let sign = open + 2 < source.count ? source[open + 2] : " "
            appendText(upTo: open, sign: sign, isPrint: kind == "{")
            position = open + 2
            if sign == "-" || sign == "+" { position += 1 }
            switch kind {
            case "{":
                tokens.append(.printBegin)
                try expression(closing: "}}", .printEnd)
            case "#": try comment()
            default:
                if let end = rawBegin() {
                    position = end
                    try raw()
                } else {
                    tokens.append(.blockBegin)
                    try expression(closing: "%}", .blockEnd)
                }
            }
        }
        tokens.append(.end)
    }

    private mutating func append(_ text: ArraySlice<Unicode.Scalar>) {
        guard !text.isEmpty else { return }
        tokens.append(.data(String(String.UnicodeScalarView(text))))
    }

    /// Text before a tag, less the white space that the tag takes away.
    private mutating func appendText(upTo end: Int, sign: Unicode.Scalar, isPrint: Bool) {
        var text = source[position..<end]
        if sign == "-" {
            while let last = text.last, last.isWhiteSpace { text.removeLast() }
        } else if sign != "+", !isPrint {
            let newline = text.lastIndex(of: "\n")
            if newline != nil || startsLine {
                let lineStart = newline.map { $0 + 1 } ?? text.startIndex
                if text[lineStart...].allSatisfy({ $0.isWhiteSpace }) { text = text[..<lineStart] }
            }
        }
        append(text)
    }

    /// What follows a tag: all white space behind a minus, one line end behind blocks and comments.
    private mutating func afterTag(sign: Unicode.Scalar, trimsLine: Bool) {
        startsLine = false
        if sign == "-" {
            while position < source.count, source[position].isWhiteSpace {
                startsLine = source[position] == "\n"
                position += 1
            }
        } else if trimsLine, sign != "+", position < source.count, source[position] == "\n" {
            position += 1
            startsLine = true
        }
    }

    private mutating func comment() throws(TemplateError) {
        var index = position
        while index + 1 < source.count {
            if source[index] == "#", source[index + 1] == "}" {
                let sign = index > position ? source[index - 1] : " "
                position = index + 2
                afterTag(sign: sign, trimsLine: true)
                return
            }
            index += 1
        }
        throw error("Missing end of comment tag")
    }

    // MARK: - Raw blocks

    private func skipSpace(from index: Int) -> Int {
        var index = index
        while index < source.count, source[index].isWhiteSpace { index += 1 }
        return index
    }

    /// Behind `raw -%}` when that stands here.
    private func rawBegin() -> Int? {
        var index = skipSpace(from: position)
        guard starts(with: "raw", at: index) else { return nil }
        index = skipSpace(from: index + 3)
        let trims = index < source.count && source[index] == "-"
        if trims { index += 1 }
        guard starts(with: "%}", at: index) else { return nil }
        index += 2
        if trims { return skipSpace(from: index) }
        return index < source.count && source[index] == "\n" ? index + 1 : index
    }

    private mutating func raw() throws(TemplateError) {
        var open = position
        while open < source.count {
            if starts(with: "{%", at: open) {
                var index = open + 2
                let sign = index < source.count ? source[index] : " "
                if sign == "-" || sign == "+" { index += 1 }
                index = skipSpace(from: index)
                if starts(with: "endraw", at: index) {
                    index = skipSpace(from: index + 6)
                    let closing = index < source.count ? source[index] : " "
                    if closing == "-" || closing == "+" { index += 1 }
                    if starts(with: "%}", at: index) {
                        startsLine = false
                        appendText(upTo: open, sign: sign, isPrint: false)
                        position = index + 2
                        afterTag(sign: closing, trimsLine: true)
                        return
                    }
                }
            }
            open += 1
        }
        throw error("Missing end of raw directive")
    }

    // MARK: - Inside tags

    private static let symbols = [
        "==", "!=", "<=", ">=", "//", "**", "+", "-", "*", "/", "%", "~", "(", ")", "[", "]", "{",
        "}", ",", ":", ".", "|", "=", "<", ">", ";",
    ].map { ($0, Array($0.unicodeScalars)) }

    private mutating func expression(
        closing: String, _ end: JinjaToken
    ) throws(TemplateError) {
        var open = 0
        while position < source.count {
            let scalar = source[position]
            if scalar.isWhiteSpace {
                position += 1
                continue
            }
            if open == 0 {
                let signed = scalar == "-" || scalar == "+"
                if starts(with: closing, at: position + (signed ? 1 : 0)) {
                    position += signed ? 3 : 2
                    tokens.append(end)
                    afterTag(sign: signed ? scalar : " ", trimsLine: end == .blockEnd)
                    return
                }
            }
            if scalar == "_" || scalar.properties.isXIDStart {
                var next = position
                while next < source.count, source[next].properties.isXIDContinue { next += 1 }
                tokens.append(.name(String(String.UnicodeScalarView(source[position..<next]))))
                position = next
            } else if scalar.value >= 0x30, scalar.value <= 0x39 {
                try number()
            } else if scalar == "'" || scalar == "\"" {
                try string(scalar)
            } else {
                guard
                    let (name, symbol) = Self.symbols.first(where: {
                        source[position...].starts(with: $0.1)
                    })
                else { throw error("unexpected char '\(scalar)' at \(position)") }
                if "([{".contains(name) { open += 1 }
                if ")]}".contains(name) {
                    open -= 1
                    if open < 0 { throw error("unexpected '\(name)'") }
                }
                tokens.append(.symbol(name))
                position += symbol.count
            }
        }
        throw error(
            "unexpected end of template, expected "
                + (end == .printEnd ? "'end of print statement'." : "'end of statement block'."))
    }

    private mutating func number() throws(TemplateError) {
        func isDigit(_ index: Int) -> Bool {
            index < source.count && source[index].value >= 0x30 && source[index].value <= 0x39
        }
        var end = position
        var isFloat = false
        while isDigit(end) || end < source.count && source[end] == "_" && isDigit(end + 1) {
            end += 1
        }
        if end < source.count, source[end] == ".", isDigit(end + 1) {
            isFloat = true
            end += 1
            while isDigit(end) { end += 1 }
        }
        if end < source.count, source[end] == "e" || source[end] == "E" {
            var power = end + 1
            if power < source.count, source[power] == "+" || source[power] == "-" { power += 1 }
            if isDigit(power) {
                isFloat = true
                end = power
                while isDigit(end) { end += 1 }
            }
        }
        let text = String(
            String.UnicodeScalarView(source[position..<end].filter { $0 != "_" }))
        if isFloat, let value = Double(text) {
            tokens.append(.float(value))
        } else if let value = Int(text) {
            tokens.append(.integer(value))
        } else {
            throw error("number \(text) is too large")
        }
        position = end
    }

    private mutating func string(_ quote: Unicode.Scalar) throws(TemplateError) {
        var out = String.UnicodeScalarView()
        var index = position + 1
        while index < source.count, source[index] != quote {
            guard source[index] == "\\", index + 1 < source.count else {
                out.append(source[index])
                index += 1
                continue
            }
            index += 1
            index = unescape(at: index, into: &out)
        }
        guard index < source.count else {
            throw error("unexpected char '\(quote)' at \(position)")
        }
        tokens.append(.string(String(out)))
        position = index + 1
    }

    /// Python's escapes; unknown ones keep their backslash. Returns the index behind.
    private func unescape(at index: Int, into out: inout String.UnicodeScalarView) -> Int {
        func code(_ digits: Int) -> Int? {
            let text = String(
                String.UnicodeScalarView(source[(index + 1)...].prefix(digits)))
            guard text.unicodeScalars.count == digits, let value = UInt32(text, radix: 16),
                let scalar = Unicode.Scalar(value)
            else { return nil }
            out.append(scalar)
            return index + 1 + digits
        }
        let simple: Unicode.Scalar? =
            switch source[index] {
            case "n": "\n"
            case "t": "\t"
            case "r": "\r"
            case "a": "\u{07}"
            case "b": "\u{08}"
            case "f": "\u{0C}"
            case "v": "\u{0B}"
            case "\\", "'", "\"": source[index]
            default: nil
            }
        if let simple {
            out.append(simple)
            return index + 1
        }
        switch source[index] {
        case "\n": return index + 1
        case "x": if let end = code(2) { return end }
        case "u": if let end = code(4) { return end }
        case "U": if let end = code(8) { return end }
        case "0"..."7":
            var end = index
            var value: UInt32 = 0
            while end < source.count, end < index + 3, ("0"..."7").contains(source[end]) {
                value = value * 8 + (source[end].value - 0x30)
                end += 1
            }
            out.append(Unicode.Scalar(value) ?? "\u{FFFD}")
            return end
        default: break
        }
        out.append("\\")
        out.append(source[index])
        return index + 1
    }
}
