import API
import ArgumentParser

/// What users of Ollama type, made into what ArgumentParser reads.
///
/// - Words in pflag's spelling (``PflagLine``) become ArgumentParser's.
/// - All flags belong to the command, as in cobra, those before it, too. (In ArgumentParser a flag
///   of the program and a command would be the program's wherever it stands.) So it is the
///   command that is found here, and ArgumentParser reads the rest; `-h` and `--help` become the
///   command `help`.
/// - What is wrong with a line is said here, in cobra's and pflag's words: unknown commands and
///   flags, values that are missing or of the wrong type, a wrong number of arguments.
enum Dialect {
    /// A command and the words that ArgumentParser reads as its flags and arguments.
    struct Line {
        var command: any AsyncParsableCommand.Type
        var words: [String]
    }

    /// Begins the lines by which completion scripts ask for words.
    static let completionRequest = "---completion"

    /// - Throws: ``CommandError``.
    static func translate(_ words: [String]) throws(CommandError) -> Line {
        if words.first == completionRequest { return Line(command: Program.self, words: words) }
        let root = CommandDescription.root
        guard let position = commandPosition(words, root.flags) else {
            let line = try PflagLine(words, root.flags)
            return line.isTrue("version") && !line.isTrue("help")
                ? Line(command: Program.self, words: line.words)
                : Line(command: HelpCommand.self, words: [])
        }
        guard let command = Program.command(words[position]) else {
            // Flags are looked at first, so that a misspelt one is what the error names.
            _ = try PflagLine(words, root.flags)
            throw unknownCommand(words[position])
        }
        var rest = words
        rest.remove(at: position)
        let description = CommandDescription(command)
        let line = try PflagLine(rest, description.flags)
        if line.isTrue("help") {
            return Line(command: HelpCommand.self, words: [command._commandName])
        }
        try description.check(operandCount: line.operands.count)
        return Line(command: command, words: line.words)
    }

    /// Index of the first word that is neither a flag nor the value of one.
    ///
    /// Flags of the root take no value; an unknown flag is taken to have one.
    private static func commandPosition(
        _ words: [String], _ rootFlags: [CommandDescription.Flag]
    ) -> Int? {
        var index = 0
        while index < words.count {
            let word = words[index]
            if word == "--" { return nil }
            if !word.hasPrefix("-") || word == "-" { return word.isEmpty ? nil : index }
            let isRootFlag = rootFlags.contains {
                "--" + $0.name == word || $0.shorthand.map { "-\($0)" } == word
            }
            let takesValue =
                !word.contains("=") && !isRootFlag && (word.hasPrefix("--") || word.count == 2)
            index += takesValue ? 2 : 1
        }
        return nil
    }

    private static func unknownCommand(_ name: String) -> CommandError {
        let visible = Program.configuration.subcommands.filter { $0.configuration.shouldDisplay }
        let near = suggestions(for: name, among: visible.map { $0._commandName })
        let list =
            near.isEmpty ? "" : "\n\nDid you mean this?\n\t" + near.joined(separator: "\n\t") + "\n"
        return CommandError(
            "unknown command \(GoQuote.quoted(name)) for \(GoQuote.quoted(programName))\(list)")
    }
}
