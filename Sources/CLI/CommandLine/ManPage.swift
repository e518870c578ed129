import ArgumentParser

/// The manual page, in troff's `man` macros, out of the commands' own descriptions.
enum ManPage {
    static func text(version: String) -> String {
        let abstract = Program.configuration.abstract
        var text = """
            .TH \(programName.uppercased()) 1 "" "\(programName) \(escaped(version))"
            .SH NAME
            \(programName) \\- \(escaped(abstract))
            .SH SYNOPSIS
            .B \(programName)
            .RI [ flags ]
            .br
            .B \(programName)
            .I command
            .RI [ flags ]

            """
        text += flags(CommandDescription.root)
        for (title, commands) in Help.commandGroups {
            text += ".SH \(escaped(title.uppercased()))\n"
            for command in commands { text += section(command) }
        }
        text += ".SH ENVIRONMENT\n"
        for variable in variables {
            text += ".TP\n.B \(escaped(variable.name))\n\(escaped(variable.description))\n"
        }
        text += ".SH EXIT STATUS\n0 on success, 1 after an error, which stderr names.\n"
        return text
    }

    private static func section(_ command: any ParsableCommand.Type) -> String {
        let description = CommandDescription(command)
        let configuration = command.configuration
        var text = ".SS \(escaped(command._commandName))\n"
        // Discussions are laid out by hand.
        text += ".nf\n\(escaped(Help.introduction(configuration)))\n.fi\n"
        text += ".PP\n.B \(escaped(Help.usage(command, description)))\n"
        if !configuration.aliases.isEmpty {
            text += ".PP\nAliases: \(escaped(configuration.aliases.joined(separator: ", ")))\n"
        }
        for operand in description.operands where operand.isShown {
            text += ".TP\n.I \(escaped(operand.name))\n\(escaped(operand.text))\n"
        }
        return text + flags(description)
    }

    private static func flags(_ description: CommandDescription) -> String {
        description.flags.map { flag in
            let type = flag.kind == .bool ? "" : " " + (flag.typeWord ?? "")
            return ".TP\n.B \(escaped(flag.displayName + type))\n"
                + escaped(flag.text + flag.defaultText) + "\n"
        }.joined()
    }

    /// Of all commands, each once, by first appearance.
    private static var variables: [EnvironmentVariable] {
        var seen: Set<String> = []
        return Program.configuration.subcommands
            .flatMap { ($0 as? any ReadsEnvironment.Type)?.variables ?? [] }
            .filter { seen.insert($0.name).inserted }
    }

    /// Text that troff prints as it is: backslashes and dashes are escaped, and so are the dots and
    /// quotes at which a line would be taken for a request.
    static func escaped(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            let escaped = line.replacing("\\", with: "\\e").replacing("-", with: "\\-")
                .replacing("\"", with: "\\(dq")
            return escaped.hasPrefix(".") || escaped.hasPrefix("'") ? "\\&" + escaped : escaped
        }.joined(separator: "\n")
    }
}
