/// `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
struct Llama3Split: Sendable {
    /// How many numbers may stand together.
    let digits: Int
    /// Whether combining marks count as letters.
    var marksAreLetters = false

    var words: Pass { { start, text in .word(end(ofWordAt: start, in: text)) } }

    private func end(ofWordAt start: Int, in text: ScalarText) -> Int {
        let contraction = text.contraction(start, foldsCase: true)
        if contraction > 0 { return start + contraction }
        func isLetter(_ index: Int) -> Bool {
            let category = text.category(index)
            return category == .letter || (marksAreLetters && category == .mark)
        }
        if text.kind(start) == .number { return text.endOfRun(.number, start, longest: digits) }
        if !text.isLineBreak(start), isLetter(start) || isLetter(start + 1) {
            var end = start + 1
            while isLetter(end) { end += 1 }
            return end
        }
        var end = text[start] == 0x20 ? start + 1 : start
        if text.kind(end) == .other, !isLetter(end) {
            while text.kind(end) == .other, !isLetter(end) { end += 1 }
            while text.isLineBreak(end) { end += 1 }
            return end
        }
        return text.endOfSpaces(start, lineBreaks: true) ?? start + 1
    }
}
