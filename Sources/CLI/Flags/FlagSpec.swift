/// A flag of a command, as help shows it and the parser reads it.
struct FlagSpec: Sendable {
    enum Kind: Sendable { case bool, string, int }

    var name: String
    var shorthand: Character?
    var kind: Kind
    var usage: String
    /// Shown in help when it is not empty.
    var defaultValue: String
    /// Value of a flag that stands without one; for string flags that may do so.
    var bareValue: String?

    init(
        _ name: String, _ shorthand: Character? = nil, _ kind: Kind = .bool, _ usage: String,
        default defaultValue: String = "", bare bareValue: String? = nil
    ) {
        self.name = name
        self.shorthand = shorthand
        self.kind = kind
        self.usage = usage
        self.defaultValue = defaultValue
        self.bareValue = kind == .bool ? "true" : bareValue
    }

    /// How error texts name the flag: `-v, --verbose`.
    var displayName: String { (shorthand.map { "-\($0), " } ?? "") + "--" + name }
}

/// An environment variable that a command's help lists.
struct VariableSpec: Sendable {
    var name: String
    var description: String
}

/// How many arguments a command takes.
enum ArgumentCount: Sendable {
    case exactly(Int)
    case atLeast(Int)
    case any

    /// - Throws: ``CommandError`` that says what was expected.
    func check(_ count: Int) throws(CommandError) {
        switch self {
        case .exactly(let expected) where count != expected:
            throw CommandError("accepts \(expected) arg(s), received \(count)")
        case .atLeast(let minimum) where count < minimum:
            throw CommandError("requires at least \(minimum) arg(s), only received \(count)")
        default: return
        }
    }
}

/// A failure that ends a command: printed as `Error: <text>`, exit status 1.
struct CommandError: Error, Equatable, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
