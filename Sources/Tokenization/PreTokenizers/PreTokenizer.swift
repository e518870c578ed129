/// What a pass finds at a position.
enum Step {
    /// A word from the position to this index.
    case word(Int)
    /// No word starts before this index; what lies between words is a word too.
    case gap(Int)
}

/// One regular expression of a family, written by hand: looks at a position of a text, up to the
/// text's bound, and never behind it.
typealias Pass = @Sendable (_ start: Int, _ text: ScalarText) -> Step

/// How a family of models splits text into the words within which byte pairs may merge, and the
/// habits that go with it. `tokenizer.ggml.pre` names it.
struct PreTokenizer: Sendable {
    /// Values of `tokenizer.ggml.pre` that mean this splitter.
    let names: [String]
    /// Each splits further what the one before it left.
    let passes: [Pass]
    /// Whether the family puts a begin token first when the file does not say.
    var addsBegin = false
    /// Whether a word that is a token as a whole is taken as it is, without merging.
    var ignoresMerges = false
    /// Whether the library form of detokenizing tidies blanks before punctuation.
    var cleansSpaces = false

    /// Index after the last scalar of each word, ascending; the last is the text's count.
    ///
    /// - Complexity: O(n) a pass.
    func ends(in text: inout ScalarText) -> [Int] {
        guard text.count > 0 else { return [] }
        var ends = [text.count]
        for pass in passes {
            var finer: [Int] = []
            finer.reserveCapacity(text.count / 3 + 1)
            var at = 0
            for end in ends {
                text.bound = end
                var gap = at
                while at < end {
                    switch pass(at, text) {
                    case .word(let next):
                        if gap < at { finer.append(at) }
                        finer.append(next)
                        at = next
                        gap = next
                    case .gap(let next):
                        at = min(next, end)
                    }
                }
                if gap < end { finer.append(end) }
            }
            ends = finer
        }
        text.bound = text.count
        return ends
    }

    /// - Throws: ``TokenizationError`` that names a family which is not known.
    static func named(_ name: String) throws(TokenizationError) -> PreTokenizer {
        for family in all where family.names.contains(name) { return family }
        throw TokenizationError("unsupported pre-tokenizer \"\(name)\"")
    }

    /// All families. A file that names none means `default`.
    static let all: [PreTokenizer] = [
        PreTokenizer(
            names: ["default"],
            passes: [
                GPT2Split.punctuation, GPT2Split.words, GPT2Split.numbers, GPT2Split.threeDigits,
            ], cleansSpaces: true),
        PreTokenizer(
            names: [
                "gpt-2", "phi-2", "mpt", "olmo", "jais", "exaone4", "gigachat", "a.x-4.0", "mellum",
            ], passes: [GPT2Split.words], cleansSpaces: true),
        PreTokenizer(names: ["trillion", "granite-docling"], passes: [GPT2Split.words]),
        PreTokenizer(
            names: ["starcoder", "refact", "codeshell", "exaone", "minerva-7b"],
            passes: [GPT2Split.singleNumber, GPT2Split.words], cleansSpaces: true),
        PreTokenizer(
            names: ["command-r", "smollm"], passes: [GPT2Split.singleNumber, GPT2Split.words]),
        PreTokenizer(
            names: ["falcon"],
            passes: [
                GPT2Split.punctuationAndBacktick, GPT2Split.words, GPT2Split.threeDigits,
            ], cleansSpaces: true),
        PreTokenizer(
            names: [
                "llama-bpe", "llama3", "llama-v3", "falcon3", "falcon-h1", "pixtral", "midm-2.0",
                "lfm2",
            ], passes: [Llama3Split(digits: 3).words], addsBegin: true, ignoresMerges: true,
            cleansSpaces: true),
        PreTokenizer(
            names: ["glm4"], passes: [Llama3Split(digits: 3).words], ignoresMerges: true,
            cleansSpaces: true),
        PreTokenizer(
            names: ["dbrx", "smaug-bpe", "chatglm-bpe"], passes: [Llama3Split(digits: 3).words],
            cleansSpaces: true),
        PreTokenizer(
            names: [
                "qwen2", "deepseek-r1-qwen", "kormo", "bailingmoe", "bailingmoe2", "llada-moe",
                "hunyuan", "grok-2", "solar-open",
            ], passes: [Llama3Split(digits: 1).words]),
        PreTokenizer(
            names: ["stablelm2", "megrez"], passes: [Llama3Split(digits: 1).words],
            cleansSpaces: true),
        PreTokenizer(
            names: ["qwen35"], passes: [Llama3Split(digits: 1, marksAreLetters: true).words]),
        PreTokenizer(
            names: ["gpt-4o", "llama4", "minimax-m2"],
            passes: [GPT4oSplit(digits: 3, endsInContraction: true).words]),
        PreTokenizer(
            names: ["tekken"], passes: [GPT4oSplit(digits: 1, endsInContraction: false).words],
            addsBegin: true, ignoresMerges: true),
        PreTokenizer(
            names: ["deepseek-llm"],
            passes: [
                DeepSeekSplit.lineBreak, DeepSeekSplit.casedWords, DeepSeekSplit.listedPunctuation,
                DeepSeekSplit.endingSpaces, DeepSeekSplit.eastAsian, GPT2Split.numbers,
            ]),
        PreTokenizer(
            names: ["deepseek-coder"],
            passes: [
                DeepSeekSplit.lineBreak, DeepSeekSplit.letters, DeepSeekSplit.punctuation,
                DeepSeekSplit.eastAsian, GPT2Split.singleNumber,
            ]),
        PreTokenizer(
            names: ["deepseek-v3", "hunyuan-dense", "joyai-llm"],
            passes: [
                DeepSeekSplit.numbersOfThree, DeepSeekSplit.hanAndKana, DeepSeekSplit.thirdWords,
            ]),
    ]
}

extension ScalarText {
    /// End of a run of white space: up to its last line break, or all but its last blank when
    /// something follows, or all of it. `lineBreaks`: whether the first rule applies.
    func endOfSpaces(_ start: Int, lineBreaks: Bool) -> Int? {
        var end = start
        var afterBreak = 0
        while kind(end) == .space {
            if isLineBreak(end) { afterBreak = end + 1 }
            end += 1
        }
        if lineBreaks, afterBreak > 0 { return afterBreak }
        if end - start > 1, end < bound { return end - 1 }
        return end > start ? end : nil
    }

    func isLineBreak(_ index: Int) -> Bool { self[index] == 0x0A || self[index] == 0x0D }

    /// End of the run of one kind that goes on at `start`; `start` where it does not.
    func endOfRun(_ kind: ScalarKind, _ start: Int, longest: Int = .max) -> Int {
        var end = start
        while self.kind(end) == kind, end - start < longest { end += 1 }
        return end
    }

    /// Length of an English contraction ('s 't 'm 'd 're 've 'll) at an apostrophe, or 0.
    func contraction(_ start: Int, foldsCase: Bool) -> Int {
        guard self[start] == 0x27 else { return 0 }
        func letter(_ offset: Int) -> UInt32 {
            let scalar = self[start + offset]
            return foldsCase && (0x41...0x5A).contains(scalar) ? scalar + 0x20 : scalar
        }
        switch letter(1) {
        case 0x73, 0x74, 0x6D, 0x64: return 2
        case 0x72, 0x76: return letter(2) == 0x65 ? 3 : 0
        case 0x6C: return letter(2) == 0x6C ? 3 : 0
        default: return 0
        }
    }
}
