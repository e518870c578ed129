import API

extension JinjaEvaluator {
    /// - Parameter input: what stands in for the missing operand of a filter block.
    func evaluate(
        _ expression: JinjaExpression, _ scope: JinjaScope, input: JinjaValue? = nil
    ) throws(TemplateError) -> JinjaValue {
        switch expression {
        case .none: return .none
        case .bool(let value): return .bool(value)
        case .integer(let value): return .integer(value)
        case .float(let value): return .float(value)
        case .string(let value): return .string(value)
        case .name(let name): return scope.find(name) ?? .undefined("'\(name)' is undefined")
        default: break
        }
        try budget.enter()
        defer { budget.leave() }
        switch expression {
        case .attribute(let base, let name):
            return try attribute(evaluate(base, scope), name)
        case .item(let base, let key):
            return try item(evaluate(base, scope), evaluate(key, scope))
        case .slice(let base, let parts): return try slice(base, parts, scope)
        case .call(let callee, let arguments): return try call(callee, arguments, scope)
        case .filter(let operand, let name, let arguments):
            var value = input ?? .none
            if let operand { value = try evaluate(operand, scope, input: input) }
            return try filter(name, value, evaluate(arguments, scope))
        case .test(let operand, let name, let arguments, let isNegated):
            let value = try evaluate(operand, scope)
            let result = try JinjaTests.test(name, value, evaluate(arguments, scope))
            return .bool(result != isNegated)
        default: return try operation(expression, scope)
        }
    }

    private func operation(
        _ expression: JinjaExpression, _ scope: JinjaScope
    ) throws(TemplateError) -> JinjaValue {
        switch expression {
        case .not(let operand): return .bool(!(try evaluate(operand, scope)).isTrue)
        case .negative(let operand):
            return try JinjaOperators.apply("-", .integer(0), evaluate(operand, scope))
        case .positive(let operand): return try evaluate(operand, scope)
        case .arithmetic(let first, let rest):
            var value = try evaluate(first, scope)
            for (symbol, operand) in rest {
                value = try JinjaOperators.apply(symbol, value, evaluate(operand, scope))
            }
            return value
        case .concatenation(let operands):
            var text = ""
            for operand in operands { text += try evaluate(operand, scope).printed() }
            try TemplateBudget.check(bytes: text.utf8.count)
            return .string(text)
        case .comparison(let first, let rest):
            var left = try evaluate(first, scope)
            for (symbol, operand) in rest {
                let right = try evaluate(operand, scope)
                guard try JinjaOperators.compare(symbol, left, right) else { return .bool(false) }
                left = right
            }
            return .bool(true)
        case .and(let operands):
            var value = JinjaValue.none
            for operand in operands {
                value = try evaluate(operand, scope)
                if !value.isTrue { break }
            }
            return value
        case .or(let operands):
            var value = JinjaValue.none
            for operand in operands {
                value = try evaluate(operand, scope)
                if value.isTrue { break }
            }
            return value
        case .conditional(let condition, let then, let otherwise):
            if try evaluate(condition, scope).isTrue { return try evaluate(then, scope) }
            guard let otherwise else {
                return .undefined(
                    "the inline if-expression evaluated to false and no else "
                        + "section was defined.")
            }
            return try evaluate(otherwise, scope)
        case .list(let elements): return .list(of: try evaluate(elements, scope))
        case .tuple(let elements): return .tuple(try evaluate(elements, scope))
        case .dict(let members):
            let dict = JinjaDict()
            for (key, value) in members {
                dict.members[try evaluate(key, scope).key()] = try evaluate(value, scope)
            }
            return .dict(dict)
        default: return .none
        }
    }

    private func evaluate(
        _ expressions: [JinjaExpression], _ scope: JinjaScope
    ) throws(TemplateError) -> [JinjaValue] {
        var values: [JinjaValue] = []
        values.reserveCapacity(expressions.count)
        for expression in expressions { values.append(try evaluate(expression, scope)) }
        return values
    }

    func evaluate(
        _ arguments: JinjaArguments, _ scope: JinjaScope
    ) throws(TemplateError) -> JinjaCall {
        var call = JinjaCall(try evaluate(arguments.positional, scope))
        if let spread = arguments.spread {
            call.positional += try evaluate(spread, scope).elements()
        }
        for (name, expression) in arguments.named {
            call.named[name] = try evaluate(expression, scope)
            call.order.append(name)
        }
        if let spread = arguments.namedSpread {
            guard case .dict(let dict) = try evaluate(spread, scope) else {
                throw TemplateError(.execution, "argument after ** must be a mapping")
            }
            for (key, value) in dict.members {
                guard case .string(let name) = key else {
                    throw TemplateError(.execution, "keywords must be strings")
                }
                call.named[name] = value
                call.order.append(name)
            }
        }
        return call
    }

    // MARK: - Members

