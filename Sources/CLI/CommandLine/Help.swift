import ArgumentParser

/// Help texts in cobra's layout, out of the commands' own descriptions.
enum Help {
    /// Help of one command.
    static func text(_ command: any ParsableCommand.Type) -> String {
        let configuration = command.configuration
        let description = CommandDescription(command)
        var text = introduction(configuration) + "\n\nUsage:\n  \(usage(command, description))\n"
        if !configuration.aliases.isEmpty {
            let names = [command._commandName] + configuration.aliases
            text += "\nAliases:\n  " + names.joined(separator: ", ") + "\n"
        }
        for section in Set(description.flags.map(\.section)).sorted() {
            text += "\n\(section.isEmpty ? "Flags" : section):\n"
            text += flags(description.flags.filter { $0.section == section })
        }
        if let variables = (command as? any ReadsEnvironment.Type)?.variables {
            text += "\nEnvironment Variables:\n"
            for variable in variables {
                text += "      \(padded(variable.name, 27))   \(variable.description)\n"
            }
        }
        return text
    }

    /// Help of the program.
    static func root() -> String {
        introduction(Program.configuration) + "\n\n" + rootUsage(withHelpFlag: true)
    }

    /// `withHelpFlag` is false in the usage that follows an unknown topic.
    static func rootUsage(withHelpFlag: Bool) -> String {
        var text = "Usage:\n  \(programName) [flags]\n  \(programName) [command]\n"
        for (title, commands) in commandGroups {
            text += "\n\(title):\n"
            for command in commands {
                text += "  \(padded(command._commandName, 12)) \(command.configuration.abstract)\n"
            }
        }
        text += "\nFlags:\n"
        text += flags(
            CommandDescription.root.flags.filter { withHelpFlag || $0.name != "help" })
        text += "\nUse \"\(programName) [command] --help\" for more information about a command.\n"
        return text
    }

    /// The commands that help lists.
    static var commandGroups: [(title: String, commands: [any ParsableCommand.Type])] {
        let configuration = Program.configuration
        let groups =
            [("Available Commands", configuration.ungroupedSubcommands)]
            + configuration.groupedSubcommands.map { ($0.name, $0.subcommands) }
        return groups.map { title, commands in
            (
                title,
                commands.filter { $0.configuration.shouldDisplay || $0 == HelpCommand.self }
            )
        }
    }

    static func introduction(_ configuration: CommandConfiguration) -> String {
        configuration.discussion.isEmpty ? configuration.abstract : configuration.discussion
    }

    static func usage(
        _ command: any ParsableCommand.Type, _ description: CommandDescription
    ) -> String {
        if let usage = command.configuration.usage { return usage }
        return [programName, command._commandName, description.operandText, "[flags]"]
            .filter { !$0.isEmpty }.joined(separator: " ")
    }

    private static func flags(_ flags: [CommandDescription.Flag]) -> String {
        let heads = flags.map { flag in
            (flag.shorthand.map { "  -\($0), --" } ?? "      --") + flag.name
                + (flag.kind == .bool ? "" : " " + (flag.typeWord ?? ""))
        }
        let width = heads.map(\.count).max() ?? 0
        return zip(heads, flags).map { head, flag in
            padded(head, width) + "   " + flag.text + flag.defaultText + "\n"
        }.joined()
    }
}

extension CommandDescription.Flag {
    /// The default value as help writes it after the text; empty without one.
    var defaultText: String {
        guard let defaultValue else { return "" }
        return " (default \(kind == .string ? "\"\(defaultValue)\"" : defaultValue))"
    }
}

/// Text filled up with blanks to a number of display columns.
func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - displayWidth(text)))
}
