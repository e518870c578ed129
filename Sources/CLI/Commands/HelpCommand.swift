/// `help`: the texts of the other commands.
///
/// Its work is done while the command line is read.
enum HelpCommand: Command {
    static let spec = CommandSpec(
        name: "help", operands: "[command]", summary: "Help about any command",
        details: """
            Help provides help for any command in the application.
            Simply type \(programName) help [path to command] for full details.
            """,
        arguments: .any)

    static func run(_ flags: ParsedFlags) async throws {}
}
