// INTERFACE STUB: the owner of this module replaces this file; signatures are the contract.
public import GGUF

public typealias Token = Int32

public struct TokenizationError: Error, Sendable, Equatable, CustomStringConvertible {
    public let description: String
}

/// The tokenizer a GGUF file describes: text to tokens and back. Immutable, safe to share.
public struct Tokenizer: Sendable {
    public init(_ metadata: Metadata) throws(TokenizationError) { fatalError("stub") }
    public var count: Int { fatalError("stub") }
    public var beginOfSequence: Token? { fatalError("stub") }
    public var endOfSequence: Token? { fatalError("stub") }
    public var addsBeginOfSequence: Bool { fatalError("stub") }
    public var addsEndOfSequence: Bool { fatalError("stub") }
    /// Ids that end generation (eos, eot, eom and the like).
    public var endOfGeneration: Set<Token> { fatalError("stub") }
    public func isControl(_ token: Token) -> Bool { fatalError("stub") }
    /// Linear in the length of the text.
    public func encode(_ text: String, addSpecial: Bool = false, parseSpecial: Bool = false)
        -> [Token]
    { fatalError("stub") }
    /// Bytes of a token as they are streamed; control tokens are empty unless `special`. Out of range: empty.
    public func piece(_ token: Token, special: Bool = false) -> [UInt8] { fatalError("stub") }
    /// Joined pieces, invalid UTF-8 repaired.
    public func decode(_ tokens: [Token], special: Bool = false) -> String { fatalError("stub") }
}

/// Turns a stream of tokens into text, handing out whole UTF-8 sequences only.
public struct StreamDecoder: Sendable {
    public init(_ tokenizer: Tokenizer) { fatalError("stub") }
    /// Text that became complete with this token (may be empty).
    public mutating func append(_ token: Token) -> String { fatalError("stub") }
    /// What is left, incomplete bytes as U+FFFD.
    public mutating func finish() -> String { fatalError("stub") }
}
