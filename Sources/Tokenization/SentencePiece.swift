import GGUF

/// SentencePiece-style byte-pair encoding (Kudo and Richardson 2018): pairs merge by the score of
/// the token that they make, blanks are U+2581, and what is no token is written byte by byte.
struct SentencePiece: Sendable {
    /// Token of each byte: `<0x41>`, or else the character itself, or -1.
    private let byteTokens: [Int32]
    let addsSpacePrefix: Bool

    init(_ metadata: Metadata, _ vocabulary: Vocabulary) throws(TokenizationError) {
        let digits = Array("0123456789ABCDEF".utf8)
        byteTokens = (0..<256).map { byte in
            let text = Array("<0x".utf8) + [digits[byte >> 4], digits[byte & 15]] + Array(">".utf8)
            return vocabulary.token(text) ?? vocabulary.token([UInt8(byte)]) ?? -1
        }
        for token in 0..<Token(vocabulary.count) where vocabulary.kinds[Int(token)] == .byte {
            guard Self.byte(vocabulary.text(token)) != nil else {
                let text = String(decoding: vocabulary.text(token), as: UTF8.self)
                throw TokenizationError("token \(token): \"\(text)\" is not a byte")
            }
        }
        do throws(GGUFError) {
            addsSpacePrefix = try metadata.bool("tokenizer.ggml.add_space_prefix") ?? true
        } catch {
            throw TokenizationError(error.description)
        }
    }

    /// The value of `<0x41>`: exactly two hexadecimal digits.
    static func byte(_ text: ArraySlice<UInt8>) -> UInt8? {
        guard text.count == 6, text.starts(with: "<0x".utf8), text.last == UInt8(ascii: ">") else {
            return nil
        }
        func digit(_ byte: UInt8) -> UInt8? {
            Character(Unicode.Scalar(byte)).hexDigitValue.map { UInt8($0) }
        }
        guard let high = digit(text[text.startIndex + 3]),
            let low = digit(text[text.startIndex + 4])
        else { return nil }
        return high << 4 | low
    }

    /// Appends the tokens of a piece of text. `prefixed`: a blank is put in front.
    ///
    /// - Complexity: O(n log n).
    func encode(
        _ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, prefixed: Bool,
        _ vocabulary: Vocabulary, into tokens: inout [Token]
    ) {
        var text: [UInt8] = []
        text.reserveCapacity(range.count + 16)
        if prefixed { text += [0xE2, 0x96, 0x81] }
        for byte in bytes[range] {
            if byte == 0x20 { text += [0xE2, 0x96, 0x81] } else { text.append(byte) }
        }
        text.withUnsafeBufferPointer { text in
            var list = SymbolList()
            var at = 0
            while at < text.count {
                let byte = text[at]
                let length = byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4
                let end = min(at + length, text.count)
                list.append(
                    vocabulary.token(UnsafeBufferPointer(rebasing: text[at..<end])) ?? -1, at, end)
                at = end
            }
            merge(text, &list, vocabulary)
            var index: Int32 = list.symbols.isEmpty ? -1 : 0
            while index >= 0 {
                let i = Int(index)
                if list.symbols[i] >= 0 {
                    tokens.append(list.symbols[i])
                } else {
                    for byte in text[Int(list.starts[i])..<Int(list.ends[i])]
                    where byteTokens[Int(byte)] >= 0 {
                        tokens.append(byteTokens[Int(byte)])
                    }
                }
                index = list.next[i]
            }
        }
    }

    private func merge(
        _ text: UnsafeBufferPointer<UInt8>, _ list: inout SymbolList, _ vocabulary: Vocabulary
    ) {
        var queue = MergeQueue()
        func candidate(_ list: SymbolList, _ left: Int32, _ right: Int32) -> MergeQueue.Candidate? {
            guard left >= 0, right >= 0 else { return nil }
            let range = Int(list.starts[Int(left)])..<Int(list.ends[Int(right)])
            guard let merged = vocabulary.token(UnsafeBufferPointer(rebasing: text[range])) else {
                return nil
            }
            // The ends stand in for the symbols: a symbol that is no token can be part of a pair.
            return MergeQueue.Candidate(
                rank: -vocabulary.scores[Int(merged)], left: left, right: right,
                leftSymbol: list.ends[Int(left)], rightSymbol: list.ends[Int(right)], merged: merged
            )
        }
        for index in 1..<max(1, Int32(list.symbols.count)) {
            if let found = candidate(list, index - 1, index) { queue.push(found) }
        }
        while let best = queue.pop() {
            guard list.symbols[Int(best.left)] != -2, list.symbols[Int(best.right)] != -2,
                list.ends[Int(best.left)] == best.leftSymbol,
                list.ends[Int(best.right)] == best.rightSymbol
            else { continue }
            list.merge(best.left, best.right, into: best.merged)
            if let found = candidate(list, list.previous[Int(best.left)], best.left) {
                queue.push(found)
            }
            if let found = candidate(list, best.left, list.next[Int(best.left)]) {
                queue.push(found)
            }
        }
    }
}
