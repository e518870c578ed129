/// A template that cannot be parsed or executed; Go's or Jinja's own words where known.
public struct TemplateError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What went wrong: the template's text, its execution, its own `raise_exception`, or a limit.
    public enum Code: Sendable { case syntax, execution, raised, budget }
    public let code: Code
    public let description: String
    public init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}
