/// Builds the tree of a Jinja template: statements here, expressions in an extension.
struct JinjaParser {
    let tokens: [JinjaToken]
    var index = 0
    var depth = 0
    private var loops = 0

    init(_ source: String) throws(TemplateError) { tokens = try JinjaLexer.tokens(of: source) }

    // MARK: - Items

    var current: JinjaToken { tokens[min(index, tokens.count - 1)] }

    func peek(_ offset: Int) -> JinjaToken { tokens[min(index + offset, tokens.count - 1)] }

    func error(_ message: String) -> TemplateError { TemplateError(.syntax, message) }

    /// The item in the words of Jinja's errors.
    func describe(_ token: JinjaToken) -> String {
        switch token {
        case .data: "template data"
        case .printBegin: "begin of print statement"
        case .printEnd: "end of print statement"
        case .blockBegin: "begin of statement block"
        case .blockEnd: "end of statement block"
        case .name(let name): name
        case .string(let text): text
        case .integer(let value): String(value)
        case .float(let value): String(value)
        case .symbol(let symbol): symbol
        case .end: "end of template"
        }
    }

    mutating func accept(_ token: JinjaToken) -> Bool {
        guard current == token else { return false }
        index += 1
        return true
    }

    mutating func accept(_ symbol: String) -> Bool { accept(.symbol(symbol)) }

    mutating func expect(_ token: JinjaToken) throws(TemplateError) {
        guard accept(token) else {
            throw error("expected token '\(describe(token))', got '\(describe(current))'")
        }
    }

    mutating func name() throws(TemplateError) -> String {
        guard case .name(let name) = current else {
            throw error("expected token 'name', got '\(describe(current))'")
        }
        index += 1
        return name
    }

    mutating func descend() throws(TemplateError) {
        depth += 1
        try TemplateBudget.check(parseDepth: depth)
    }

    // MARK: - Statements

    mutating func parse() throws(TemplateError) -> [JinjaNode] {
        let nodes = try body(until: [])
        if case .name(let tag) = peek(1), current == .blockBegin {
            throw error("Encountered unknown tag '\(tag)'.")
        }
        return nodes
    }

    /// Nodes up to one of the tags, which stays in front.
    private mutating func body(until tags: Set<String>) throws(TemplateError) -> [JinjaNode] {
        try descend()
        defer { depth -= 1 }
        var nodes: [JinjaNode] = []
        while true {
            switch current {
            case .data(let text):
                index += 1
                nodes.append(.text(text))
            case .printBegin:
                index += 1
                nodes.append(.print(try tupleOrExpression()))
                try expect(.printEnd)
            case .blockBegin:
                guard case .name(let tag) = peek(1) else {
                    throw error("tag name expected")
                }
                if tags.contains(tag) { return nodes }
                index += 2
                if let node = try statement(tag) { nodes.append(node) }
            case .end:
                guard tags.isEmpty else {
                    throw error(
                        "Unexpected end of template. Jinja was looking for the following tags: "
                            + tags.sorted().map { "'\($0)'" }.joined(separator: " or ") + ".")
                }
                return nodes
            default: throw error("unexpected '\(describe(current))'")
            }
        }
    }

    /// The tag that ended a body.
    private mutating func endTag() throws(TemplateError) -> String {
        index += 1
        return try name()
    }

    private mutating func closedBody(_ tag: String) throws(TemplateError) -> [JinjaNode] {
        try expect(.blockEnd)
        let nodes = try body(until: [tag])
        _ = try endTag()
        if case .name = current { index += 1 }
        try expect(.blockEnd)
        return nodes
    }

    private mutating func statement(_ tag: String) throws(TemplateError) -> JinjaNode? {
        switch tag {
        case "if": return try choice()
        case "for": return try loop()
        case "set": return try set()
        case "macro": return try macro()
        case "call": return try callBlock()
        case "filter":
            let filter = try filterChain(nil, isHead: true)
            return .filterBlock(filter, try closedBody("endfilter"))
        case "with": return try with()
        case "generation", "autoescape", "block", "trans":
            while current != .blockEnd, current != .end { index += 1 }
            return .group(try closedBody("end" + tag))
        case "do":
            let expression = try tupleOrExpression()
            try expect(.blockEnd)
            return .evaluate(expression)
        case "break", "continue":
            guard loops > 0 else { throw error("'\(tag)' outside loop") }
            try expect(.blockEnd)
            return tag == "break" ? .breakLoop : .continueLoop
        default: throw error("Encountered unknown tag '\(tag)'.")
        }
    }

