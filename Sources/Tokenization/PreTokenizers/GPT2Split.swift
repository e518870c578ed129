/// GPT-2's words, and the passes that other families put around them.
enum GPT2Split {
    /// `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`
    static let words: Pass = { start, text in
        let contraction = text.contraction(start, foldsCase: false)
        if contraction > 0 { return .word(start + contraction) }
        let body = text[start] == 0x20 ? start + 1 : start
        let kind = text.kind(body)
        if kind != .space, kind != .none { return .word(text.endOfRun(kind, body + 1)) }
        return .word(text.endOfSpaces(start, lineBreaks: false) ?? start + 1)
    }

    /// `\p{N}`
    static let singleNumber: Pass = { start, text in
        text.kind(start) == .number ? .word(start + 1) : .gap(start + 1)
    }

    /// `\p{N}+`
    static let numbers: Pass = { start, text in
        let end = text.endOfRun(.number, start)
        return end > start ? .word(end) : .gap(start + 1)
    }

    /// `[0-9][0-9][0-9]`
    static let threeDigits: Pass = { start, text in
        for offset in 0..<3 where !(0x30...0x39).contains(text[start + offset]) {
            return .gap(start + offset + 1)
        }
        return .word(start + 3)
    }

    /// ``[\p{P}$+<=>^~|]+``
    static let punctuation: Pass = { start, text in
        run(start, text) { text.category($0) == .punctuation || isListed(text[$0]) }
    }

    /// The same with the backtick.
    static let punctuationAndBacktick: Pass = { start, text in
        run(start, text) {
            text.category($0) == .punctuation || isListed(text[$0]) || text[$0] == 0x60
        }
    }

    private static func isListed(_ scalar: UInt32) -> Bool {
        switch scalar {
        case 0x24, 0x2B, 0x3C...0x3E, 0x5E, 0x7C, 0x7E: true
        default: false
        }
    }

    private static func run(_ start: Int, _ text: ScalarText, while belongs: (Int) -> Bool) -> Step
    {
        var end = start
        while end < text.bound, belongs(end) { end += 1 }
        return end > start ? .word(end) : .gap(start + 1)
    }
}
