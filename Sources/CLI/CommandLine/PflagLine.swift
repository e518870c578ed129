import API

/// Flags and arguments of one command line in pflag's spelling.
///
/// Flags may stand before, between and after arguments; `--` ends them. Values follow as `--name
/// value` or `--name=value`, short ones also as `-fvalue`; short flags without value can be joined.
/// Of a flag that is given twice the last value counts.
struct PflagLine {
    private(set) var operands: [String] = []
    private var values: [String: String] = [:]
    private let flags: [CommandDescription.Flag]

    /// - Throws: ``CommandError`` that names the flag.
    init(_ words: some Sequence<String>, _ flags: [CommandDescription.Flag]) throws(CommandError) {
        self.flags = flags
        var rest = Array(words)[...]
        while let word = rest.popFirst() {
            if word == "--" {
                operands += rest
                return
            }
            if word.hasPrefix("--") {
                try takeLong(word, &rest)
            } else if word.hasPrefix("-"), word != "-" {
                try takeShort(word, &rest)
            } else {
                operands.append(word)
            }
        }
    }

    func isTrue(_ name: String) -> Bool { values[name] == "true" }

    /// The same line in the one spelling that leaves ArgumentParser no choice: flags as
    /// `--name=value` or `--name`, then `--`, then the arguments.
    var words: [String] {
        var words: [String] = []
        for flag in flags {
            guard let value = values[flag.name], !flag.isBare || value == "true" else { continue }
            let name = "--" + flag.name
            // ArgumentParser takes `--name=` for a name alone.
            words += flag.isBare ? [name] : value.isEmpty ? [name, ""] : ["\(name)=\(value)"]
        }
        if !operands.isEmpty { words += ["--"] + operands }
        return words
    }

    private mutating func takeLong(_ word: String, _ rest: inout ArraySlice<String>)
        throws(CommandError)
    {
        let body = word.dropFirst(2)
        guard let first = body.first, first != "-", first != "=" else {
            throw CommandError("bad flag syntax: \(word)")
        }
        let parts = body.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let name = String(parts[0])
        guard let flag = flags.first(where: { $0.name == name }) else {
            throw CommandError("unknown flag: --\(name)")
        }
        if parts.count == 2 {
            try set(flag, String(parts[1]))
        } else if let value = flag.bareValue ?? rest.popFirst() {
            try set(flag, value)
        } else {
            throw CommandError("flag needs an argument: \(word)")
        }
    }

    private mutating func takeShort(_ word: String, _ rest: inout ArraySlice<String>)
        throws(CommandError)
    {
        var letters = word.dropFirst()
        while let letter = letters.popFirst() {
            guard let flag = flags.first(where: { $0.shorthand == letter }) else {
                throw CommandError("unknown shorthand flag: '\(letter)' in -\(letter)\(letters)")
            }
            if letters.first == "=" {
                return try set(flag, String(letters.dropFirst()))
            } else if let bare = flag.bareValue {
                try set(flag, bare)
            } else if !letters.isEmpty {
                return try set(flag, String(letters))
            } else if let value = rest.popFirst() {
                return try set(flag, value)
            } else {
                throw CommandError("flag needs an argument: '\(letter)' in \(word)")
            }
        }
    }

    /// Values are looked at here for the sake of the error's text; ArgumentParser types them.
    private mutating func set(_ flag: CommandDescription.Flag, _ value: String)
        throws(CommandError)
    {
        func invalid(_ function: String, _ reason: String) -> CommandError {
            let value = GoQuote.quoted(value)
            return CommandError(
                "invalid argument \(value) for \(GoQuote.quoted(flag.displayName)) flag: "
                    + "strconv.\(function): parsing \(value): \(reason)")
        }
        switch flag.kind {
        case .string: values[flag.name] = value
        case .bool:
            guard let bool = Self.bool(value) else {
                throw invalid("ParseBool", "invalid syntax")
            }
            values[flag.name] = String(bool)
        case .int:
            guard let number = Int(value) else {
                let digits = value.drop { $0 == "-" || $0 == "+" }
                let isNumber = !digits.isEmpty && digits.utf8.allSatisfy { (48...57).contains($0) }
                throw invalid("ParseInt", isNumber ? "value out of range" : "invalid syntax")
            }
            values[flag.name] = String(number)
        }
    }

    private static func bool(_ text: String) -> Bool? {
        switch text {
        case "1", "t", "T", "TRUE", "true", "True": true
        case "0", "f", "F", "FALSE", "false", "False": false
        default: nil
        }
    }
}
