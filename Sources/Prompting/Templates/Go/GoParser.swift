import API

/// Builds the tree of a Go template, with Go's own error texts.
struct GoParser {
    let tokens: [GoToken]
    var index = 0
    var variables = ["$"]
    private var loops = 0
    var depth = 0
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

    var current: GoToken { tokens[min(index, tokens.count - 1)] }

    mutating func next() throws(TemplateError) -> GoToken {
        let token = current
        if token.kind == .error { throw error(token.text) }
        index += 1
        return token
    }

    mutating func skipSpace() { if current.kind == .space { index += 1 } }

    mutating func nextNonSpace() throws(TemplateError) -> GoToken {
        skipSpace()
        return try next()
    }

    mutating func peekNonSpace() -> GoToken {
        skipSpace()
        return current
    }

    func error(_ message: String, at token: GoToken? = nil) -> TemplateError {
        TemplateError(.syntax, "template: :\((token ?? current).line): \(message)")
    }

    func unexpected(_ token: GoToken, _ context: String) -> TemplateError {
        if token.kind == .error { return error(token.text, at: token) }
        return error("unexpected \(token.shown) in \(context)", at: token)
    }

    mutating func expect(
        _ kind: GoToken.Kind, _ context: String
    ) throws(TemplateError) -> GoToken {
        let token = try nextNonSpace()
        guard token.kind == kind else { throw unexpected(token, context) }
        return token
    }

    mutating func descend() throws(TemplateError) {
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
}
