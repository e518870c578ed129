/// Words as in Llama 3, cut where small ASCII letters are followed by capitals, as in `camelCase`.
///
/// `P?U*L+C?|P?U+L*C?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+`, where P is
/// anything but a line break, letter or number, U a letter outside a-z, L a letter outside A-Z and C
/// a contraction.
struct GPT4oSplit: Sendable {
    /// How many numbers may stand together.
    let digits: Int
    /// Whether `'s` and its like belong to the word before.
    let endsInContraction: Bool

    var words: Pass { { start, text in .word(end(ofWordAt: start, in: text)) } }

    private func end(ofWordAt start: Int, in text: ScalarText) -> Int {
        let kind = text.kind(start)
        if kind == .number { return text.endOfRun(.number, start, longest: digits) }
        if kind == .letter { return letters(start, text) }
        if !text.isLineBreak(start), text.kind(start + 1) == .letter {
            return letters(start + 1, text)
        }
        let body = text[start] == 0x20 ? start + 1 : start
        if text.kind(body) == .other {
            var end = text.endOfRun(.other, body)
            while text.isLineBreak(end) || text[end] == 0x2F { end += 1 }
            return end
        }
        return text.endOfSpaces(start, lineBreaks: true) ?? start + 1
    }

    private func letters(_ start: Int, _ text: ScalarText) -> Int {
        func isUpper(_ index: Int) -> Bool {
            text.kind(index) == .letter && !(0x61...0x7A).contains(text[index])
        }
        func isLower(_ index: Int) -> Bool {
            text.kind(index) == .letter && !(0x41...0x5A).contains(text[index])
        }
        var uppers = start
        while isUpper(uppers) { uppers += 1 }
        var end = uppers
        if isLower(uppers) {
            while isLower(end) { end += 1 }
        } else if let last = (start..<uppers).last(where: { isLower($0) }) {
            // A letter without case in ASCII may end the word; plain capitals after it start another.
            end = last + 1
        }
        return end + (endsInContraction ? text.contraction(end, foldsCase: true) : 0)
    }
}
