import API

/// Builds the tree of a Go template, with Go's own error texts.
struct GoParser {
    private let tokens: [GoToken]
    private var index = 0
    private var variables = ["$"]
    private var loops = 0
    private var depth = 0
    /// Bodies of `define` and `block`.
    private(set) var definitions: [String: [GoNode]] = [:]

    init(_ source: String) { tokens = GoLexer.tokens(of: source) }

    private enum Stop { case end, otherwise, eof }

    mutating func parse() throws(TemplateError) -> [GoNode] {
        var nodes: [GoNode] = []
        let stop = try list(into: &nodes, isTop: true)
        switch stop {
        case .eof: return nodes
        case .end: throw error("unexpected {{end}}")
        case .otherwise: throw error("unexpected {{else}}")
        }
    }

    // MARK: - Items

    private var current: GoToken { tokens[min(index, tokens.count - 1)] }

    private mutating func next() throws(TemplateError) -> GoToken {
        let token = current
        if token.kind == .error { throw error(token.text) }
        index += 1
        return token
    }

    private mutating func skipSpace() { if current.kind == .space { index += 1 } }

    private mutating func nextNonSpace() throws(TemplateError) -> GoToken {
        skipSpace()
        return try next()
    }

    private mutating func peekNonSpace() -> GoToken {
        skipSpace()
        return current
    }

    private func error(_ message: String, at token: GoToken? = nil) -> TemplateError {
        TemplateError(.syntax, "template: :\((token ?? current).line): \(message)")
    }

    private func unexpected(_ token: GoToken, _ context: String) -> TemplateError {
        if token.kind == .error { return error(token.text, at: token) }
        return error("unexpected \(token.shown) in \(context)", at: token)
    }

    private mutating func expect(
        _ kind: GoToken.Kind, _ context: String
    ) throws(TemplateError) -> GoToken {
        let token = try nextNonSpace()
        guard token.kind == kind else { throw unexpected(token, context) }
        return token
    }

    private mutating func descend() throws(TemplateError) {
        depth += 1
        try TemplateBudget.check(parseDepth: depth)
    }

    // MARK: - Statements

    private mutating func list(
        into nodes: inout [GoNode], isTop: Bool = false
    ) throws(TemplateError) -> Stop {
        while true {
            let token = try next()
            switch token.kind {
            case .end: return .eof
            case .text: nodes.append(.text(token.text))
            default:
                let word = peekNonSpace()
                guard word.kind == .keyword else {
                    nodes.append(.action(try pipeline("command", end: .rightDelimiter)))
                    continue
                }
                index += 1
                if let stop = try statement(word, isTop: isTop, into: &nodes) { return stop }
            }
        }
    }

    private mutating func statement(
        _ word: GoToken, isTop: Bool, into nodes: inout [GoNode]
    ) throws(TemplateError) -> Stop? {
        switch word.text {
        case "end":
            _ = try expect(.rightDelimiter, "end")
            return .end
        case "else":
            let token = peekNonSpace()
            if token.kind == .keyword, token.text == "if" || token.text == "with" {
                return .otherwise
            }
            _ = try expect(.rightDelimiter, "else")
            return .otherwise
        case "if", "with": nodes.append(try choice(word.text))
        case "range": nodes.append(try range())
        case "break", "continue":
            let token = peekNonSpace()
            guard token.kind == .rightDelimiter else {
                throw unexpected(token, "{{\(word.text)}}")
            }
            index += 1
            guard loops > 0 else { throw error("{{\(word.text)}} outside {{range}}", at: word) }
            nodes.append(word.text == "break" ? .breakLoop : .continueLoop)
        case "define" where isTop: try define()
        case "block": nodes.append(try block())
        case "template": nodes.append(try template(word))
        default: throw unexpected(word, "command")
        }
        return nil
    }

    private mutating func choice(_ first: String) throws(TemplateError) -> GoNode {
        try descend()
        let scope = variables.count
        defer {
            variables.removeSubrange(scope...)
            depth -= 1
        }
        var choice = GoChoice(arms: [], otherwise: [])
        var word = first
        while true {
            let condition = try pipeline(word, end: .rightDelimiter)
            var body: [GoNode] = []
            let stop = try list(into: &body)
            choice.arms.append(.init(condition: condition, movesDot: word == "with", body: body))
            guard try hasElse(stop) else { return .choice(choice) }
            let token = current
            guard token.kind == .keyword, token.text == first else {
                if token.kind == .keyword {
                    throw unexpected(token, "else")
                }
                if try hasElse(list(into: &choice.otherwise)) {
                    throw error("expected end; found {{else}}")
                }
                return .choice(choice)
            }
            word = first
            index += 1
        }
    }

    private func hasElse(_ stop: Stop) throws(TemplateError) -> Bool {
        switch stop {
        case .eof: throw error("unexpected EOF")
        case .end: false
        case .otherwise: true
        }
    }

