import API
import ArgumentParser

/// Flags and arguments of a command, out of the description that ArgumentParser gives of it.
///
/// Cost: some tenths of a millisecond for one command.
struct CommandDescription {
    struct Flag {
        enum Kind { case bool, string, int }

        var name: String
        var shorthand: Character?
        /// What help writes after the name: `string`, `int`, or `string[="value"]` where the value
        /// may be left out.
        var typeWord: String?
        var defaultValue: String?
        var text: String
        /// Title of the part of the help text; empty for the first.
        var section: String

        var kind: Kind {
            switch typeWord {
            case nil, "bool": .bool
            case "int": .int
            default: .string
            }
        }

        /// Whether ArgumentParser, too, reads it without a value.
        var isBare: Bool { typeWord == nil }

        /// Value of the flag where it stands without one.
        var bareValue: String? {
            if kind == .bool { return "true" }
            guard let parts = typeWord?.split(separator: "\""), parts.count == 3 else { return nil }
            return String(parts[1])
        }

        /// How error texts name the flag: `-v, --verbose`.
        var displayName: String { (shorthand.map { "-\($0), " } ?? "") + "--" + name }
    }

    struct Operand {
        var name: String
        var isOptional: Bool
        var isRepeating: Bool
        var isShown: Bool
        var text: String
    }

    /// By name.
    private(set) var flags: [Flag] = []
    private(set) var operands: [Operand] = []

    init(_ type: any ParsableArguments.Type, name: String) {
        guard let description = try? JSONValue(parsing: type._dumpHelp()),
            let arguments = description["command"]?["arguments"]?.array
        else { preconditionFailure("ArgumentParser's description of \(name) cannot be read") }
        for argument in arguments {
            func text(_ key: String) -> String { argument[key]?.string ?? "" }
            func bool(_ key: String) -> Bool { argument[key]?.bool ?? false }
            let names = argument["names"]?.array ?? []
            func name(_ kind: String) -> String? {
                names.first { $0["kind"]?.string == kind }?["name"]?.string
            }
            if let long = name("long") {
                let isOption = text("kind") == "option"
                flags.append(
                    Flag(
                        name: long, shorthand: name("short")?.first,
                        typeWord: isOption ? text("valueName") : nil,
                        defaultValue: isOption ? argument["defaultValue"]?.string : nil,
                        text: text("abstract"), section: text("sectionTitle")))
            } else {
                operands.append(
                    Operand(
                        name: text("valueName"), isOptional: bool("isOptional"),
                        isRepeating: bool("isRepeating"), isShown: bool("shouldDisplay"),
                        text: text("abstract")))
            }
        }
        if let help = flags.firstIndex(where: { $0.name == "help" }) {
            flags[help].text = "help for \(name)"
        }
        flags.sort { $0.name < $1.name }
    }

    init(_ command: any ParsableCommand.Type) { self.init(command, name: command._commandName) }

    /// The program without its commands.
    static var root: CommandDescription {
        CommandDescription(Program.Flags.self, name: programName)
    }

    /// Arguments as the usage line shows them.
    var operandText: String {
        operands.filter(\.isShown).map { operand in
            if operand.isOptional { return "[\(operand.name)]" }
            return operand.isRepeating ? "\(operand.name) [\(operand.name)...]" : operand.name
        }.joined(separator: " ")
    }

    /// - Throws: ``CommandError`` that says how many arguments were expected.
    func check(operandCount count: Int) throws(CommandError) {
        let minimum = operands.count { !$0.isOptional }
        let maximum = operands.contains(where: \.isRepeating) ? Int.max : operands.count
        guard !(minimum...maximum).contains(count) else { return }
        if maximum == .max {
            throw CommandError("requires at least \(minimum) arg(s), only received \(count)")
        }
        let expected = minimum == maximum ? "\(minimum)" : "between \(minimum) and \(maximum)"
        throw CommandError("accepts \(expected) arg(s), received \(count)")
    }
}

/// Type words of flags with a value.
extension ArgumentHelp {
    /// `bare`: the value of the flag where it stands without one.
    static func string(_ text: String, bare: String? = nil) -> ArgumentHelp {
        ArgumentHelp(text, valueName: "string" + (bare.map { "[=\"\($0)\"]" } ?? ""))
    }

    static func int(_ text: String) -> ArgumentHelp { ArgumentHelp(text, valueName: "int") }

    /// For a flag of which it matters whether it was given: `--flag`, `--flag=false` or neither.
    static func bool(_ text: String) -> ArgumentHelp { ArgumentHelp(text, valueName: "bool") }

    /// An argument, by its name in the usage line.
    static func operand(_ name: String, _ text: String) -> ArgumentHelp {
        ArgumentHelp(text, valueName: name)
    }

    static var model: ArgumentHelp { .operand("MODEL", "Name of a model") }
}
