/// `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`
enum GPT2Split: PreTokenizer {
    static let names = ["gpt-2", "gpt2", "default", "phi-2", "mpt", "olmo", "jais", "trillion"]
    static let addsBegin = false
    static let ignoresMerges = false
    static let cleansSpaces = true

    static func end(ofWordAt start: Int, in text: borrowing ScalarText) -> Int {
        let contraction = text.contraction(start, foldsCase: false)
        if contraction > 0 { return start + contraction }
        let body = text[start] == 0x20 ? start + 1 : start
        let kind = text.kind(body)
        if kind != .space, kind != .none {
            var end = body + 1
            while text.kind(end) == kind { end += 1 }
            return end
        }
        return text.endOfSpaces(start, lineBreaks: false) ?? start + 1
    }
}

/// Every digit on its own, the rest as in GPT-2.
enum DigitSplit: PreTokenizer {
    static let names = [
        "starcoder", "refact", "command-r", "smollm", "codeshell", "exaone", "minerva-7b",
    ]
    static let addsBegin = false
    static let ignoresMerges = false
    static let cleansSpaces = true

    static func end(ofWordAt start: Int, in text: borrowing ScalarText) -> Int {
        if text.kind(start) == .number { return start + 1 }
        if text[start] == 0x20, text.kind(start + 1) == .number { return start + 1 }
        // Blanks before a digit end the text that the rest sees: none of them is left over.
        if text.kind(start) == .space {
            var end = start
            while text.kind(end) == .space { end += 1 }
            if text.kind(end) == .number { return end }
        }
        return GPT2Split.end(ofWordAt: start, in: text)
    }
}
