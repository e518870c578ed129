/// What is wrong with a GGUF file: a code, and one lower-case sentence that names the key or
/// tensor and the value.
public struct GGUFError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Code: Sendable {
        case io, notGGUF, truncated, unsupportedVersion, malformed, wrongType, missingKey
    }
    public let code: Code
    public let description: String
    public init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}
