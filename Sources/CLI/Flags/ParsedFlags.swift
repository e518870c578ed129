import API

/// Flags and arguments of one command line.
///
/// Flags may stand before, between and after arguments; `--` ends them. Values follow as `--name
/// value` or `--name=value`, short ones also as `-fvalue`; short flags without value can be joined.
struct ParsedFlags {
    private(set) var arguments: [String] = []
    /// Arguments before `--`.
    private(set) var argumentsBeforeDash: Int?
    private var values: [String: String] = [:]
    private let specs: [FlagSpec]

    /// - Throws: ``CommandError`` that names the flag.
    init(_ words: some Sequence<String>, specs: [FlagSpec]) throws(CommandError) {
        self.specs = specs
        var rest = Array(words)[...]
        while let word = rest.popFirst() {
            if word == "--" {
                argumentsBeforeDash = arguments.count
                arguments += rest
                return
            }
            if word.hasPrefix("--") {
                try takeLong(word, &rest)
            } else if word.hasPrefix("-"), word != "-" {
                try takeShort(word, &rest)
            } else {
                arguments.append(word)
            }
        }
    }

    func isSet(_ name: String) -> Bool { values[name] != nil }
    func bool(_ name: String) -> Bool { values[name] == "true" }
    func string(_ name: String) -> String {
        values[name] ?? specs.first { $0.name == name }?.defaultValue ?? ""
    }
    func int(_ name: String) -> Int? {
        Int(values[name] ?? specs.first { $0.name == name }?.defaultValue ?? "")
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
        guard let spec = specs.first(where: { $0.name == name }) else {
            throw CommandError("unknown flag: --\(name)")
        }
        if parts.count == 2 {
            try set(spec, String(parts[1]))
        } else if let bare = spec.bareValue {
            try set(spec, bare)
        } else if let value = rest.popFirst() {
            try set(spec, value)
        } else {
            throw CommandError("flag needs an argument: \(word)")
        }
    }

    private mutating func takeShort(_ word: String, _ rest: inout ArraySlice<String>)
        throws(CommandError)
    {
        var letters = word.dropFirst()
        while let letter = letters.popFirst() {
            guard let spec = specs.first(where: { $0.shorthand == letter }) else {
                throw CommandError("unknown shorthand flag: '\(letter)' in -\(letter)\(letters)")
            }
            if letters.first == "=" {
                return try set(spec, String(letters.dropFirst()))
            } else if let bare = spec.bareValue {
                try set(spec, bare)
            } else if !letters.isEmpty {
                return try set(spec, String(letters))
            } else if let value = rest.popFirst() {
                return try set(spec, value)
            } else {
                throw CommandError("flag needs an argument: '\(letter)' in \(word)")
            }
        }
    }

    private mutating func set(_ spec: FlagSpec, _ value: String) throws(CommandError) {
        switch spec.kind {
        case .string: values[spec.name] = value
        case .bool:
            guard let bool = Self.bool(value) else {
                throw invalid(spec, value, "strconv.ParseBool", "invalid syntax")
            }
            values[spec.name] = bool ? "true" : "false"
        case .int:
            guard let number = Int(value) else {
                let digits = value.drop { $0 == "-" || $0 == "+" }
                let outOfRange =
                    !digits.isEmpty && digits.utf8.allSatisfy { (48...57).contains($0) }
                throw invalid(
                    spec, value, "strconv.ParseInt",
                    outOfRange ? "value out of range" : "invalid syntax")
            }
            values[spec.name] = String(number)
        }
    }

    private func invalid(_ spec: FlagSpec, _ value: String, _ function: String, _ reason: String)
        -> CommandError
    {
        CommandError(
            "invalid argument \(GoQuote.quoted(value)) for \(GoQuote.quoted(spec.displayName)) flag: "
                + "\(function): parsing \(GoQuote.quoted(value)): \(reason)")
    }

    private static func bool(_ text: String) -> Bool? {
        switch text {
        case "1", "t", "T", "TRUE", "true", "True": true
        case "0", "f", "F", "FALSE", "false", "False": false
        default: nil
        }
    }
}
