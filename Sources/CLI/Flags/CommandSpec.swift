/// What a command is called, what it takes and what its help says.
struct CommandSpec: Sendable {
    enum Group: Sendable { case recorded, own }

    var name: String
    var aliases: [String] = []
    /// Arguments as the usage line shows them.
    var operands: String = ""
    /// One line for the list of commands.
    var summary: String
    /// Opening of the command's help; the summary when empty.
    var details: String = ""
    var arguments: ArgumentCount
    var flags: [FlagSpec] = []
    var variables: [VariableSpec] = []
    var isHidden = false
    /// Whether the command is one that only Apus has.
    var group: Group = .recorded

    /// All flags, the one for help among them, by name.
    var allFlags: [FlagSpec] {
        (flags + [FlagSpec("help", "h", .bool, "help for \(name)")]).sorted { $0.name < $1.name }
    }
}

/// A command of the program.
protocol Command: SendableMetatype {
    static var spec: CommandSpec { get }
    /// - Throws: ``CommandError`` or a client's error; its text goes to stderr after `Error: `.
    static func run(_ flags: ParsedFlags) async throws
}

/// The name of the program in every text.
let programName = "apus"
