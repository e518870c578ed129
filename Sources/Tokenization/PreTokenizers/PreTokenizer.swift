/// Splits text into the words within which byte pairs may merge.
///
/// Each is a hand-written scanner of the regular expression that the family's tokenizer declares;
/// `tokenizer.ggml.pre` names it.
protocol PreTokenizer: Sendable {
    /// Values of `tokenizer.ggml.pre` that mean this splitter.
    static var names: [String] { get }
    /// Whether the family puts a begin token first when the file does not say.
    static var addsBegin: Bool { get }
    /// Whether a word that is a token as a whole is taken as it is, without merging.
    static var ignoresMerges: Bool { get }
    /// Whether the library form of detokenizing tidies blanks before punctuation.
    static var cleansSpaces: Bool { get }
    /// Index after the last scalar of the word that starts at `start`.
    static func end(ofWordAt start: Int, in text: borrowing ScalarText) -> Int
}

enum PreTokenizers {
    /// All splitters, by the names they go by.
    static let all: [any PreTokenizer.Type] = [
        GPT2Split.self, Llama3Split.self, Qwen2Split.self, DigitSplit.self,
    ]

    static func named(_ name: String) throws(TokenizationError) -> any PreTokenizer.Type {
        for splitter in all where splitter.names.contains(name) { return splitter }
        throw TokenizationError("unsupported pre-tokenizer \"\(name)\"")
    }
}

extension ScalarText {
    /// End of a run of white space: up to its last line break, or all but its last blank when
    /// something follows, or all of it. `lineBreaks`: whether the first rule applies.
    func endOfSpaces(_ start: Int, lineBreaks: Bool) -> Int? {
        var end = start
        var afterBreak = 0
        while kind(end) == .space {
            if self[end] == 0x0A || self[end] == 0x0D { afterBreak = end + 1 }
            end += 1
        }
        if lineBreaks, afterBreak > 0 { return afterBreak }
        if end - start > 1, end < count { return end - 1 }
        return end > start ? end : nil
    }

    /// Length of an English contraction ('s 't 'm 'd 're 've 'll) at an apostrophe, or 0.
    func contraction(_ start: Int, foldsCase: Bool) -> Int {
        guard self[start] == 0x27 else { return 0 }
        func letter(_ offset: Int) -> UInt32 {
            let scalar = self[start + offset]
            return foldsCase && (0x41...0x5A).contains(scalar) ? scalar + 0x20 : scalar
        }
        let first = letter(1)
        switch first {
        case 0x73, 0x74, 0x6D, 0x64: return 2
        case 0x72, 0x76: return letter(2) == 0x65 ? 3 : 0
        case 0x6C: return letter(2) == 0x6C ? 3 : 0
        default: return 0
        }
    }
}
