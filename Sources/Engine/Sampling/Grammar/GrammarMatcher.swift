import Synchronization

/// How far a text has come in a grammar. A value: a copy goes its own way at no cost.
public struct GrammarMatcher: Sendable {
    public let grammar: Grammar
    private let vocabulary: GrammarVocabulary?
    private var storage: GrammarStorage
    private var state: Int32

    /// A matcher before the first byte.
    ///
    /// - Parameter vocabulary: the tokens for ``mask(into:)``; without it masks are empty.
    public init(_ grammar: Grammar, vocabulary: GrammarVocabulary? = nil) {
        self.grammar = grammar
        self.vocabulary = vocabulary
        storage = grammar.storage(for: vocabulary)
        state = storage.store.withLock { $0.startState() }
    }

    /// Whether the text may end here.
    public var isComplete: Bool {
        storage.store.withLock { $0.flags[Int(state)] & GrammarClosure.ends != 0 }
    }

    /// Whether `byte` may come next.
    public func accepts(_ byte: UInt8) -> Bool {
        storage.store.withLock { $0.next(state, byte) >= 0 }
    }

    /// Reads the bytes of a token.
    ///
    /// - Returns: false when the grammar does not allow them; the matcher then stays as it was.
    public mutating func advance(_ bytes: some Sequence<UInt8>) -> Bool {
        renewStorage()
        let reached = storage.store.withLock { store in
            var state = self.state
            for byte in bytes {
                state = store.next(state, byte)
                if state < 0 { break }
            }
            return state
        }
        if reached < 0 { return false }
        state = reached
        return true
    }

    /// Whether these bytes may come next.
    public func allows(_ bytes: some Sequence<UInt8>) -> Bool {
        var copy = self
        return copy.advance(bytes)
    }

    private mutating func renewStorage() {
        guard storage.store.withLock({ $0.isFull }) else { return }
        let old = storage
        let fresh = grammar.storage(for: vocabulary)
        if fresh === old { return }
        let previous = old.store.withLock { $0 }
        state = fresh.store.withLock { $0.adopt(state, of: previous) }
        storage = fresh
    }

    /// Writes which tokens may come next: bit `t & 63` of word `t / 64` for token `t`.
    ///
    /// End tokens are allowed exactly where ``isComplete``. Costs some microseconds where the
    /// place in the grammar was met before, else well below a millisecond.
    ///
    /// - Parameter mask: gets ``GrammarVocabulary/maskWords`` words.
    public func mask(into mask: inout [UInt64]) {
        mask = storage.store.withLock { $0.mask(state) }
    }

    /// The bytes that must come next, as far as there is no choice; empty where there is one.
    public func forcedBytes(limit: Int = 256) -> [UInt8] {
        storage.store.withLock { store in
            var bytes: [UInt8] = []
            var state = self.state
            while bytes.count < limit, let byte = store.onlyByte(state) {
                let next = store.next(state, byte)
                if next < 0 { break }
                bytes.append(byte)
                state = next
            }
            return bytes
        }
    }

    /// The one token that may come next; nil when there are several or none.
    public func forcedToken() -> Int? {
        let mask = storage.store.withLock { $0.mask(state) }
        var only: Int?
        for (i, word) in mask.enumerated() where word != 0 {
            if only != nil || word.nonzeroBitCount > 1 { return nil }
            only = i * 64 + word.trailingZeroBitCount
        }
        return only
    }
}
