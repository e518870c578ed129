/// Number of a token in a model's vocabulary.
public typealias Token = Int32

/// Why a model cannot be loaded or a step cannot run; a lower-case sentence with the value.
public struct EngineError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Code: Sendable {
        case unsupportedArchitecture
        case unsupportedFormat
        case malformed
        case outOfMemory
        case contextExceeded
        case batchExceeded
        case unknownSequence
        case noPooling
        case badToken
        case embeddingsOnly
    }

    public let code: Code
    public let description: String

    public init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}
