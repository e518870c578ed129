extension JinjaParser {
    /// An expression, or a tuple without parentheses.
    mutating func tupleOrExpression(
        allowsConditional: Bool = true
    ) throws(TemplateError) -> JinjaExpression {
        let first = try expression(allowsConditional: allowsConditional)
        guard current == .symbol(",") else { return first }
        var elements = [first]
        while accept(",") {
            switch current {
            case .blockEnd, .printEnd, .symbol(")"): return .tuple(elements)
            default: elements.append(try expression(allowsConditional: allowsConditional))
            }
        }
        return .tuple(elements)
    }

    mutating func expression(
        allowsConditional: Bool = true
    ) throws(TemplateError) -> JinjaExpression {
        try descend()
        defer { depth -= 1 }
        var result = try binary(0)
        while allowsConditional, accept(.name("if")) {
            let condition = try binary(0)
            let otherwise = accept(.name("else")) ? try expression() : nil
            result = .conditional(condition, then: result, otherwise: otherwise)
            if otherwise != nil { break }
        }
        return result
    }

    /// Levels from loose to tight: or, and, not, comparison, sum, `~`, product, power.
    private mutating func binary(_ level: Int) throws(TemplateError) -> JinjaExpression {
        switch level {
        case 0, 1:
            let word = JinjaToken.name(level == 0 ? "or" : "and")
            var operands = [try binary(level + 1)]
            while accept(word) { operands.append(try binary(level + 1)) }
            if operands.count == 1 { return operands[0] }
            return level == 0 ? .or(operands) : .and(operands)
        case 2: return try negation()
        case 3: return try comparison()
        case 5:
            var operands = [try binary(6)]
            while accept("~") { operands.append(try binary(6)) }
            return operands.count == 1 ? operands[0] : .concatenation(operands)
        case 4: return try chain(["+", "-"], level)
        case 6: return try chain(["*", "/", "//", "%"], level)
        case 7: return try chain(["**"], level)
        default: return try unary()
        }
    }

    private mutating func chain(
        _ symbols: Set<String>, _ level: Int
    ) throws(TemplateError) -> JinjaExpression {
        let first = try binary(level + 1)
        var rest: [(symbol: String, operand: JinjaExpression)] = []
        while case .symbol(let symbol) = current, symbols.contains(symbol) {
            index += 1
            rest.append((symbol, try binary(level + 1)))
        }
        return rest.isEmpty ? first : .arithmetic(first, rest)
    }

    private mutating func negation() throws(TemplateError) -> JinjaExpression {
        guard accept(.name("not")) else { return try binary(3) }
        try descend()
        defer { depth -= 1 }
        return .not(try negation())
    }

    private mutating func comparison() throws(TemplateError) -> JinjaExpression {
        let first = try binary(4)
        var rest: [(symbol: String, operand: JinjaExpression)] = []
        loop: while true {
            switch current {
            case .symbol(let symbol) where ["==", "!=", "<", "<=", ">", ">="].contains(symbol):
                index += 1
                rest.append((symbol, try binary(4)))
            case .name("in"):
                index += 1
                rest.append(("in", try binary(4)))
            case .name("not") where peek(1) == .name("in"):
                index += 2
                rest.append(("not in", try binary(4)))
            default: break loop
            }
        }
        return rest.isEmpty ? first : .comparison(first, rest)
    }

    private mutating func unary(withFilters: Bool = true) throws(TemplateError) -> JinjaExpression {
        var node: JinjaExpression
        if current == .symbol("-") || current == .symbol("+") {
            try descend()
            defer { depth -= 1 }
            let isNegative = current == .symbol("-")
            index += 1
            let operand = try unary(withFilters: false)
            node = isNegative ? .negative(operand) : .positive(operand)
        } else {
            node = try primary()
        }
        node = try postfix(node)
        return withFilters ? try filtersAndTests(node) : node
    }

    private mutating func primary() throws(TemplateError) -> JinjaExpression {
        let token = current
        index += 1
        switch token {
        case .name(let name):
            switch name {
            case "true", "True": return .bool(true)
            case "false", "False": return .bool(false)
            case "none", "None": return .none
            default: return .name(name)
            }
        case .string(var text):
            while case .string(let more) = current {
                text += more
                index += 1
            }
            return .string(text)
        case .integer(let value): return .integer(value)
        case .float(let value): return .float(value)
        case .symbol("("):
            if accept(")") { return .tuple([]) }
            let inner = try tupleOrExpression()
            try expect(.symbol(")"))
            return inner
        case .symbol("["):
            var elements: [JinjaExpression] = []
            while !accept("]") {
                if !elements.isEmpty { try expect(.symbol(",")) }
                if accept("]") { break }
                elements.append(try expression())
            }
            return .list(elements)
        case .symbol("{"):
            var members: [(key: JinjaExpression, value: JinjaExpression)] = []
            while !accept("}") {
                if !members.isEmpty { try expect(.symbol(",")) }
                if accept("}") { break }
                let key = try expression()
                try expect(.symbol(":"))
                members.append((key, try expression()))
            }
            return .dict(members)
        case .blockEnd, .printEnd:
            throw error("Expected an expression, got '\(describe(token))'")
        default: throw error("unexpected '\(describe(token))'")
        }
    }

    /// Chains nest to the left in the tree, so that their length counts as depth.
    private func checkChain(_ length: Int) throws(TemplateError) {
        try TemplateBudget.check(parseDepth: length)
    }

    private mutating func postfix(
        _ start: JinjaExpression
    ) throws(TemplateError) -> JinjaExpression {
        var node = start
        var length = depth
        while true {
            switch current {
            case .symbol("."):
                index += 1
                if case .integer(let position) = current {
                    index += 1
                    node = .item(node, .integer(position))
                } else {
                    node = .attribute(node, try name())
                }
            case .symbol("["):
                index += 1
                node = try subscripted(node)
            case .symbol("("): node = .call(node, try arguments())
            default: return node
            }
            length += 1
            try checkChain(length)
        }
    }

    private mutating func subscripted(
        _ node: JinjaExpression
    ) throws(TemplateError) -> JinjaExpression {
        var parts: [JinjaExpression?] = [nil]
        var isSlice = false
        while true {
            switch current {
            case .symbol("]"):
                index += 1
                if isSlice {
                    guard parts.count <= 3 else { throw error("unexpected ':'") }
                    return .slice(node, parts)
                }
                guard let key = parts[0] else { throw error("expected subscript expression") }
                return .item(node, key)
            case .symbol(":"):
                index += 1
                isSlice = true
                parts.append(nil)
            default:
                guard parts[parts.count - 1] == nil else {
                    throw error("expected token ']', got '\(describe(current))'")
                }
                parts[parts.count - 1] = isSlice ? try expression() : try tupleOrExpression()
            }
        }
    }

    mutating func arguments() throws(TemplateError) -> JinjaArguments {
        var arguments = JinjaArguments()
        var count = 0
        try expect(.symbol("("))
        while !accept(")") {
            if count > 0 { try expect(.symbol(",")) }
            if accept(")") { break }
            count += 1
            if accept("*") {
                arguments.spread = try expression()
            } else if accept("**") {
                arguments.namedSpread = try expression()
            } else if case .name(let name) = current, peek(1) == .symbol("=") {
                index += 2
                arguments.named.append((name, try expression()))
            } else {
                guard arguments.named.isEmpty else {
                    throw error("invalid syntax for function call expression")
                }
                arguments.positional.append(try expression())
            }
        }
        return arguments
    }

    private mutating func filtersAndTests(
        _ start: JinjaExpression
    ) throws(TemplateError) -> JinjaExpression {
        var node = start
        var length = depth
        while true {
            switch current {
            case .symbol("|"): node = try filterChain(node, isHead: false, count: 1)
            case .name("is"):
                index += 1
                node = try test(node)
            case .symbol("("): node = .call(node, try arguments())
            default: return node
            }
            length += 1
            try checkChain(length)
        }
    }

    /// `| a | b(1)`, or `a | b(1)` at the head of a filter block.
    mutating func filterChain(
        _ start: JinjaExpression?, isHead: Bool, count: Int = .max
    ) throws(TemplateError) -> JinjaExpression {
        var node = start
        var length = depth
        var isFirst = true
        while isFirst || current == .symbol("|"), length - depth < count {
            if !(isFirst && isHead) { try expect(.symbol("|")) }
            isFirst = false
            var filter = try name()
            while accept(".") { filter += "." + (try name()) }
            guard JinjaFilters.names.contains(filter) else {
                throw error("No filter named '\(filter)'.")
            }
            let arguments = current == .symbol("(") ? try arguments() : JinjaArguments()
            node = .filter(node, filter, arguments)
            length += 1
            try checkChain(length)
        }
        return node!
    }

    private mutating func test(_ node: JinjaExpression) throws(TemplateError) -> JinjaExpression {
        let isNegated = accept(.name("not"))
        var name = try name()
        while accept(".") { name += "." + (try self.name()) }
        guard JinjaTests.names.contains(name) else { throw error("No test named '\(name)'.") }
        var arguments = JinjaArguments()
        switch current {
        case .symbol("("): arguments = try self.arguments()
        case .name("else"), .name("or"), .name("and"): break
        case .name("is"): throw error("You cannot chain multiple tests with is")
        case .name, .string, .integer, .float, .symbol("["), .symbol("{"):
            arguments.positional = [try postfix(primary())]
        default: break
        }
        return .test(node, name, arguments, isNegated: isNegated)
    }
}
