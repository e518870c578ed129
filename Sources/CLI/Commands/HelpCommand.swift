import ArgumentParser

/// `help`: the texts of the other commands.
struct HelpCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "help", abstract: "Help about any command",
        discussion: """
            Help provides help for any command in the application.
            Simply type \(programName) help [path to command] for full details.
            """,
        // Completion scripts already have the help command that ArgumentParser adds.
        shouldDisplay: false)

    @Argument(help: .operand("command", "Name of a command")) var topics: [String] = []

    func run() async throws {
        let (text, error) = texts
        Console.out(text)
        Console.error(error)
    }

    /// Texts for stdout and stderr.
    var texts: (text: String, error: String) {
        guard let topic = topics.first else { return (Help.root(), "") }
        guard let command = Program.command(topic) else {
            return ("", "Unknown help topic [`\(topic)`]\n" + Help.rootUsage(withHelpFlag: false))
        }
        return (Help.text(command), "")
    }
}
