import GGUF

/// The tokens with a part of their own: where a sequence begins, what ends generation, and which
/// texts are cut out before the rest is tokenized.
struct SpecialTokens: Sendable {
    let begin: Token?
    let end: Token?
    /// Ends every text of families that have no end token for that.
    let separator: Token?
    let endOfTurn: Token?
    let unknown: Token?
    let endOfGeneration: Set<Token>
    let addsBegin: Bool
    let addsEnd: Bool
    /// Texts recognised in prompts, longest first, equals in the order of their tokens.
    private let cut: [Cut]
    private let tree: PrefixTree

    private struct Cut: Sendable {
        let token: Token
        let text: [UInt8]
        /// Recognised only when special text is to be parsed.
        let onlyWhenParsing: Bool
        /// Takes the white space after it along.
        let stripsRight: Bool
    }

    /// What the numbers of special tokens are where the file does not say.
    enum Family { case bytePair, sentencePiece, wordPiece }

    /// Texts by which families mark the end of a turn.
    private static let turnEnds = [
        "<|eot_id|>", "<|im_end|>", "<|end|>", "<end_of_turn>", "<|endoftext|>", "<|end_of_text|>",
        "<EOT>", "_<EOT>", "[EOT]", "<｜end▁of▁sentence｜>", "<end_of_utterance>",
    ]
    /// Texts that end generation whatever the file says about them.
    private static let generationEnds = [
        "<|eot_id|>", "<|im_end|>", "<|end|>", "<|return|>", "<|call|>", "<|flush|>", "<|calls|>",
        "<end_of_turn>", "<|endoftext|>", "</s>", "<|eom_id|>", "<EOT>", "_<EOT>", "[EOT]", "[EOS]",
        "<|end_of_text|>", "<end_of_utterance>", "<eos>", "<turn|>", "<|tool_response>", "[e~[",
    ]
    /// Keys and texts of the tokens that stand around code to fill in, and whether the token ends
    /// generation.
    private static let fillIns: [(key: String, texts: [String], ends: Bool)] = [
        (
            "fim_pre",
            [
                "<|fim_prefix|>", "<fim-prefix>", "<fim_prefix>", "<｜fim▁begin｜>", "<PRE>",
                "▁<PRE>",
                "<|code_prefix|>",
            ], false
        ),
        (
            "fim_suf",
            [
                "<|fim_suffix|>", "<fim-suffix>", "<fim_suffix>", "<｜fim▁hole｜>", "<SUF>", "▁<SUF>",
                "<|code_suffix|>",
            ], false
        ),
        (
            "fim_mid",
            [
                "<|fim_middle|>", "<fim-middle>", "<fim_middle>", "<｜fim▁end｜>", "<MID>", "▁<MID>",
                "<|code_middle|>",
            ], false
        ),
        ("fim_pad", ["<|fim_pad|>", "<fim-pad>", "<fim_pad>", "<PAD>", "[PAD]"], true),
        (
            "fim_rep", ["<|fim_repo|>", "<|repo_name|>", "<fim-repo>", "<REPO>", "<reponame>"],
            true
        ),
        ("fim_sep", ["<|file_sep|>"], true),
    ]
    /// Markers of gpt-oss that are part of what its parser reads.
    private static let shownMarkers = ["<|start|>", "<|channel|>", "<|message|>", "<|constrain|>"]

