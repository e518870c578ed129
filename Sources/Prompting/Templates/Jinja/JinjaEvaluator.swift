import API

/// Executes a Jinja template: statements here, expressions in an extension.
final class JinjaEvaluator {
    var budget = TemplateBudget()
    /// Wall clock that `strftime_now` shows.
    let clock: JinjaClock
    private(set) var output: [UInt8] = []

    enum Flow { case next, breakLoop, continueLoop }

    init(clock: JinjaClock) { self.clock = clock }

    static func run(
        _ nodes: [JinjaNode], _ context: JSONObject, clock: JinjaClock
    ) throws(TemplateError) -> String {
        let evaluator = JinjaEvaluator(clock: clock)
        let globals = JinjaScope(parent: nil)
        for name in JinjaGlobals.names { globals.variables[name] = .function(.global(name)) }
        for (name, value) in context { globals.variables[name] = JinjaValue(value) }
        _ = try evaluator.execute(nodes, JinjaScope(parent: globals))
        return String(decoding: evaluator.output, as: UTF8.self)
    }

    func write(_ text: String) throws(TemplateError) {
        output += text.utf8
        try TemplateBudget.check(bytes: output.count)
    }

    /// Takes back what was written since `start`.
    func takeOutput(from start: Int) -> String {
        let text = String(decoding: output[start...], as: UTF8.self)
        output.removeSubrange(start...)
        return text
    }

    /// What the nodes write, kept apart from the output.
    func captured(_ nodes: [JinjaNode], _ scope: JinjaScope) throws(TemplateError) -> String {
        let start = output.count
        _ = try execute(nodes, scope)
        return takeOutput(from: start)
    }

    func execute(_ nodes: [JinjaNode], _ scope: JinjaScope) throws(TemplateError) -> Flow {
        try budget.enter()
        defer { budget.leave() }
        for node in nodes {
            try budget.step()
            let flow = try execute(node, scope)
            if flow != .next { return flow }
        }
        return .next
    }

    private func execute(_ node: JinjaNode, _ scope: JinjaScope) throws(TemplateError) -> Flow {
        switch node {
        case .text(let text): try write(text)
        case .print(let expression): try write(evaluate(expression, scope).printed())
        case .choice(let arms, let otherwise):
            for arm in arms where try evaluate(arm.condition, scope).isTrue {
                return try execute(arm.body, scope)
            }
            return try execute(otherwise, scope)
        case .loop(let loop): try run(loop, scope)
        case .group(let nodes): return try execute(nodes, scope)
        case .evaluate(let expression): _ = try evaluate(expression, scope)
        case .breakLoop: return .breakLoop
        case .continueLoop: return .continueLoop
        default: return try define(node, scope)
        }
        return .next
    }

    /// Statements that set variables or capture text.
    private func define(_ node: JinjaNode, _ scope: JinjaScope) throws(TemplateError) -> Flow {
        switch node {
        case .set(let target, let expression):
            try assign(evaluate(expression, scope), to: target, scope)
        case .setBlock(let target, let filter, let nodes):
            var value = JinjaValue.string(
                try captured(nodes, JinjaScope(parent: scope)))
            if let filter { value = try evaluate(filter, scope, input: value) }
            try assign(value, to: target, scope)
        case .macro(let macro): scope.variables[macro.name] = .function(.macro(macro, scope))
        case .callBlock(let callee, let arguments, let block):
            var call = try evaluate(arguments, scope)
            call.named["caller"] = .function(.macro(block, scope))
            call.order.append("caller")
            let function = try evaluate(callee, scope)
            try write(self.call(function, call).printed())
        case .filterBlock(let filter, let nodes):
            let text = try captured(nodes, JinjaScope(parent: scope))
            try write(evaluate(filter, scope, input: .string(text)).printed())
        case .with(let values, let nodes):
            let inner = JinjaScope(parent: scope)
            for (target, value) in values {
                try assign(evaluate(value, scope), to: target, inner)
            }
            return try execute(nodes, inner)
        default: break
        }
        return .next
    }

