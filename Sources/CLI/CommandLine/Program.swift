import ArgumentParser

/// The name of the program in every text.
let programName = "apus"

/// The program and its commands, as ArgumentParser sees them.
///
/// A command is one file: a type with typed `@Flag`, `@Option` and `@Argument` properties, a
/// `CommandConfiguration` with its texts, and `run()`. ArgumentParser declares, reads and types all
/// of it and makes the completion scripts. What it has no setting for is what users of Ollama type
/// and see: the spelling, the error texts and the help layout of Go's cobra and pflag. This is the
/// work of ``Dialect`` and ``Help``; both read ArgumentParser's own description of the commands, so
/// that names, defaults and texts stand once, at the properties.
///
/// ```
/// words ─ Dialect ─> command and plain words ─ ArgumentParser ─> command with values ─> run()
/// ```
struct Program: AsyncParsableCommand {
    /// The order is that of the help text.
    static let configuration = CommandConfiguration(
        commandName: programName, abstract: "Large language model runner",
        subcommands: [
            ServeCommand.self, CreateCommand.self, ShowCommand.self, RunCommand.self,
            StopCommand.self, PullCommand.self, PushCommand.self, SignInCommand.self,
            LoginCommand.self, SignOutCommand.self, LogoutCommand.self, ListCommand.self,
            PsCommand.self, CopyCommand.self, RemoveCommand.self, LaunchCommand.self,
            HelpCommand.self,
        ],
        groupedSubcommands: [
            CommandGroup(
                name: "Apus Commands",
                subcommands: [
                    BenchCommand.self, CompletionCommand.self, DebugCommand.self, ManCommand.self,
                ])
        ])

    /// The flags that stand without a command.
    struct Flags: ParsableArguments {
        @Flag(
            name: .customLong("nowordwrap"), help: "Don't wrap words to the next line automatically"
        )
        var keepsLines = false
        @Flag(help: "Show timings for response") var verbose = false
        @Flag(name: .shortAndLong, help: "Show version information") var version = false
    }

    @OptionGroup var flags: Flags

    func run() async throws {
        // Without flags it is ``HelpCommand`` that runs.
        await VersionReport.print()
    }

    /// The command of a name or an alias.
    static func command(_ name: String) -> (any AsyncParsableCommand.Type)? {
        let command = configuration.subcommands.first {
            $0._commandName == name || $0.configuration.aliases.contains(name)
        }
        return command as? any AsyncParsableCommand.Type
    }
}

/// A command whose help lists environment variables.
protocol ReadsEnvironment {
    /// The server's address unless the command says otherwise.
    static var variables: [EnvironmentVariable] { get }
}

extension ReadsEnvironment {
    static var variables: [EnvironmentVariable] { [hostVariable] }
}

/// An environment variable that a command's help lists.
struct EnvironmentVariable: Sendable {
    var name: String
    var description: String
}

/// A failure that ends a command: printed as `Error: <text>`, exit status 1.
struct CommandError: Error, Equatable, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