    private mutating func choice() throws(TemplateError) -> JinjaNode {
        var arms: [(condition: JinjaExpression, body: [JinjaNode])] = []
        while true {
            let condition = try tupleOrExpression(allowsConditional: false)
            try expect(.blockEnd)
            arms.append((condition, try body(until: ["elif", "else", "endif"])))
            switch try endTag() {
            case "elif": continue
            case "else":
                try expect(.blockEnd)
                let otherwise = try body(until: ["endif"])
                _ = try endTag()
                try expect(.blockEnd)
                return .choice(arms: arms, otherwise: otherwise)
            default:
                try expect(.blockEnd)
                return .choice(arms: arms, otherwise: [])
            }
        }
    }

    private mutating func loop() throws(TemplateError) -> JinjaNode {
        let target = try target()
        try expect(.name("in"))
        let sequence = try tupleOrExpression(allowsConditional: false)
        var condition: JinjaExpression?
        if accept(.name("if")) { condition = try expression() }
        let isRecursive = accept(.name("recursive"))
        try expect(.blockEnd)
        loops += 1
        let nodes = try body(until: ["else", "endfor"])
        loops -= 1
        var otherwise: [JinjaNode] = []
        if try endTag() == "else" {
            try expect(.blockEnd)
            otherwise = try body(until: ["endfor"])
            _ = try endTag()
        }
        try expect(.blockEnd)
        return .loop(
            JinjaForLoop(
                target: target, sequence: sequence, condition: condition, body: nodes,
                otherwise: otherwise, isRecursive: isRecursive))
    }

    /// `a`, `a, b`, `(a, b)`, `ns.a`, `d['k']`.
    private mutating func target() throws(TemplateError) -> JinjaTarget {
        try descend()
        defer { depth -= 1 }
        var targets = [try singleTarget()]
        var isTuple = false
        while accept(",") {
            isTuple = true
            if case .name("in") = current { break }
            if current == .symbol("=") || current == .symbol(")") { break }
            targets.append(try singleTarget())
        }
        return isTuple ? .tuple(targets) : targets[0]
    }

    private mutating func singleTarget() throws(TemplateError) -> JinjaTarget {
        if accept("(") {
            let inner = try target()
            try expect(.symbol(")"))
            if case .tuple = inner { return inner }
            return inner
        }
        let first = try name()
        if current == .symbol("."), case .name(let attribute) = peek(1) {
            index += 2
            return .attribute(first, attribute)
        }
        if accept("[") {
            let key = try expression()
            try expect(.symbol("]"))
            return .item(.name(first), key)
        }
        return .name(first)
    }

    private mutating func set() throws(TemplateError) -> JinjaNode {
        let target = try target()
        if accept("=") {
            let value = try tupleOrExpression()
            try expect(.blockEnd)
            return .set(target, value)
        }
        var filter: JinjaExpression?
        if current == .symbol("|") { filter = try filterChain(nil, isHead: false) }
        return .setBlock(target, filter: filter, try closedBody("endset"))
    }

    private mutating func parameters() throws(TemplateError) -> [(
        name: String, fallback: JinjaExpression?
    )] {
        var parameters: [(name: String, fallback: JinjaExpression?)] = []
        try expect(.symbol("("))
        while !accept(")") {
            if !parameters.isEmpty { try expect(.symbol(",")) }
            if accept(")") { break }
            let name = try name()
            let fallback = accept("=") ? try expression() : nil
            if fallback == nil, parameters.contains(where: { $0.fallback != nil }) {
                throw error("non-default argument follows default argument")
            }
            parameters.append((name, fallback))
        }
        return parameters
    }

    private mutating func macro(
        _ name: String, _ parameters: [(name: String, fallback: JinjaExpression?)], end: String
    ) throws(TemplateError) -> JinjaMacro {
        let outer = loops
        loops = 0
        defer { loops = outer }
        let start = index
        let body = try closedBody(end)
        let tokens = tokens[start..<index]
        return JinjaMacro(
            name: name, parameters: parameters, body: body,
            readsKeywords: tokens.contains(.name("kwargs")),
            readsVarargs: tokens.contains(.name("varargs")))
    }

    private mutating func macro() throws(TemplateError) -> JinjaNode {
        let name = try name()
        let parameters = try parameters()
        return .macro(try macro(name, parameters, end: "endmacro"))
    }

    private mutating func callBlock() throws(TemplateError) -> JinjaNode {
        let parameters = current == .symbol("(") ? try parameters() : []
        guard case .call(let callee, let arguments) = try expression() else {
            throw error("expected call")
        }
        return .callBlock(callee, arguments, try macro("caller", parameters, end: "endcall"))
    }

    private mutating func with() throws(TemplateError) -> JinjaNode {
        var values: [(target: JinjaTarget, value: JinjaExpression)] = []
        while current != .blockEnd {
            if !values.isEmpty { try expect(.symbol(",")) }
            let target = try singleTarget()
            try expect(.symbol("="))
            values.append((target, try expression()))
        }
        return .with(values, try closedBody("endwith"))
    }
}
