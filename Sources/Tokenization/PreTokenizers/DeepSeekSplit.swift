/// Passes of the DeepSeek families.
enum DeepSeekSplit {
    /// `[\r\n]`
    static let lineBreak: Pass = { start, text in
        text.isLineBreak(start) ? .word(start + 1) : .gap(start + 1)
    }

    /// `\s?\p{L}+`
    static let letters: Pass = { start, text in
        afterSpace(start, text) { text.kind($0) == .letter }
    }

    /// `\s?\p{P}+`
    static let punctuation: Pass = { start, text in
        afterSpace(start, text) { text.category($0) == .punctuation }
    }

    /// `\s?[A-Za-zµ…]+`: letters with case, as Unicode 11 knew them outside the styled alphabets.
    static let casedWords: Pass = { start, text in
        afterSpace(start, text) { isCased(text[$0]) }
    }

    /// `\s?[!-/:-~！-／：-～‘-‟　-。]+`; a blank is never punctuation.
    static let listedPunctuation: Pass = { start, text in
        afterSpace(start, text) {
            switch text[$0] {
            case 0x21...0x2F, 0x3A...0x7E, 0xFF01...0xFF0F, 0xFF1A...0xFF5E, 0x2018...0x201F,
                0x3001...0x3002:
                true
            default: false
            }
        }
    }

    /// `\s+$`
    static let endingSpaces: Pass = { start, text in
        let end = text.endOfRun(.space, start)
        return end > start && end == text.bound ? .word(end) : .gap(max(end, start + 1))
    }

    /// `[一-龥ࠀ-一가-퟿]+`
    static let eastAsian: Pass = { start, text in
        run(start, text) {
            switch text[$0] {
            case 0x0800...0x9FA5, 0xAC00...0xD7FF: text.kind($0) != .space
            default: false
            }
        }
    }

    /// `[一-龥぀-ゟ゠-ヿ]+`
    static let hanAndKana: Pass = { start, text in
        run(start, text) {
            switch text[$0] {
            case 0x4E00...0x9FA5, 0x3040...0x30FF: true
            default: false
            }
        }
    }

    /// `\p{N}{1,3}`
    static let numbersOfThree: Pass = { start, text in
        let end = text.endOfRun(.number, start, longest: 3)
        return end > start ? .word(end) : .gap(start + 1)
    }

    /// `A[A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
    /// where A is ASCII punctuation.
    static let thirdWords: Pass = { start, text in
        let scalar = text[start]
        func isASCIILetter(_ index: Int) -> Bool {
            (0x41...0x5A).contains(text[index] & ~0x20)
        }
        func isWord(_ index: Int) -> Bool {
            text.category(index) == .letter || text.category(index) == .mark
        }
        func isSign(_ index: Int) -> Bool {
            text.category(index) == .punctuation || text.category(index) == .symbol
        }
        if (0x21...0x7E).contains(scalar), isSign(start), isASCIILetter(start + 1) {
            var end = start + 2
            while isASCIILetter(end) { end += 1 }
            return .word(end)
        }
        if isWord(start) || (!text.isLineBreak(start) && !isSign(start) && isWord(start + 1)) {
            var end = start + 1
            while isWord(end) { end += 1 }
            return .word(end)
        }
        var end = scalar == 0x20 ? start + 1 : start
        if isSign(end) {
            while isSign(end) { end += 1 }
            while text.isLineBreak(end) { end += 1 }
            return .word(end)
        }
        if let end = text.endOfSpaces(start, lineBreaks: true) { return .word(end) }
        return .gap(start + 1)
    }

    /// A run, with the one white space before it if there is any.
    private static func afterSpace(
        _ start: Int, _ text: ScalarText, while belongs: (Int) -> Bool
    ) -> Step {
        run(start, text, from: text.kind(start) == .space ? start + 1 : start, while: belongs)
    }

    private static func run(
        _ start: Int, _ text: ScalarText, from first: Int? = nil, while belongs: (Int) -> Bool
    ) -> Step {
        let first = first ?? start
        var end = first
        while end < text.bound, belongs(end) { end += 1 }
        return end > first ? .word(end) : .gap(start + 1)
    }

    private static func isCased(_ scalar: UInt32) -> Bool {
        if scalar < 0x80 { return (0x41...0x5A).contains(scalar & ~0x20) }
        var low = 0
        var high = casedRanges.count
        while low < high {
            let middle = (low + high) / 2
            if casedRanges[middle].1 < scalar { low = middle + 1 } else { high = middle }
        }
        return low < casedRanges.count && casedRanges[low].0 <= scalar
    }

    /// First and last of each range, ascending.
    private static let casedRanges: [(UInt32, UInt32)] = [
        (0xB5, 0xB5), (0xC0, 0xD6), (0xD8, 0xF6), (0xF8, 0x1BA), (0x1BC, 0x1BF), (0x1C4, 0x293),
        (0x295, 0x2AF), (0x370, 0x373), (0x376, 0x376), (0x377, 0x377), (0x37B, 0x37D),
        (0x37F, 0x37F), (0x386, 0x386), (0x388, 0x38A), (0x38C, 0x38C), (0x38E, 0x3A1),
        (0x3A3, 0x3F5), (0x3F7, 0x481), (0x48A, 0x52F), (0x531, 0x556), (0x10A0, 0x10C5),
        (0x13A0, 0x13F5), (0x13F8, 0x13FD), (0x1C90, 0x1CBA), (0x1CBD, 0x1CBF), (0x1D00, 0x1D2B),
        (0x1D6B, 0x1D77), (0x1D79, 0x1D9A), (0x1E00, 0x1F15), (0x1F18, 0x1F1D), (0x1F20, 0x1F45),
        (0x1F48, 0x1F4D), (0x1F50, 0x1F57), (0x1F59, 0x1F59), (0x1F5B, 0x1F5B), (0x1F5D, 0x1F5D),
        (0x1F5F, 0x1F7D), (0x1F80, 0x1FB4), (0x1FB6, 0x1FBC), (0x1FBE, 0x1FBE), (0x1FC2, 0x1FC4),
        (0x1FC6, 0x1FCC), (0x1FD0, 0x1FD3), (0x1FD6, 0x1FDB), (0x1FE0, 0x1FEC), (0x1FF2, 0x1FF4),
        (0x1FF6, 0x1FFC), (0x2102, 0x2102), (0x2107, 0x2107), (0x210A, 0x2113), (0x2115, 0x2115),
        (0x2119, 0x211D), (0x2124, 0x2124), (0x2126, 0x2126), (0x2128, 0x2128), (0x212A, 0x212D),
        (0x212F, 0x2134), (0x2139, 0x2139), (0x213C, 0x213F), (0x2145, 0x2149), (0x214E, 0x214E),
        (0x2183, 0x2183), (0x2184, 0x2184), (0x2C00, 0x2C7B), (0x2C7E, 0x2CE4), (0x2CEB, 0x2CEE),
        (0x2CF2, 0x2CF2), (0x2CF3, 0x2CF3), (0xA640, 0xA66D), (0xA680, 0xA69B), (0xA722, 0xA76F),
        (0xA771, 0xA787), (0xA78B, 0xA78E), (0xAB70, 0xABBF), (0xFB00, 0xFB06), (0xFB13, 0xFB17),
        (0xFF21, 0xFF3A), (0xFF41, 0xFF5A), (0x10400, 0x1044F), (0x104B0, 0x104D3),
        (0x104D8, 0x104FB), (0x10C80, 0x10CB2), (0x10CC0, 0x10CF2), (0x118A0, 0x118DF),
        (0x1E900, 0x1E943),
    ]
}