    func attribute(_ value: JinjaValue, _ name: String) throws(TemplateError) -> JinjaValue {
        switch value {
        case .undefined(let hint): throw TemplateError(.execution, hint)
        case .dict(let dict):
            if JinjaMethods.ofDict.contains(name) { return .function(.method(value, name)) }
            return dict[name] ?? .undefined("'dict object' has no attribute '\(name)'")
        case .namespace(let dict):
            return dict[name] ?? .undefined("'namespace object' has no attribute '\(name)'")
        case .string where JinjaMethods.ofString.contains(name),
            .list where JinjaMethods.ofList.contains(name),
            .tuple where ["count", "index"].contains(name):
            return .function(.method(value, name))
        case .loop(let loop): return try JinjaMethods.attribute(name, of: loop)
        case .cycler(let cycler):
            if name == "current", !cycler.elements.isEmpty {
                return cycler.elements[cycler.position % cycler.elements.count]
            }
            return .function(.method(value, name))
        // The pairs of groupby have names.
        case .tuple(let pair) where pair.count == 2 && name == "grouper": return pair[0]
        case .tuple(let pair) where pair.count == 2 && name == "list": return pair[1]
        case .function(.macro(let macro, _)) where name == "name": return .string(macro.name)
        default:
            return .undefined("'\(value.typeName) object' has no attribute '\(name)'")
        }
    }

    func item(_ value: JinjaValue, _ key: JinjaValue) throws(TemplateError) -> JinjaValue {
        switch value {
        case .undefined(let hint): throw TemplateError(.execution, hint)
        case .dict(let dict):
            if case .undefined(let hint) = key { return .undefined(hint) }
            if let member = try dict.members[key.key()] { return member }
            if let name = key.text { return try attribute(value, name) }
            return .undefined("'dict object' has no attribute \(try key.represented())")
        case .string, .list, .tuple:
            if let position = key.wholeNumber {
                let elements = try value.elements()
                if let index = Self.index(position, elements.count) { return elements[index] }
                return .undefined("\(value.typeName) object has no element \(position)")
            }
            if let name = key.text { return try attribute(value, name) }
            return .undefined("\(value.typeName) object has no element \(try key.represented())")
        default:
            if let name = key.text { return try attribute(value, name) }
            return .undefined("'\(value.typeName) object' has no such element")
        }
    }

    private func slice(
        _ base: JinjaExpression, _ parts: [JinjaExpression?], _ scope: JinjaScope
    ) throws(TemplateError) -> JinjaValue {
        let value = try evaluate(base, scope)
        if case .undefined(let hint) = value { throw TemplateError(.execution, hint) }
        var bounds: [Int?] = []
        for part in parts {
            var bound: Int?
            if let part {
                let value = try evaluate(part, scope)
                bound = value.wholeNumber
                if bound == nil, !value.isNone {
                    throw TemplateError(
                        .execution,
                        "slice indices must be integers or None or have an __index__ method")
                }
            }
            bounds.append(bound)
        }
        while bounds.count < 3 { bounds.append(nil) }
        let step = bounds[2] ?? 1
        if step == 0 { throw TemplateError(.execution, "slice step cannot be zero") }
        if case .string(let text) = value {
            let scalars = Array(text.unicodeScalars)
            let picked = Self.picks(bounds, step, scalars.count).map { scalars[$0] }
            return .string(String(String.UnicodeScalarView(picked)))
        }
        switch value {
        case .list(let list):
            return .list(
                of: Self.picks(bounds, step, list.elements.count).map { list.elements[$0] })
        case .tuple(let elements):
            return .tuple(Self.picks(bounds, step, elements.count).map { elements[$0] })
        default:
            throw TemplateError(.execution, "'\(value.typeName)' object is not subscriptable")
        }
    }

    /// Python's slice indices.
    private static func picks(_ bounds: [Int?], _ step: Int, _ count: Int) -> [Int] {
        func clamp(_ bound: Int?, _ fallback: Int) -> Int {
            guard let bound else { return fallback }
            let index = bound < 0 ? bound.addingReportingOverflow(count).partialValue : bound
            return step > 0 ? min(max(index, 0), count) : min(max(index, -1), count - 1)
        }
        let start = clamp(bounds[0], step > 0 ? 0 : count - 1)
        let end = clamp(bounds[1], step > 0 ? count : -1)
        return Array(stride(from: start, to: end, by: min(max(step, -count - 1), count + 1)))
    }

    // MARK: - Calls

    private func call(
        _ callee: JinjaExpression, _ arguments: JinjaArguments, _ scope: JinjaScope
    ) throws(TemplateError) -> JinjaValue {
        var function = try evaluate(callee, scope)
        // `loop(...)` inside a recursive for.
        if case .loop = function, let recursion = scope.find("\0loop") { function = recursion }
        return try call(function, evaluate(arguments, scope))
    }

    func call(_ function: JinjaValue, _ call: JinjaCall) throws(TemplateError) -> JinjaValue {
        try budget.enter()
        defer { budget.leave() }
        switch function {
        case .undefined(let hint): throw TemplateError(.execution, hint)
        case .function(.global(let name)):
            return try JinjaGlobals.call(name, call, clock: clock)
        case .function(.method(let receiver, let name)):
            return try JinjaMethods.call(name, on: receiver, call)
        case .function(.macro(let macro, let closure)):
            return try self.call(macro, closure, call)
        case .function(.loopCall(let loop, let scope, let depth)):
            let before = output.count
            try run(loop, over: call.required(0, "iterable"), scope, depth: depth)
            return .string(takeOutput(from: before))
        case .cycler(let cycler) where cycler.isJoiner:
            defer { cycler.position = 1 }
            return cycler.position == 0 ? .string("") : cycler.elements[0]
        default:
            throw TemplateError(.execution, "'\(function.typeName)' object is not callable")
        }
    }
}
