/// `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
enum Llama3Split: PreTokenizer {
    static let names = ["llama-bpe", "llama3", "llama-v3", "falcon3", "pixtral", "lfm2"]
    static let addsBegin = true
    static let ignoresMerges = true
    static let cleansSpaces = true

    static func end(ofWordAt start: Int, in text: borrowing ScalarText) -> Int {
        end(ofWordAt: start, in: text, digits: 3)
    }

    /// `digits`: how many may stand together.
    static func end(ofWordAt start: Int, in text: borrowing ScalarText, digits: Int) -> Int {
        let contraction = text.contraction(start, foldsCase: true)
        if contraction > 0 { return start + contraction }
        let scalar = text[start]
        let kind = text.kind(start)
        if scalar != 0x0A, scalar != 0x0D, kind != .number,
            kind == .letter || text.kind(start + 1) == .letter
        {
            var end = start + 1
            while text.kind(end) == .letter { end += 1 }
            return end
        }
        if kind == .number {
            var end = start + 1
            while end - start < digits, text.kind(end) == .number { end += 1 }
            return end
        }
        let body = scalar == 0x20 ? start + 1 : start
        if text.kind(body) == .other {
            var end = body + 1
            while text.kind(end) == .other { end += 1 }
            while text[end] == 0x0A || text[end] == 0x0D { end += 1 }
            return end
        }
        return text.endOfSpaces(start, lineBreaks: true) ?? start + 1
    }
}

/// As Llama 3's, with every digit on its own.
enum Qwen2Split: PreTokenizer {
    static let names = ["qwen2", "deepseek-r1-qwen", "stablelm2", "megrez", "hunyuan"]
    static let addsBegin = false
    static let ignoresMerges = false
    static let cleansSpaces = false

    static func end(ofWordAt start: Int, in text: borrowing ScalarText) -> Int {
        Llama3Split.end(ofWordAt: start, in: text, digits: 1)
    }
}
