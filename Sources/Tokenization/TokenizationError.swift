/// Why a file's vocabulary cannot be used, in one lower-case sentence with the value.
public struct TokenizationError: Error, Sendable, Equatable, CustomStringConvertible {
    public let description: String
    init(_ description: String) { self.description = description }
}

/// Number of a token in its vocabulary.
public typealias Token = Int32
