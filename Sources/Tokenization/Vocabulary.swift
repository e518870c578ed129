import GGUF

/// What a token is for; numbers of `tokenizer.ggml.token_type`.
enum TokenKind: UInt8 {
    case normal = 1
    case unknown, control, userDefined, unused, byte

    /// Shown only on request.
    var isSpecial: Bool { self == .control || self == .unknown }
}

/// The tokens of a file: their bytes, kinds and scores, and the way from bytes to token.
///
/// All token texts lie in one buffer; lookup is an open-addressing hash table over it, so loading
/// 150,000 tokens makes no string.
struct Vocabulary: Sendable {
    let count: Int
    private let bytes: [UInt8]
    private let starts: [Int32]
    private(set) var kinds: [TokenKind]
    let scores: [Float]
    private let slots: [Int32]
    let longest: Int

    /// Longest text of a token, in bytes.
    static let longestToken = 65_536

    init(_ metadata: Metadata) throws(TokenizationError) {
        do throws(GGUFError) {
            guard let strings = try metadata.strings("tokenizer.ggml.tokens") else {
                throw GGUFError(.missingKey, "key \"tokenizer.ggml.tokens\" is missing")
            }
            guard !strings.isEmpty, strings.count < 1 << 24 else {
                throw GGUFError(.malformed, "vocabulary of \(strings.count) tokens")
            }
            let types = try metadata.integers("tokenizer.ggml.token_type")
            let scores = try metadata.floats("tokenizer.ggml.scores")
            if let types, types.count != strings.count {
                throw GGUFError(
                    .malformed,
                    "key \"tokenizer.ggml.token_type\": \(types.count) types for \(strings.count) tokens"
                )
            }
            if let scores, scores.count != strings.count {
                throw GGUFError(
                    .malformed,
                    "key \"tokenizer.ggml.scores\": \(scores.count) scores for \(strings.count) tokens"
                )
            }
            kinds = []
            if let types {
                kinds.reserveCapacity(types.count)
                for type in types {
                    kinds.append(TokenKind(rawValue: UInt8(clamping: type)) ?? .normal)
                }
            } else {
                kinds = Array(repeating: .normal, count: strings.count)
            }
            self.scores = scores ?? Array(repeating: 0, count: strings.count)
            var bytes: [UInt8] = []
            var starts: [Int32] = [0]
            starts.reserveCapacity(strings.count + 1)
            bytes.reserveCapacity(strings.count * 8)
            var longest = 0
            for index in 0..<strings.count {
                let length = strings.withBytes(at: index) { text in
                    bytes.append(contentsOf: text)
                    return text.count
                }
                longest = max(longest, length)
                guard length <= Self.longestToken, bytes.count < Int(Int32.max) else {
                    throw GGUFError(.malformed, "token \(index): text of \(length) bytes")
                }
                starts.append(Int32(bytes.count))
            }
            self.longest = longest
            self.bytes = bytes
            self.starts = starts
            count = strings.count
        } catch {
            throw TokenizationError(error.description)
        }
        slots = Self.table(bytes, starts, count)
    }

    private static func hash(_ text: UnsafeBufferPointer<UInt8>) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in text { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
        return hash ^ hash >> 29
    }

    private static func table(_ bytes: [UInt8], _ starts: [Int32], _ count: Int) -> [Int32] {
        var size = 16
        while size < count * 2 { size *= 2 }
        var slots = [Int32](repeating: -1, count: size)
        bytes.withUnsafeBufferPointer { bytes in
            for id in 0..<count {
                let text = UnsafeBufferPointer(
                    rebasing: bytes[Int(starts[id])..<Int(starts[id + 1])])
                var slot = Int(truncatingIfNeeded: hash(text)) & (size - 1)
                while slots[slot] >= 0 {
                    let other = Int(slots[slot])
                    let found = UnsafeBufferPointer(
                        rebasing: bytes[Int(starts[other])..<Int(starts[other + 1])])
                    // Two tokens with one text: the later one is found, as in the reference.
                    if found.elementsEqual(text) { break }
                    slot = (slot + 1) & (size - 1)
                }
                slots[slot] = Int32(id)
            }
        }
        return slots
    }

    /// The token with exactly this text.
    func token(_ text: UnsafeBufferPointer<UInt8>) -> Token? {
        if text.count > longest { return nil }
        return bytes.withUnsafeBufferPointer { bytes in
            var slot = Int(truncatingIfNeeded: Self.hash(text)) & (slots.count - 1)
            while slots[slot] >= 0 {
                let id = Int(slots[slot])
                let found = UnsafeBufferPointer(
                    rebasing: bytes[Int(starts[id])..<Int(starts[id + 1])])
                if found.count == text.count, found.elementsEqual(text) { return Token(id) }
                slot = (slot + 1) & (slots.count - 1)
            }
            return nil
        }
    }

    func token(_ text: [UInt8]) -> Token? { text.withUnsafeBufferPointer { token($0) } }
    func token(_ text: String) -> Token? { token(Array(text.utf8)) }

    /// The text of a token as the file has it.
    func text(_ token: Token) -> ArraySlice<UInt8> {
        bytes[Int(starts[Int(token)])..<Int(starts[Int(token) + 1])]
    }

    mutating func makeControl(_ token: Token) { kinds[Int(token)] = .control }
    mutating func makeUserDefined(_ token: Token) { kinds[Int(token)] = .userDefined }
    mutating func makeNormal(_ token: Token) { kinds[Int(token)] = .normal }
}