    init(
        _ metadata: Metadata, _ vocabulary: inout Vocabulary, _ family: Family,
        addsBeginByDefault: Bool
    ) throws(TokenizationError) {
        let count = vocabulary.count
        func id(_ key: String) throws(TokenizationError) -> Token? {
            do throws(GGUFError) {
                guard let id = try metadata.integer("tokenizer.ggml.\(key)") else { return nil }
                // -1 and its unsigned form say "none".
                if id == -1 || id == 0xFFFF_FFFF { return nil }
                guard id >= 0, id < count else {
                    throw GGUFError(
                        .malformed,
                        "key \"tokenizer.ggml.\(key)\": \(id) is not one of \(count) tokens")
                }
                return Token(id)
            } catch {
                throw TokenizationError(error.description)
            }
        }
        func flag(_ key: String) throws(TokenizationError) -> Bool? {
            do throws(GGUFError) { return try metadata.bool("tokenizer.ggml.\(key)") } catch {
                throw TokenizationError(error.description)
            }
        }
        func within(_ token: Token) -> Token? { Int(token) < count ? token : nil }
        switch family {
        case .bytePair:
            begin = try id("bos_token_id") ?? within(11)
            end = try id("eos_token_id") ?? within(11)
            unknown = try id("unknown_token_id")
            separator = nil
        case .sentencePiece:
            begin = try id("bos_token_id") ?? within(1)
            end = try id("eos_token_id") ?? within(2)
            unknown = try id("unknown_token_id") ?? within(0)
            separator = nil
        case .wordPiece:
            let (named, first) = (try id("bos_token_id"), try id("cls_token_id"))
            begin = named ?? first ?? within(101)
            end = try id("eos_token_id")
            unknown = try id("unknown_token_id") ?? within(100)
            // The key is spelled like this.
            separator = try id("seperator_token_id") ?? within(102)
        }
        addsBegin = try flag("add_bos_token") ?? addsBeginByDefault
        addsEnd = try flag("add_eos_token") ?? false

        var turn = try id("eot_token_id")
        if turn == nil {
            // The reference walks its table in an order of its own; only one of these occurs as a rule.
            turn = Self.turnEnds.lazy.compactMap { [vocabulary] in vocabulary.token($0) }.first
            if let turn { vocabulary.makeControl(turn) }
        }
        endOfTurn = turn
        var ends: Set<Token> = []
        for text in Self.generationEnds {
            if let token = vocabulary.token(text) {
                ends.insert(token)
                vocabulary.makeControl(token)
            }
        }
        for fillIn in Self.fillIns {
            var token = try id("\(fillIn.key)_token_id")
            if token == nil {
                token = fillIn.texts.lazy.compactMap { [vocabulary] in vocabulary.token($0) }.first
                if let token { vocabulary.makeControl(token) }
            }
            if let token, fillIn.ends { ends.insert(token) }
        }
        for token in [end, turn, try id("eom_token_id")] {
            if let token { ends.insert(token) }
        }
        for text in Self.shownMarkers {
            if let token = vocabulary.token(text) { vocabulary.makeUserDefined(token) }
        }
        // A message of gpt-oss and its like ends where the next one of the same answer begins.
        if let end = vocabulary.token("<|end|>") {
            func has(_ text: String) -> Bool { vocabulary.token(text) != nil }
            if (has("<|return|>") && has("<|call|>")) || (has("<|calls|>") && has("<|flush|>")) {
                ends.remove(end)
                vocabulary.makeUserDefined(end)
            }
        }
        // Where answers end in tool responses, this is a tag of plain text.
        if vocabulary.token("<|tool_response>") != nil, let tag = vocabulary.token("</s>") {
            ends.remove(tag)
            vocabulary.makeNormal(tag)
        }
        endOfGeneration = ends

        let name = (try? metadata.string("general.name"))?.lowercased() ?? ""
        let isPhi3 = name.contains("phi-3") || name.contains("phi3")
        var cut: [Cut] = []
        for token in 0..<Token(count) {
            let kind = vocabulary.kinds[Int(token)]
            guard kind.isSpecial || kind == .userDefined else { continue }
            let text = Array(vocabulary.text(token))
            guard !text.isEmpty else { continue }
            let plain = ["<unk>", "<s>", "<|endoftext|>"].contains(
                String(decoding: text, as: UTF8.self))
            cut.append(
                Cut(
                    token: token, text: text, onlyWhenParsing: kind != .userDefined,
                    stripsRight: isPhi3 && !plain))
        }
        self.cut = cut.enumerated().sorted {
            $0.element.text.count != $1.element.text.count
                ? $0.element.text.count > $1.element.text.count : $0.offset < $1.offset
        }.map(\.element)
        tree = PrefixTree(self.cut.map(\.text))
    }

    /// A piece of a prompt: a range of its bytes, or a token.
    enum Fragment {
        case text(Range<Int>)
        case token(Token)
    }

    /// Cuts the special texts out of a prompt: the longest texts first wherever they stand, then
    /// shorter ones in what is left.
    ///
    /// - Complexity: one pass over the bytes, and O(k log k) for k occurrences.
    func fragments(_ bytes: UnsafeBufferPointer<UInt8>, parseSpecial: Bool) -> [Fragment] {
        guard !bytes.isEmpty else { return [] }
        var found: [(index: Int, at: Int)] = []
        for at in bytes.indices {
            tree.forEachMatch(in: bytes, at: at) { index in
                if parseSpecial || !cut[index].onlyWhenParsing { found.append((index, at)) }
            }
        }
        guard !found.isEmpty else { return [.text(0..<bytes.count)] }
        found.sort { $0.index != $1.index ? $0.index < $1.index : $0.at < $1.at }

        var taken = [Bool](repeating: false, count: bytes.count)
        var tokens: [(token: Token, range: Range<Int>)] = []
        for (index, at) in found {
            let special = cut[index]
            var end = at + special.text.count
            guard !taken[at..<end].contains(true) else { continue }
            if special.stripsRight {
                while end < bytes.count, !taken[end], Self.isSpace(bytes[end]) { end += 1 }
            }
            for place in at..<end { taken[place] = true }
            tokens.append((special.token, at..<end))
        }
        tokens.sort { $0.range.lowerBound < $1.range.lowerBound }

        var fragments: [Fragment] = []
        var start = 0
        for (token, range) in tokens {
            if start < range.lowerBound { fragments.append(.text(start..<range.lowerBound)) }
            fragments.append(.token(token))
            start = range.upperBound
        }
        if start < bytes.count { fragments.append(.text(start..<bytes.count)) }
        return fragments
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || (0x09...0x0D).contains(byte)
    }
}
