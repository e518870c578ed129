import GGUF

/// Byte-level byte-pair encoding (Sennrich et al. 2016, in the byte form of GPT-2).
///
/// Tokens and merges are written in the file with one printable character for each byte. A merge is
/// looked up by the numbers of its two parts, so no strings are made while encoding.
struct BytePair: Sendable {
    private let splitter: PreTokenizer
    /// Token of each single byte, or -1.
    private let byteTokens: [Int32]
    private let merges: [UInt64: Merge]

    private struct Merge: Sendable {
        let rank: Int32
        let merged: Int32
    }

    init(
        _ metadata: Metadata, _ vocabulary: Vocabulary, splitter: PreTokenizer
    ) throws(TokenizationError) {
        self.splitter = splitter
        byteTokens = (0..<256).map { byte in
            vocabulary.token(Array(ByteAlphabet.text[byte].utf8)) ?? -1
        }
        let strings: StringArray?
        do throws(GGUFError) { strings = try metadata.strings("tokenizer.ggml.merges") } catch {
            throw TokenizationError(error.description)
        }
        guard let strings else {
            throw TokenizationError("key \"tokenizer.ggml.merges\" is missing")
        }
        var merges: [UInt64: Merge] = [:]
        merges.reserveCapacity(strings.count)
        var joined: [UInt8] = []
        for index in 0..<strings.count {
            strings.withBytes(at: index) { raw in
                let text = raw.assumingMemoryBound(to: UInt8.self)
                // The first character may itself be a blank.
                guard text.count >= 3, let blank = text[1...].firstIndex(of: 0x20) else { return }
                joined.removeAll(keepingCapacity: true)
                joined.append(contentsOf: text[..<blank])
                joined.append(contentsOf: text[(blank + 1)...])
                guard let left = vocabulary.token(UnsafeBufferPointer(rebasing: text[..<blank])),
                    let right = vocabulary.token(
                        UnsafeBufferPointer(rebasing: text[(blank + 1)...])),
                    let merged = vocabulary.token(joined)
                else { return }
                let key = Self.key(left, right)
                if merges[key] == nil { merges[key] = Merge(rank: Int32(index), merged: merged) }
            }
        }
        self.merges = merges
    }

    private static func key(_ left: Int32, _ right: Int32) -> UInt64 {
        UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
    }

    /// Appends the tokens of a piece of text.
    ///
    /// - Complexity: O(n log w) for words of w bytes.
    func encode(
        _ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, _ vocabulary: Vocabulary,
        into tokens: inout [Token]
    ) {
        var text = ScalarText(bytes, range)
        var queue = MergeQueue()
        var list = SymbolList()
        var mapped: [UInt8] = []
        var start = 0
        for end in splitter.ends(in: &text) {
            let word = text.offsets[start]..<text.offsets[end]
            start = end
            if splitter.ignoresMerges {
                mapped.removeAll(keepingCapacity: true)
                for byte in bytes[word] { mapped += ByteAlphabet.utf8[Int(byte)] }
                if let token = vocabulary.token(mapped) {
                    tokens.append(token)
                    continue
                }
            }
            if word.count == 1, byteTokens[Int(bytes[word.lowerBound])] >= 0 {
                tokens.append(byteTokens[Int(bytes[word.lowerBound])])
                continue
            }
            merge(bytes, word, &list, &queue)
            var index: Int32 = 0
            while index >= 0 {
                let symbol = list.symbols[Int(index)]
                // A byte that is no token has no way to be written.
                if symbol >= 0 { tokens.append(symbol) }
                index = list.next[Int(index)]
            }
        }
    }

    private func merge(
        _ bytes: UnsafeBufferPointer<UInt8>, _ word: Range<Int>, _ list: inout SymbolList,
        _ queue: inout MergeQueue
    ) {
        list.removeAll()
        queue.removeAll()
        for (offset, byte) in bytes[word].enumerated() {
            list.append(byteTokens[Int(byte)], offset, offset + 1)
        }
        func candidate(_ list: SymbolList, _ left: Int32, _ right: Int32) -> MergeQueue.Candidate? {
            guard left >= 0, right >= 0 else { return nil }
            let a = list.symbols[Int(left)]
            let b = list.symbols[Int(right)]
            guard a >= 0, b >= 0, let merge = merges[Self.key(a, b)] else { return nil }
            return MergeQueue.Candidate(
                rank: Float(merge.rank), left: left, right: right, leftSymbol: a, rightSymbol: b,
                merged: merge.merged)
        }
        for index in 1..<max(1, Int32(list.symbols.count)) {
            if let found = candidate(list, index - 1, index) { queue.push(found) }
        }
        while let best = queue.pop() {
            guard list.symbols[Int(best.left)] == best.leftSymbol,
                list.symbols[Int(best.right)] == best.rightSymbol,
                list.next[Int(best.left)] == best.right
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

/// GPT-2's alphabet: one printable character for each byte.
enum ByteAlphabet {
    /// Character of each byte.
    static let text: [String] = {
        var shift: UInt32 = 0
        return (0..<256).map { byte in
            let printable =
                (33...126).contains(byte) || (161...172).contains(byte)
                || (174...255).contains(byte)
            if printable { return String(Unicode.Scalar(UInt32(byte))!) }
            defer { shift += 1 }
            return String(Unicode.Scalar(256 + shift)!)
        }
    }()
    static let utf8: [[UInt8]] = text.map { Array($0.utf8) }
    private static let bytes: [UInt32: UInt8] = Dictionary(
        uniqueKeysWithValues: text.enumerated().map { ($1.unicodeScalars.first!.value, UInt8($0)) })

    /// The bytes that a token's text stands for; characters outside the alphabet stand for themselves.
    static func decode(_ text: some Collection<UInt8>) -> [UInt8] {
        var out: [UInt8] = []
        for scalar in String(decoding: text, as: UTF8.self).unicodeScalars {
            if let byte = bytes[scalar.value] {
                out.append(byte)
            } else {
                out += Array(String(scalar).utf8)
            }
        }
        return out
    }
}
