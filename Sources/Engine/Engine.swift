// INTERFACE STUB: the owner of this module replaces this file; signatures are the contract.
public import GGUF

public typealias Token = Int32

/// Why a model cannot be loaded or a step cannot run; a lower-case sentence with the value.
public struct EngineError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Code: Sendable {
        case unsupportedArchitecture, unsupportedFormat, malformed, outOfMemory, contextExceeded,
            batchExceeded, unknownSequence, noPooling, badToken
    }
    public let code: Code
    public let description: String
    public init(_ code: Code, _ description: String) {
        self.code = code; self.description = description
    }
}

/// Loaded, immutable weights of one file. Shared by sessions.
public final class Model: Sendable {
    public init(_ file: GGUFFile, instructionSet: InstructionSet = .best) throws(EngineError) {
        fatalError("stub")
    }
    public var architecture: String { fatalError("stub") }
    /// Context length the model was trained for.
    public var contextLength: Int { fatalError("stub") }
    public var vocabularySize: Int { fatalError("stub") }
    public var embeddingLength: Int { fatalError("stub") }
    public var weightBytes: Int { fatalError("stub") }
    public var parameterCount: Int { fatalError("stub") }
    /// KV cache bytes that one position takes over all layers.
    public var cacheBytesPerPosition: Int { fatalError("stub") }
    /// nil when the file gives no pooling type: no embeddings then.
    public var pooling: Pooling? { fatalError("stub") }
    /// Whether cached keys can be moved to other positions (context shift).
    public var canShift: Bool { fatalError("stub") }
    /// Names of the architectures that this build runs.
    public static var supportedArchitectures: [String] { fatalError("stub") }
}

public enum Pooling: Sendable { case mean, cls, last }

public struct InstructionSet: Sendable, Hashable, CustomStringConvertible {
    public static var best: InstructionSet { fatalError("stub") }
    public static var available: [InstructionSet] { fatalError("stub") }
    public init?(named: String) { fatalError("stub") }
    public var description: String { fatalError("stub") }
}

public struct SessionOptions: Sendable {
    /// Tokens each sequence may hold.
    public var contextLength = 4096
    public var maxSequences = 4
    /// Most tokens one step takes.
    public var batchSize = 512
    /// 0: the CPUs this process may use (affinity and cgroup quota respected).
    public var threads = 0
    /// F16 or F32 cache elements (F32 for exact comparisons).
    public var cacheType: CacheType = .f16
    public enum CacheType: Sendable { case f16, f32 }
    public init() {}
}

public struct SequenceID: Hashable, Sendable {
    public let rawValue: Int
    public init(rawValue: Int) { self.rawValue = rawValue }
}

/// One step's work for one sequence: tokens that follow what it already holds.
public struct Work: Sendable {
    public enum Logits: Sendable { case none, last, all }
    public var sequence: SequenceID
    public var tokens: [Token]
    public var logits: Logits
    public init(sequence: SequenceID, tokens: [Token], logits: Logits) {
        self.sequence = sequence; self.tokens = tokens; self.logits = logits
    }
}

/// The paged KV cache, scratch memory and compute threads over one model: steps a batch of sequences.
///
/// Owned by one thread at a time; not Sendable.
public final class Session {
    public init(_ model: Model, _ options: SessionOptions) throws(EngineError) {
        fatalError("stub")
    }
    /// Opens a sequence for `prompt` and returns how many of its first tokens are in the cache already
    /// (at most prompt.count - 1); the caller steps the rest, in chunks of up to batchSize.
    public func begin(_ prompt: [Token]) throws(EngineError) -> (sequence: SequenceID, reused: Int)
    { fatalError("stub") }
    /// Evaluates the batch; afterwards `logits(row)` holds one row per requested position, in order of the work.
    public func step(_ work: [Work]) throws(EngineError) { fatalError("stub") }
    public var logitRows: Int { fatalError("stub") }
    /// vocabularySize floats, overwritten by the next step; the caller may change them in place.
    public func logits(_ row: Int) -> UnsafeMutableBufferPointer<Float> { fatalError("stub") }
    /// Tokens the sequence holds.
    public func tokens(of sequence: SequenceID) -> [Token] { fatalError("stub") }
    public func length(of sequence: SequenceID) -> Int { fatalError("stub") }
    /// Context shift: drops `discard` tokens right after the first `keep`; the rest move down.
    public func shift(_ sequence: SequenceID, keep: Int, discard: Int) throws(EngineError) {
        fatalError("stub")
    }
    /// Closes the sequence. Its pages stay for prefix reuse until memory is needed.
    public func end(_ sequence: SequenceID) { fatalError("stub") }
    /// Final hidden state of the tokens, pooled as the model says, not normalised.
    public func embed(_ tokens: [Token]) throws(EngineError) -> [Float] { fatalError("stub") }
    /// Bytes of KV pages allocated / of scratch.
    public var cacheBytes: Int { fatalError("stub") }
    public var scratchBytes: Int { fatalError("stub") }
    public var threads: Int { fatalError("stub") }
}

public struct SamplingOptions: Sendable, Equatable {
    public var temperature: Float = 0.8
    public var topK = 40
    public var topP: Float = 0.9
    public var minP: Float = 0
    public var typicalP: Float = 1
    public var repeatLastN = 64
    public var repeatPenalty: Float = 1
    public var presencePenalty: Float = 0
    public var frequencyPenalty: Float = 0
    /// nil: random.
    public var seed: UInt32? = nil
    public init() {}
}

/// The sampler chain of one sequence: penalties, top-k, typical, top-p, min-p, temperature, draw.
public struct Sampler {
    public init(_ options: SamplingOptions, vocabularySize: Int) { fatalError("stub") }
    /// A token that now belongs to the sequence (prompt tokens too): feeds the penalty window.
    public mutating func accept(_ token: Token) { fatalError("stub") }
    /// Chooses from raw logits, which it may overwrite. Does not accept().
    public mutating func sample(_ logits: UnsafeMutableBufferPointer<Float>) -> Token {
        fatalError("stub")
    }
}

/// Natural-log probabilities of raw logits (before penalties and filters).
public struct LogProbabilities: Sendable {
    public let token: Float
    public let top: [(token: Token, logProbability: Float)]
    public init(_ logits: UnsafeMutableBufferPointer<Float>, chosen: Token, top: Int) {
        fatalError("stub")
    }
}
