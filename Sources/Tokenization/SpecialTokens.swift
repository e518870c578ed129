import GGUF

/// The tokens with a part of their own: where a sequence begins, what ends generation, and which
/// texts are cut out before the rest is tokenized.
struct SpecialTokens: Sendable {
    let begin: Token?
    let end: Token?
    let endOfTurn: Token?
    let unknown: Token?
    let endOfGeneration: Set<Token>
    let addsBegin: Bool
    let addsEnd: Bool
    /// Texts recognised in prompts, longest first, in the order of the reference.
    let cut: [Cut]

    struct Cut: Sendable {
        let token: Token
        let text: [UInt8]
        /// Recognised only when special text is to be parsed.
        let onlyWhenParsing: Bool
        /// Takes the white space after it along.
        let stripsRight: Bool
    }

    /// Texts by which families mark the end of a turn.
    private static let turnEnds = [
        "<|eot_id|>", "<|im_end|>", "<|end|>", "<end_of_turn>", "<|endoftext|>", "<|end_of_text|>",
        "< EOT >", "_<EOT>", "[EOT]", "<｜end▁of▁sentence｜>", "<end_of_utterance>",
    ]
    /// Texts that end generation whatever the file says about them.
    private static let generationEnds = [
        "<|eot_id|>", "<|im_end|>", "<|end|>", "<|return|>", "<|call|>", "<|flush|>", "<|calls|>",
        "<end_of_turn>", "<|endoftext|>", "</s>", "<|eom_id|>", "<EOT>", "_<EOT>", "[EOT]", "[EOS]",
        "<|end_of_text|>", "<end_of_utterance>", "<eos>", "<turn|>",
    ]

    init(
        _ metadata: Metadata, _ vocabulary: inout Vocabulary, isSentencePiece: Bool,
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
        begin = try id("bos_token_id") ?? (isSentencePiece ? within(1) : within(11))
        end = try id("eos_token_id") ?? (isSentencePiece ? within(2) : within(11))
        unknown = try id("unknown_token_id") ?? (isSentencePiece ? within(0) : nil)
        addsBegin = try flag("add_bos_token") ?? addsBeginByDefault
        addsEnd = try flag("add_eos_token") ?? false

        var turn = try id("eot_token_id")
        if turn == nil {
            // The reference walks its table in an order of its own; only one of these occurs as a rule.
            for text in Self.turnEnds {
                if let token = vocabulary.token(text) {
                    turn = token
                    break
                }
            }
        }
        endOfTurn = turn
        var ends: Set<Token> = []
        for text in Self.generationEnds {
            if let token = vocabulary.token(text) {
                ends.insert(token)
                if vocabulary.kinds[Int(token)] != .control { vocabulary.makeControl(token) }
            }
        }
        for token in [end, turn, try id("eom_token_id")] {
            if let token { ends.insert(token) }
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
    }

    /// A piece of a prompt: a range of its bytes, or a token.
    enum Fragment {
        case text(Range<Int>)
        case token(Token)
    }

    /// Cuts the special texts out of a prompt: longest texts first, over the whole prompt.
    ///
    /// - Complexity: O(bytes × special texts that occur).
    func fragments(_ bytes: UnsafeBufferPointer<UInt8>, parseSpecial: Bool) -> [Fragment] {
        var fragments: [Fragment] = bytes.isEmpty ? [] : [.text(0..<bytes.count)]
        let present = startingBytes(bytes)
        for special in cut where parseSpecial || !special.onlyWhenParsing {
            if !present[Int(special.text[0])] { continue }
            if find(special.text, bytes, 0..<bytes.count) == nil { continue }
            var next: [Fragment] = []
            for fragment in fragments {
                guard case .text(var range) = fragment else {
                    next.append(fragment)
                    continue
                }
                while let match = find(special.text, bytes, range) {
                    if match > range.lowerBound { next.append(.text(range.lowerBound..<match)) }
                    next.append(.token(special.token))
                    var rest = match + special.text.count
                    if special.stripsRight {
                        while rest < range.upperBound, Self.isSpace(bytes[rest]) { rest += 1 }
                    }
                    range = rest..<range.upperBound
                    if range.isEmpty { break }
                }
                if !range.isEmpty { next.append(.text(range)) }
            }
            fragments = next
        }
        return fragments
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || (0x09...0x0D).contains(byte)
    }

    private func startingBytes(_ bytes: UnsafeBufferPointer<UInt8>) -> [Bool] {
        var present = [Bool](repeating: false, count: 256)
        for byte in bytes { present[Int(byte)] = true }
        return present
    }

    private func find(
        _ needle: [UInt8], _ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>
    ) -> Int? {
        guard range.count >= needle.count else { return nil }
        let first = needle[0]
        var at = range.lowerBound
        let last = range.upperBound - needle.count
        while at <= last {
            if bytes[at] == first {
                var matched = 1
                while matched < needle.count, bytes[at + matched] == needle[matched] {
                    matched += 1
                }
                if matched == needle.count { return at }
            }
            at += 1
        }
        return nil
    }
}
