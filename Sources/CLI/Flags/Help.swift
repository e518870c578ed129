/// Help texts, laid out from the commands' tables.
enum Help {
    /// Help of one command.
    ///
    /// `name` is the name it was called by, which differs for hidden doubles.
    static func text(_ spec: CommandSpec) -> String {
        var text = (spec.details.isEmpty ? spec.summary : spec.details) + "\n\nUsage:\n"
        let operands = spec.operands.isEmpty ? "" : " " + spec.operands
        text += "  \(programName) \(spec.name)\(operands) [flags]\n"
        if !spec.aliases.isEmpty {
            text += "\nAliases:\n  " + ([spec.name] + spec.aliases).joined(separator: ", ") + "\n"
        }
        text += "\nFlags:\n" + flags(spec.allFlags)
        if !spec.variables.isEmpty {
            text += "\nEnvironment Variables:\n"
            for variable in spec.variables {
                text += "      \(padded(variable.name, 27))   \(variable.description)\n"
            }
        }
        return text
    }

    /// Help of the program.
    ///
    /// `withHelpFlag` is false in the usage that follows an unknown topic.
    static func root(_ commands: [CommandSpec], withHelpFlag: Bool = true) -> String {
        "Large language model runner\n\n" + usage(commands, withHelpFlag: withHelpFlag)
    }

    static func usage(_ commands: [CommandSpec], withHelpFlag: Bool) -> String {
        var text = "Usage:\n  \(programName) [flags]\n  \(programName) [command]\n"
        for (title, group) in [
            ("Available Commands", CommandSpec.Group.recorded), ("Apus Commands", .own),
        ] {
            text += "\n\(title):\n"
            for spec in commands where spec.group == group && !spec.isHidden {
                text += "  \(padded(spec.name, 12)) \(spec.summary)\n"
            }
        }
        text += "\nFlags:\n" + flags(rootFlags.filter { withHelpFlag || $0.name != "help" })
        text += "\nUse \"\(programName) [command] --help\" for more information about a command.\n"
        return text
    }

    static let rootFlags = [
        FlagSpec("help", "h", .bool, "help for \(programName)"),
        FlagSpec("nowordwrap", nil, .bool, "Don't wrap words to the next line automatically"),
        FlagSpec("verbose", nil, .bool, "Show timings for response"),
        FlagSpec("version", "v", .bool, "Show version information"),
    ]

    private static func flags(_ specs: [FlagSpec]) -> String {
        let heads = specs.map { spec in
            var head = spec.shorthand.map { "  -\($0), --" } ?? "      --"
            head += spec.name
            switch spec.kind {
            case .bool: break
            case .string: head += " string"
            case .int: head += " int"
            }
            if spec.kind != .bool, let bare = spec.bareValue { head += "[=\"\(bare)\"]" }
            return head
        }
        let width = heads.map(\.count).max() ?? 0
        var text = ""
        for (head, spec) in zip(heads, specs) {
            text += padded(head, width) + "   " + spec.usage
            if !spec.defaultValue.isEmpty {
                let value = spec.kind == .string ? "\"\(spec.defaultValue)\"" : spec.defaultValue
                text += " (default \(value))"
            }
            text += "\n"
        }
        return text
    }
}

/// Text filled up with blanks to a number of display columns.
func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - displayWidth(text)))
}
