import GGUF

/// WordPiece: words split at white space and punctuation, each taken apart into the longest tokens
/// from left to right.
///
/// Texts are normalised first, as the file says: control characters dropped, accents stripped, letters
/// lowered. A word that the vocabulary cannot spell is one unknown token.
struct WordPiece: Sendable {
    private let tree: PrefixTree
    private let count: Int
    private let unknown: Token?
    private let lowers: Bool
    private let stripsAccents: Bool

    /// Marks the beginning of a word, in the vocabulary and here: U+2581.
    private static let mark: [UInt8] = [0xE2, 0x96, 0x81]

    init(_ metadata: Metadata, _ vocabulary: Vocabulary, unknown: Token?)
        throws(TokenizationError)
    {
        do throws(GGUFError) {
            lowers = try metadata.bool("tokenizer.ggml.normalizer.lowercase") ?? true
            stripsAccents =
                try metadata.bool("tokenizer.ggml.normalizer.strip_accents") ?? lowers
        } catch {
            throw TokenizationError(error.description)
        }
        count = vocabulary.count
        self.unknown = unknown
        // Of two tokens with one text the later one is found: the tree keeps what comes first.
        tree = PrefixTree(
            (0..<count).reversed().map { Array(vocabulary.text(Token($0))) })
    }

    /// - Parameter bytes: Valid UTF-8.
    /// - Complexity: O(bytes of the range * bytes of the longest token) at worst; one walk down the
    ///   tree for each token.
    func encode(
        _ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, into tokens: inout [Token]
    ) {
        var word = Self.mark
        func finish() {
            guard word.count > Self.mark.count else { return }
            spell(word, into: &tokens)
            word.removeSubrange(Self.mark.count...)
        }
        var decoder = UTF8()
        var units = bytes[range].makeIterator()
        while case .scalarValue(let scalar) = decoder.decode(&units) {
            var scalar = scalar
            if stripsAccents, scalar.value >= 0xC0 {
                scalar = Unicode.Scalar(BaseScalar.of(scalar.value)) ?? scalar
            }
            let kind = ScalarClass(scalar.value)
            if kind == .space {
                finish()
                continue
            }
            if Self.isDropped(scalar, kind) || (stripsAccents && kind == .mark) { continue }
            let standsAlone =
                kind == .punctuation || (kind == .symbol && scalar.value < 0x7F)
                || Self.isIdeograph(scalar.value)
            if standsAlone { finish() }
            append(scalar, to: &word)
            if standsAlone { finish() }
        }
        finish()
    }

    /// The longest tokens from left to right, or the unknown token where they do not reach the end.
    private func spell(_ word: [UInt8], into tokens: inout [Token]) {
        let start = tokens.count
        word.withUnsafeBufferPointer { word in
            var at = 0
            while at < word.count {
                guard let match = tree.longestMatch(in: word, at: at) else {
                    tokens.removeSubrange(start...)
                    break
                }
                tokens.append(Token(count - 1 - match.index))
                at += match.length
            }
        }
        if tokens.count == start, let unknown { tokens.append(unknown) }
    }

    private func append(_ scalar: Unicode.Scalar, to word: inout [UInt8]) {
        if scalar.isASCII {
            let byte = UInt8(scalar.value)
            word.append(lowers && (0x41...0x5A).contains(byte) ? byte | 0x20 : byte)
            return
        }
        var scalar = scalar
        if lowers, scalar.properties.changesWhenLowercased,
            let lower = scalar.properties.lowercaseMapping.unicodeScalars.first
        {
            scalar = lower
        }
        word.append(contentsOf: UTF8.encode(scalar)!)
    }

    /// Control characters, formats, private use and what stands for broken text.
    private static func isDropped(_ scalar: Unicode.Scalar, _ kind: ScalarClass) -> Bool {
        guard kind == .other || kind == .symbol else { return false }
        if scalar.value == 0xFFFD { return true }
        switch scalar.properties.generalCategory {
        case .control, .format, .privateUse, .surrogate: return true
        default: return false
        }
    }

    /// Ideographs are words of their own. The gap at U+2B820 is the reference's.
    private static func isIdeograph(_ scalar: UInt32) -> Bool {
        switch scalar {
        case 0x4E00...0x9FFF, 0x3400...0x4DBF, 0x20000...0x2A6DF, 0x2A700...0x2B73F,
            0x2B740...0x2B81F, 0x2B920...0x2CEAF, 0xF900...0xFAFF, 0x2F800...0x2FA1F:
            return true
        default: return false
        }
    }
}
