/// Sizes of a session.
public struct SessionOptions: Sendable {
    /// Tokens each sequence may hold.
    public var contextLength = 4096
    /// Sequences that may be open at once.
    public var maxSequences = 4
    /// Most tokens one step takes.
    public var batchSize = 512
    /// 0: the CPUs this process may use (affinity and cgroup quota respected).
    public var threads = 0
    /// Elements of the cache. Default F16.
    public var cacheType: CacheType = .f16

    /// F32 is for exact comparisons. Q8_0 packs each head's key (or value) in blocks of 32 with a scale:
    /// little more than half the memory of F16, and rounded to 8 bits.
    public enum CacheType: String, Sendable, CaseIterable { case f16, f32, q8_0 }

    public init() {}

    func check() throws(EngineError) {
        func check(_ name: String, _ value: Int, _ range: ClosedRange<Int>) throws(EngineError) {
            guard range.contains(value) else {
                throw EngineError(
                    .malformed,
                    "\(name): expected \(range.lowerBound) to \(range.upperBound), found \(value)")
            }
        }
        try check("contextLength", contextLength, 1...(1 << 26))
        try check("maxSequences", maxSequences, 1...4096)
        try check("batchSize", batchSize, 1...(1 << 16))
        try check("threads", threads, 0...1024)
    }
}

/// Names an open sequence of a session.
public struct SequenceID: Hashable, Sendable {
    public let rawValue: Int

    public init(rawValue: Int) {
        self.rawValue = rawValue
    }
}

/// One step's work for one sequence: tokens that follow what it already holds.
public struct Work: Sendable {
    /// The positions whose logits are wanted.
    public enum Logits: Sendable, Equatable {
        case none, last, all
        /// So many at the end, at most all.
        case suffix(Int)

        /// Positions of `count` whose logits are wanted.
        func wanted(of count: Int) -> Int {
            switch self {
            case .none: 0
            case .last: min(1, count)
            case .all: count
            case .suffix(let wanted): max(0, min(wanted, count))
            }
        }
    }

    public var sequence: SequenceID
    public var tokens: [Token]
    public var logits: Logits

    public init(sequence: SequenceID, tokens: [Token], logits: Logits) {
        self.sequence = sequence
        self.tokens = tokens
        self.logits = logits
    }
}