    private mutating func range() throws(TemplateError) -> GoNode {
        try descend()
        let scope = variables.count
        defer {
            variables.removeSubrange(scope...)
            depth -= 1
        }
        let pipeline = try pipeline("range", end: .rightDelimiter)
        var range = GoRange(pipeline: pipeline, body: [], otherwise: [])
        loops += 1
        let stop = try list(into: &range.body)
        loops -= 1
        if try hasElse(stop) {
            if current.kind == .keyword { throw unexpected(current, "else") }
            if try hasElse(list(into: &range.otherwise)) {
                throw error("expected end; found {{else}}")
            }
        }
        return .range(range)
    }

    private mutating func name(_ context: String) throws(TemplateError) -> String {
        let token = try expect(.string, context)
        return try unquote(token)
    }

    private mutating func body(of name: String) throws(TemplateError) {
        try descend()
        let outer = (variables, loops)
        (variables, loops) = (["$"], 0)
        defer {
            (variables, loops) = outer
            depth -= 1
        }
        var nodes: [GoNode] = []
        if try hasElse(list(into: &nodes)) { throw error("unexpected {{else}} in define clause") }
        definitions[name] = nodes
    }

    private mutating func define() throws(TemplateError) {
        let name = try name("define clause")
        _ = try expect(.rightDelimiter, "define clause")
        try body(of: name)
    }

    private mutating func block() throws(TemplateError) -> GoNode {
        let position = current.position
        let name = try name("block clause")
        let argument = try pipeline("block clause", end: .rightDelimiter)
        try body(of: name)
        return .template(name: name, argument: argument, position: position)
    }

    private mutating func template(_ word: GoToken) throws(TemplateError) -> GoNode {
        let name = try name("template clause")
        guard peekNonSpace().kind != .rightDelimiter else {
            throw TemplateError(.syntax, "undefined template specified")
        }
        let argument = try pipeline("template clause", end: .rightDelimiter)
        return .template(name: name, argument: argument, position: word.position)
    }

    // MARK: - Pipelines

    private mutating func pipeline(
        _ context: String, end: GoToken.Kind
    ) throws(TemplateError) -> GoPipeline {
        try descend()
        defer { depth -= 1 }
        var pipeline = GoPipeline(position: peekNonSpace().position)
        try declarations(of: &pipeline, context)
        while true {
            let token = try nextNonSpace()
            switch token.kind {
            case end:
                try check(pipeline, context, token)
                return pipeline
            case .bool, .character, .dot, .field, .identifier, .number, .null, .string, .variable,
                .leftParen:
                index -= 1
                pipeline.commands.append(try command())
            default: throw unexpected(token, context)
            }
        }
    }

    private mutating func declarations(
        of pipeline: inout GoPipeline, _ context: String
    ) throws(TemplateError) {
        while peekNonSpace().kind == .variable {
            let mark = index
            let variable = try next()
            let after = peekNonSpace()
            switch after.kind {
            case .declare, .assign:
                pipeline.isAssignment = after.kind == .assign
                index += 1
                pipeline.variables.append(variable.text)
                if !pipeline.isAssignment {
                    variables += pipeline.variables
                } else {
                    for name in pipeline.variables where !variables.contains(name) {
                        throw error("undefined variable \(GoQuote.quoted(name))", at: variable)
                    }
                }
                return
            case .comma:
                index += 1
                pipeline.variables.append(variable.text)
                guard context == "range", pipeline.variables.count < 2 else {
                    throw error("too many declarations in \(context)", at: after)
                }
                guard peekNonSpace().kind == .variable else {
                    throw error("range can only initialize variables", at: after)
                }
            default:
                index = mark
                if !pipeline.variables.isEmpty {
                    throw error("range can only initialize variables", at: after)
                }
                return
            }
        }
    }

    private func check(
        _ pipeline: GoPipeline, _ context: String, _ token: GoToken
    ) throws(TemplateError) {
        guard !pipeline.commands.isEmpty else {
            throw error("missing value for \(context)", at: token)
        }
        for (stage, command) in pipeline.commands.enumerated().dropFirst() {
            switch command[0].kind {
            case .bool, .dot, .null, .integer, .float, .string:
                throw error("non executable command in pipeline stage \(stage + 1)", at: token)
            default: break
            }
        }
    }

    private mutating func command() throws(TemplateError) -> [GoOperand] {
        var operands: [GoOperand] = []
        while true {
            skipSpace()
            if let operand = try operand() { operands.append(operand) }
            let token = try next()
            switch token.kind {
            case .space: continue
            case .rightDelimiter, .rightParen: index -= 1
            case .pipe: break
            default: throw unexpected(token, "operand")
            }
            break
        }
        if operands.isEmpty { throw error("empty command") }
        return operands
    }

