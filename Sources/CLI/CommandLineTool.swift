import API
import Engine
import FoundationEssentials

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The program: finds the command, reads its flags, runs it and sets the exit status.
public enum CommandLineTool {
    /// The commands in the order of the help text.
    static let commands: [any Command.Type] = [
        ServeCommand.self, CreateCommand.self, ShowCommand.self, RunCommand.self,
        StopCommand.self, PullCommand.self, PushCommand.self, SignInCommand.self,
        LoginCommand.self, SignOutCommand.self, LogoutCommand.self, ListCommand.self,
        PsCommand.self, CopyCommand.self, RemoveCommand.self, LaunchCommand.self,
        HelpCommand.self, BenchCommand.self, DebugCommand.self,
    ]

    /// Runs the process's own arguments and exits.
    public static func main() async -> Never {
        signal(SIGPIPE, SIG_IGN)
        let status = await run(Array(CommandLine.arguments.dropFirst()))
        exit(status)
    }

    /// Runs one command line; errors go to stderr.
    ///
    /// Returns the exit status.
    static func run(_ words: [String]) async -> Int32 {
        do {
            try checkInstructionSet(ProcessInfo.processInfo.environment["APUS_ISA"])
            try await perform(parse(words))
            return 0
        } catch {
            if error is CancellationError { return 0 }
            Console.error("Error: \(error)\n")
            return 1
        }
    }

    /// Refuses an APUS_ISA that names nothing this processor runs.
    static func checkInstructionSet(_ name: String?) throws {
        guard let name, !name.isEmpty else { return }
        let available = InstructionSet.available.map(\.description)
        guard available.contains(name) else {
            throw CommandError(
                "APUS_ISA is \(GoQuote.quoted(name)): this processor runs "
                    + available.joined(separator: ", "))
        }
    }

    private static func perform(_ action: Action) async throws {
        switch action {
        case .text(let text): Console.out(text)
        case .unknownTopic(let topic):
            Console.error(
                "Unknown help topic [`\(topic)`]\n"
                    + Help.usage(commands.map { $0.spec }, withHelpFlag: false))
        case .version: await VersionReport.print()
        case .command(let command, let flags): try await command.run(flags)
        }
    }

    enum Action {
        case text(String)
        case unknownTopic(String)
        case version
        case command(any Command.Type, ParsedFlags)
    }

    /// What a command line asks for.
    ///
    /// - Throws: ``CommandError`` for unknown commands and flags and wrong argument counts.
    static func parse(_ words: [String]) throws(CommandError) -> Action {
        guard let position = commandPosition(words) else {
            let flags = try ParsedFlags(words, specs: Help.rootFlags)
            if flags.bool("version"), !flags.bool("help") { return .version }
            return .text(Help.root(commands.map { $0.spec }))
        }
        let name = words[position]
        guard let command = find(name) else {
            // Flags are looked at first, so that a misspelt one is what the error names.
            _ = try ParsedFlags(words, specs: Help.rootFlags)
            let visible = commands.map { $0.spec }.filter { !$0.isHidden }.map(\.name)
            let near = suggestions(for: name, among: visible)
            let list =
                near.isEmpty
                ? "" : "\n\nDid you mean this?\n\t" + near.joined(separator: "\n\t") + "\n"
            throw CommandError(
                "unknown command \(GoQuote.quoted(name)) for \(GoQuote.quoted(programName))\(list)")
        }
        var rest = words
        rest.remove(at: position)
        let spec = command.spec
        let flags = try ParsedFlags(rest, specs: spec.allFlags)
        if flags.bool("help") { return .text(Help.text(spec)) }
        if command == HelpCommand.self {
            guard let topic = flags.arguments.first else {
                return .text(Help.root(commands.map { $0.spec }))
            }
            guard let command = find(topic) else { return .unknownTopic(topic) }
            return .text(Help.text(command.spec))
        }
        try spec.arguments.check(flags.arguments.count)
        return .command(command, flags)
    }

    private static func find(_ name: String) -> (any Command.Type)? {
        commands.first { $0.spec.name == name || $0.spec.aliases.contains(name) }
    }

    /// Index of the first word that is neither a flag nor the value of one.
    ///
    /// Flags of the root take no value; an unknown flag is taken to have one.
    private static func commandPosition(_ words: [String]) -> Int? {
        var index = 0
        while index < words.count {
            let word = words[index]
            if word == "--" { return nil }
            if !word.hasPrefix("-") || word == "-" { return word.isEmpty ? nil : index }
            let isRootFlag = Help.rootFlags.contains {
                "--" + $0.name == word || $0.shorthand.map { "-\($0)" } == word
            }
            let takesValue =
                !word.contains("=") && !isRootFlag && (word.hasPrefix("--") || word.count == 2)
            index += takesValue ? 2 : 1
        }
        return nil
    }
}