    func assign(
        _ value: JinjaValue, to target: JinjaTarget, _ scope: JinjaScope
    ) throws(TemplateError) {
        switch target {
        case .name(let name): scope.variables[name] = value
        case .attribute(let name, let attribute):
            guard case .namespace(let namespace)? = scope.find(name) else {
                throw TemplateError(
                    .execution, "cannot assign attribute on non-namespace object")
            }
            namespace[attribute] = value
        case .item(let base, let key):
            switch try evaluate(base, scope) {
            case .dict(let dict), .namespace(let dict):
                dict.members[try evaluate(key, scope).key()] = value
            case .list(let list):
                guard let position = try evaluate(key, scope).wholeNumber,
                    let index = Self.index(position, list.elements.count)
                else { throw TemplateError(.execution, "list assignment index out of range") }
                list.elements[index] = value
            case let other:
                throw TemplateError(
                    .execution, "'\(other.typeName)' object does not support item assignment")
            }
        case .tuple(let targets):
            let elements = try value.elements()
            guard elements.count == targets.count else {
                throw TemplateError(
                    .execution,
                    elements.count > targets.count
                        ? "too many values to unpack (expected \(targets.count))"
                        : "not enough values to unpack (expected \(targets.count), got "
                            + "\(elements.count))")
            }
            for (target, element) in zip(targets, elements) {
                try assign(element, to: target, scope)
            }
        }
    }

    /// A Python index as a position from the front; nil outside.
    static func index(_ position: Int, _ count: Int) -> Int? {
        let index = position < 0 ? position + count : position
        return index >= 0 && index < count ? index : nil
    }

    // MARK: - Loops

    private func run(_ loop: JinjaForLoop, _ scope: JinjaScope) throws(TemplateError) {
        let sequence = try evaluate(loop.sequence, scope)
        try run(loop, over: sequence, scope, depth: 0)
    }

    func run(
        _ loop: JinjaForLoop, over sequence: JinjaValue, _ scope: JinjaScope, depth: Int
    ) throws(TemplateError) {
        var elements = try sequence.elements()
        if let condition = loop.condition {
            var kept: [JinjaValue] = []
            for element in elements {
                try budget.step()
                let inner = JinjaScope(parent: scope)
                try assign(element, to: loop.target, inner)
                if try evaluate(condition, inner).isTrue { kept.append(element) }
            }
            elements = kept
        }
        if elements.isEmpty {
            _ = try execute(loop.otherwise, JinjaScope(parent: scope))
            return
        }
        let state = JinjaLoop(elements, depth: depth)
        for (index, element) in elements.enumerated() {
            state.index = index
            let inner = JinjaScope(parent: scope)
            inner.variables["loop"] = .loop(state)
            if loop.isRecursive {
                inner.variables["\0loop"] = .function(.loopCall(loop, scope, depth: depth + 1))
            }
            try assign(element, to: loop.target, inner)
            if try execute(loop.body, inner) == .breakLoop { break }
        }
    }

    // MARK: - Macros

    func call(
        _ macro: JinjaMacro, _ closure: JinjaScope, _ call: JinjaCall
    ) throws(TemplateError) -> JinjaValue {
        let scope = JinjaScope(parent: closure)
        var call = call
        if let caller = call.named.removeValue(forKey: "caller") {
            scope.variables["caller"] = caller
        }
        for (index, parameter) in macro.parameters.enumerated() {
            if index < call.positional.count {
                scope.variables[parameter.name] = call.positional[index]
            } else if let value = call.named.removeValue(forKey: parameter.name) {
                scope.variables[parameter.name] = value
            } else if let fallback = parameter.fallback {
                scope.variables[parameter.name] = try evaluate(fallback, scope)
            } else {
                scope.variables[parameter.name] = .undefined(
                    "parameter '\(parameter.name)' was not provided")
            }
        }
        for name in call.named.keys.sorted()
        where !macro.parameters.contains(where: { $0.name == name }) {
            if macro.readsKeywords { continue }
            throw TemplateError(
                .execution,
                "macro '\(macro.name)' takes no keyword argument '\(name)'")
        }
        if call.positional.count > macro.parameters.count, !macro.readsVarargs {
            throw TemplateError(
                .execution,
                "macro '\(macro.name)' takes not more than \(macro.parameters.count) argument(s)")
        }
        scope.variables["varargs"] = .tuple(
            Array(call.positional.dropFirst(macro.parameters.count)))
        let extra = JinjaDict()
        for name in call.order { if let value = call.named[name] { extra[name] = value } }
        scope.variables["kwargs"] = .dict(extra)
        return .string(try captured(macro.body, scope))
    }
}