    private mutating func operand() throws(TemplateError) -> GoOperand? {
        guard var node = try term() else { return nil }
        var fields: [String] = []
        var text = node.text
        while current.kind == .field {
            fields.append(String(current.text.dropFirst()))
            text += current.text
            index += 1
        }
        guard !fields.isEmpty else { return node }
        switch node.kind {
        case .field(let names): node.kind = .field(names + fields)
        case .variable(let name, let names): node.kind = .variable(name, names + fields)
        case .bool, .string, .integer, .float, .null, .dot:
            throw error("unexpected . after term \(GoQuote.quoted(node.text))")
        default: node = GoOperand(kind: .chain(node, fields), position: node.position, text: "")
        }
        node.text = text
        return node
    }

    private mutating func term() throws(TemplateError) -> GoOperand? {
        let token = try nextNonSpace()
        func operand(_ kind: GoOperand.Kind) -> GoOperand {
            GoOperand(kind: kind, position: token.position, text: token.text)
        }
        switch token.kind {
        case .identifier:
            guard GoFunctions.names.contains(token.text) else {
                throw error("function \(GoQuote.quoted(token.text)) not defined", at: token)
            }
            return operand(.function(token.text))
        case .dot: return operand(.dot)
        case .null: return operand(.null)
        case .variable:
            guard variables.contains(token.text) else {
                throw error("undefined variable \(GoQuote.quoted(token.text))", at: token)
            }
            return operand(.variable(token.text, []))
        case .field: return operand(.field([String(token.text.dropFirst())]))
        case .bool: return operand(.bool(token.text == "true"))
        case .number:
            switch GoNumber(token.text) {
            case .integer(let value): return operand(.integer(value))
            case .float(let value): return operand(.float(value))
            case nil: throw error("bad number syntax: \(GoQuote.quoted(token.text))", at: token)
            }
        case .character:
            let scalars = try unquote(token).unicodeScalars
            guard scalars.count == 1 else {
                throw error("malformed character constant: \(token.text)", at: token)
            }
            return operand(.integer(Int(scalars.first!.value)))
        case .string: return operand(.string(try unquote(token)))
        case .leftParen:
            let inner = try pipeline("parenthesized pipeline", end: .rightParen)
            return operand(.pipeline(inner))
        default:
            index -= 1
            return nil
        }
    }

    // MARK: - Literals

    private func unquote(_ token: GoToken) throws(TemplateError) -> String {
        let bytes = Array(token.text.utf8).dropFirst().dropLast()
        if token.text.utf8.first == UInt8(ascii: "`") {
            return String(decoding: bytes.filter { $0 != 0x0D }, as: UTF8.self)
        }
        var out: [UInt8] = []
        var rest = bytes
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\") else {
                out.append(byte)
                continue
            }
            guard let escape = rest.popFirst(), unescape(escape, from: &rest, into: &out) else {
                throw error("invalid syntax", at: token)
            }
        }
        return String(decoding: out, as: UTF8.self)
    }

    private func unescape(
        _ escape: UInt8, from rest: inout ArraySlice<UInt8>, into out: inout [UInt8]
    ) -> Bool {
        func scalar(_ digits: Int) -> Unicode.Scalar? {
            guard rest.count >= digits else { return nil }
            let text = String(decoding: rest.prefix(digits), as: UTF8.self)
            rest = rest.dropFirst(digits)
            return UInt32(text, radix: 16).flatMap(Unicode.Scalar.init)
        }
        switch escape {
        case UInt8(ascii: "n"): out.append(0x0A)
        case UInt8(ascii: "t"): out.append(0x09)
        case UInt8(ascii: "r"): out.append(0x0D)
        case UInt8(ascii: "a"): out.append(0x07)
        case UInt8(ascii: "b"): out.append(0x08)
        case UInt8(ascii: "f"): out.append(0x0C)
        case UInt8(ascii: "v"): out.append(0x0B)
        case UInt8(ascii: "\\"), UInt8(ascii: "\""), UInt8(ascii: "'"): out.append(escape)
        case UInt8(ascii: "x"):
            guard let scalar = scalar(2) else { return false }
            out.append(UInt8(scalar.value))
        case UInt8(ascii: "u"), UInt8(ascii: "U"):
            guard let scalar = scalar(escape == UInt8(ascii: "u") ? 4 : 8) else { return false }
            out += Array(String(scalar).utf8)
        case UInt8(ascii: "0")...UInt8(ascii: "7"):
            guard rest.count >= 2,
                let value = UInt8(
                    String(decoding: [escape] + rest.prefix(2), as: UTF8.self), radix: 8)
            else { return false }
            rest = rest.dropFirst(2)
            out.append(value)
        default: return false
        }
        return true
    }
}
