/// A parsed Modelfile.
public struct Modelfile: Sendable {
    public struct Command: Sendable, Equatable {
        /// Lower case; `model` for FROM's argument is `from`, a parameter has `parameter` here and
        /// `key value` as its arguments, a message `message` and `role text`.
        public var name: String
        public var arguments: String
        public init(name: String, arguments: String) {
            self.name = name
            self.arguments = arguments
        }
    }
    public var commands: [Command]

    /// - Parameter bytes: UTF-8, or UTF-16 with a byte order mark.
    /// - Throws: badRequest with the reason, and the line where one is known.
    public init(parsing bytes: [UInt8]) throws(StoreError) {
        var parser = ModelfileParser(ModelfileParser.decode(bytes))
        commands = try parser.commands()
        guard commands.contains(where: { $0.name == "from" }) else {
            throw StoreError(.badRequest, "no FROM line")
        }
    }
}

struct ModelfileParser {
    static let names = [
        "from", "license", "template", "system", "adapter", "draft", "renderer", "parser",
        "parameter",
        "message", "requires",
    ]
    private let scalars: [Unicode.Scalar]
    private var index = 0
    private var line = 1

    init(_ scalars: [Unicode.Scalar]) { self.scalars = scalars }

    static func decode(_ bytes: [UInt8]) -> [Unicode.Scalar] {
        if bytes.starts(with: [0xef, 0xbb, 0xbf]) {
            return Array(String(decoding: bytes[3...], as: UTF8.self).unicodeScalars)
        }
        for (mark, high, low) in [([0xff, 0xfe] as [UInt8], 1, 0), ([0xfe, 0xff], 0, 1)]
        where bytes.starts(with: mark) {
            let units = stride(from: 2, to: bytes.count - 1, by: 2).map {
                UInt16(bytes[$0 + high]) << 8 | UInt16(bytes[$0 + low])
            }
            return Array(String(decoding: units, as: UTF16.self).unicodeScalars)
        }
        return Array(String(decoding: bytes, as: UTF8.self).unicodeScalars)
    }

    private static func isBlank(_ scalar: Unicode.Scalar) -> Bool {
        scalar == " " || scalar == "\t"
    }
    private static func isNewline(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "\n" || scalar == "\r"
    }

    private static func isLetter(_ scalar: Unicode.Scalar) -> Bool {
        ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar)
    }

    /// Control and format characters and blanks other than the plain ones are dropped.
    private static func isKept(_ scalar: Unicode.Scalar) -> Bool {
        if isBlank(scalar) || isNewline(scalar) { return true }
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .spaceSeparator,
            .lineSeparator, .paragraphSeparator:
            return false
        default: return true
        }
    }

    /// The next character that counts.
    private mutating func next() -> Unicode.Scalar? {
        while index < scalars.count {
            let scalar = scalars[index]
            index += 1
            if scalar == "\n" { line += 1 }
            if Self.isKept(scalar) { return scalar }
        }
        return nil
    }

    private func badCommand() -> StoreError {
        let quoted = Self.names.map { "\"\($0)\"" }
        let list = quoted.dropLast().joined(separator: ", ") + ", or " + quoted[quoted.count - 1]
        return StoreError(.badRequest, "(line \(line)): command must be one of \(list)")
    }

    mutating func commands() throws(StoreError) -> [Modelfile.Command] {
        var commands: [Modelfile.Command] = []
        while let first = next() {
            if Self.isBlank(first) || Self.isNewline(first) { continue }
            if first == "#" {
                while let scalar = next(), !Self.isNewline(scalar) {}
                continue
            }
            let name = try commandName(from: first)
            commands.append(try command(name))
        }
        return commands
    }

    private mutating func commandName(from first: Unicode.Scalar) throws(StoreError) -> String {
        var name = String.UnicodeScalarView()
        var current: Unicode.Scalar? = first
        while let scalar = current, Self.isLetter(scalar) {
            name.append(scalar)
            current = next()
        }
        guard let end = current else { throw StoreError(.badRequest, "unexpected EOF") }
        let lower = String(name).lowercased()
        guard Self.isBlank(end), Self.names.contains(lower) else { throw badCommand() }
        return lower
    }

    private mutating func command(_ name: String) throws(StoreError) -> Modelfile.Command {
        switch name {
        case "parameter":
            let key = try word { Self.isLetter($0) || ("0"..."9").contains($0) || $0 == "_" }
            let value = try self.value(context: key)
            return .init(name: name, arguments: "\(key) \(value)")
        case "message":
            let role = try word(Self.isLetter)
            guard ["system", "user", "assistant"].contains(role) else {
                throw StoreError(
                    .badRequest,
                    "(line \(line)): message role must be one of \"system\", \"user\", or \"assistant\""
                )
            }
            let value = try self.value(context: role)
            return .init(name: name, arguments: "\(role) \(value)")
        default:
            return .init(name: name, arguments: try value(context: nil))
        }
    }

    /// A key or role, up to and with the blank behind it.
    private mutating func word(
        _ isPart: (Unicode.Scalar) -> Bool
    ) throws(StoreError) -> String {
        var word = String.UnicodeScalarView()
        while let scalar = next() {
            if isPart(scalar) {
                word.append(scalar)
            } else if Self.isBlank(scalar) {
                if !word.isEmpty { return String(word) }
            } else {
                break
            }
        }
        throw StoreError(.badRequest, Self.unexpectedEnd(String(word)))
    }

    private static func unexpectedEnd(_ text: String?) -> String {
        text.map { "unexpected EOF: \($0)" } ?? "unexpected EOF"
    }

    /// A plain value to the end of its line, or a quoted one to the line end behind its closing quote.
    ///
    /// - Parameter context: what an error names; without one, an empty value is fine.
    private mutating func value(context: String?) throws(StoreError) -> String {
        var text: [Unicode.Scalar] = []
        while let scalar = next() {
            if Self.isNewline(scalar) {
                if let value = Self.unquoted(text) { return try checked(value, text, context) }
                text.append(scalar)
            } else {
                text.append(scalar)
            }
        }
        guard let value = Self.unquoted(text) else {
            throw StoreError(.badRequest, Self.unexpectedEnd(context))
        }
        return try checked(value, text, context)
    }

    private func checked(
        _ value: String, _ text: [Unicode.Scalar], _ context: String?
    ) throws(StoreError) -> String {
        // Only quotes can stand for an empty parameter or message.
        if let context, text.allSatisfy({ Self.isBlank($0) || Self.isNewline($0) }) {
            throw StoreError(.badRequest, Self.unexpectedEnd(context))
        }
        return value
    }

    /// The value without its quotes; nil while the closing quote is missing.
    private static func unquoted(_ text: [Unicode.Scalar]) -> String? {
        func isSpace(_ scalar: Unicode.Scalar) -> Bool { isBlank(scalar) || isNewline(scalar) }
        var trimmed = text[...]
        while let first = trimmed.first, isSpace(first) { trimmed.removeFirst() }
        while let last = trimmed.last, isSpace(last) { trimmed.removeLast() }
        func string(_ slice: ArraySlice<Unicode.Scalar>) -> String {
            var view = String.UnicodeScalarView()
            view.append(contentsOf: slice)
            return String(view)
        }
        for quotes in [3, 1] {
            let mark = Array(repeating: Unicode.Scalar("\""), count: quotes)
            guard trimmed.starts(with: mark) else { continue }
            guard trimmed.count >= 2 * quotes, trimmed.suffix(quotes).elementsEqual(mark) else {
                return nil
            }
            return string(trimmed.dropFirst(quotes).dropLast(quotes))
        }
        return string(trimmed)
    }
}
