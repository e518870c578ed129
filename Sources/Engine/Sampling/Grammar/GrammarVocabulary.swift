/// The bytes of a vocabulary, arranged so that an automaton can be walked over all of them.
///
/// Built once per tokenizer (some 0.2 s for 150,000 tokens) and shared by all grammars.
public final class GrammarVocabulary: Sendable {
    /// Number of tokens; masks have this many bits.
    public let count: Int
    /// Tokens that end a text; allowed exactly where the grammar is complete.
    public let endTokens: [Int]
    let full: TokenTrie
    /// The tokens that are not made of whole unescaped characters of a JSON string alone.
    let unplain: TokenTrie
    /// `plain[n]`: mask of the tokens of at most `n` unescaped characters.
    let plain: [[UInt64]]
    let longPlain: [(token: Int32, length: Int32)]
    let plainAll: [UInt64]

    static let shortPlain = 32

    /// Number of 64-bit words of a mask.
    public var maskWords: Int { (count + 63) / 64 }

    /// - Parameters:
    ///   - tokens: the bytes of each token by its number; empty for tokens that never stand in
    ///     constrained text (control tokens).
    ///   - endTokens: numbers of the tokens that end a text.
    public init(tokens: [[UInt8]], endTokens: [Int]) {
        count = tokens.count
        self.endTokens = endTokens.filter { $0 >= 0 && $0 < tokens.count }
        let words = (tokens.count + 63) / 64
        let ending = Set(self.endTokens)
        var order: [Int32] = []
        for (token, bytes) in tokens.enumerated() where !bytes.isEmpty && !ending.contains(token) {
            order.append(Int32(token))
        }
        order.sort { a, b in
            tokens[Int(a)].lexicographicallyPrecedes(tokens[Int(b)])
        }
        full = TokenTrie(sorted: order, tokens: tokens)
        var masks = [[UInt64]](
            repeating: [UInt64](repeating: 0, count: words), count: Self.shortPlain + 1)
        var all = [UInt64](repeating: 0, count: words)
        var long: [(Int32, Int32)] = []
        var rest: [Int32] = []
        for token in order {
            guard let length = Self.plainLength(tokens[Int(token)]) else {
                rest.append(token)
                continue
            }
            let bit = UInt64(1) << UInt64(token & 63)
            all[Int(token) >> 6] |= bit
            if length <= Self.shortPlain {
                for n in length...Self.shortPlain { masks[n][Int(token) >> 6] |= bit }
            } else {
                long.append((token, Int32(length)))
            }
        }
        unplain = TokenTrie(sorted: rest, tokens: tokens)
        plain = masks
        plainAll = all
        longPlain = long
    }

    /// The mask of the tokens of at most `limit` unescaped characters.
    func plainMask(_ limit: Int32) -> [UInt64] {
        if limit == GrammarProgram.unlimited { return plainAll }
        if limit <= Self.shortPlain { return plain[Int(limit)] }
        var mask = plain[Self.shortPlain]
        for (token, length) in longPlain where length <= limit {
            mask[Int(token) >> 6] |= UInt64(1) << UInt64(token & 63)
        }
        return mask
    }

    /// The number of characters when all of them may stand unescaped in a JSON string.
    static func plainLength(_ bytes: [UInt8]) -> Int? {
        var length = 0
        var iterator = bytes.makeIterator()
        var decoder = UTF8()
        while true {
            switch decoder.decode(&iterator) {
            case .scalarValue(let scalar):
                if !ScalarSet.ordinary.contains(scalar.value) { return nil }
                length += 1
            case .emptyInput: return length
            case .error: return nil
            }
        }
    }
}

/// Byte strings as a tree in the order of a walk that goes down first.
struct TokenTrie: Sendable {
    struct Node: Sendable {
        /// The first node that is not below this one.
        var end: Int32
        /// The tokens that end here are those from this one to the next node's.
        var start: Int32
        var depth: UInt16
        /// Levels below this node.
        var height: UInt16 = 0
        /// The byte that leads here; the root has none.
        var byte: UInt8
        /// The kinds of all bytes below.
        var kinds: ByteKinds = []
    }

    /// One more than there are, for the `start` of the last.
    private(set) var nodes = [Node(end: 0, start: 0, depth: 0, byte: 0)]
    let tokens: [Int32]
    private(set) var maxDepth = 0

    init(sorted: [Int32], tokens: [[UInt8]]) {
        self.tokens = sorted
        var path: [Int] = [0]
        var previous: [UInt8] = []
        for (position, token) in sorted.enumerated() {
            let text = Array(tokens[Int(token)].prefix(60_000))
            var common = 0
            while common < previous.count, common < text.count, previous[common] == text[common] {
                common += 1
            }
            while path.count > common + 1 { leave(&path) }
            for byte in text[common...] {
                nodes.append(
                    Node(end: 0, start: Int32(position), depth: UInt16(path.count), byte: byte))
                path.append(nodes.count - 1)
            }
            maxDepth = max(maxDepth, text.count)
            previous = text
        }
        while !path.isEmpty { leave(&path) }
        nodes.append(
            Node(end: Int32(nodes.count), start: Int32(sorted.count), depth: 0, byte: 0))
    }

    /// All below the last node of the path is there; its parent learns of it.
    private mutating func leave(_ path: inout [Int]) {
        let node = path.removeLast()
        nodes[node].end = Int32(nodes.count)
        guard let parent = path.last else { return }
        nodes[parent].height = max(nodes[parent].height, nodes[node].height + 1)
        nodes[parent].kinds.formUnion(nodes[node].kinds)
        nodes[parent].kinds.formUnion(ByteKinds(of: nodes[node].byte))
    }
}
