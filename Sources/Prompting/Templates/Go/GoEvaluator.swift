import API

/// Executes the tree of a Go template over a root value.
struct GoEvaluator {
    private let definitions: [String: [GoNode]]
    private let source: [UInt8]
    private var budget = TemplateBudget()
    private var output: [UInt8] = []
    private var variables: [(name: String, value: GoValue)] = []

    private enum Flow { case next, breakLoop, continueLoop }

    static func run(
        _ nodes: [GoNode], definitions: [String: [GoNode]], source: [UInt8], root: GoValue
    ) throws(TemplateError) -> String {
        var evaluator = GoEvaluator(definitions: definitions, source: source)
        evaluator.variables = [("$", root)]
        _ = try evaluator.execute(nodes, root)
        return String(decoding: evaluator.output, as: UTF8.self)
    }

    private init(definitions: [String: [GoNode]], source: [UInt8]) {
        self.definitions = definitions
        self.source = source
    }

    // MARK: - Statements

    private mutating func write(_ text: String) throws(TemplateError) {
        output += text.utf8
        try TemplateBudget.check(bytes: output.count)
    }

    private mutating func execute(_ nodes: [GoNode], _ dot: GoValue) throws(TemplateError) -> Flow {
        try budget.enter()
        defer { budget.leave() }
        for node in nodes {
            try budget.step()
            switch node {
            case .text(let text): try write(text)
            case .action(let pipeline):
                let value = try evaluate(pipeline, dot)
                if pipeline.variables.isEmpty { try write(value.printed) }
            case .choice(let choice):
                let flow = try execute(choice, dot)
                if flow != .next { return flow }
            case .range(let range):
                let flow = try execute(range, dot)
                if flow != .next { return flow }
            case .template(let name, let argument, let position):
                try call(template: name, argument, position, dot)
            case .breakLoop: return .breakLoop
            case .continueLoop: return .continueLoop
            }
        }
        return .next
    }

    private mutating func call(
        template name: String, _ argument: GoPipeline, _ position: Int, _ dot: GoValue
    ) throws(TemplateError) {
        guard let nodes = definitions[name] else {
            throw error("template \(GoQuote.quoted(name)) not defined", position, "template")
        }
        let value = try evaluate(argument, dot)
        let outer = variables
        variables = [("$", value)]
        _ = try execute(nodes, value)
        variables = outer
    }

    private mutating func execute(
        _ choice: GoChoice, _ dot: GoValue
    ) throws(TemplateError) -> Flow {
        let mark = variables.count
        defer { variables.removeSubrange(mark...) }
        for arm in choice.arms {
            let value = try evaluate(arm.condition, dot)
            if value.isTrue { return try execute(arm.body, arm.movesDot ? value : dot) }
        }
        return try execute(choice.otherwise, dot)
    }

    private mutating func execute(_ range: GoRange, _ dot: GoValue) throws(TemplateError) -> Flow {
        let mark = variables.count
        defer { variables.removeSubrange(mark...) }
        let pipeline = range.pipeline
        let value = try evaluate(pipeline, dot)
        var pairs: [(GoValue, GoValue)]
        switch value {
        case .none: pairs = []
        case .list(let elements, _): pairs = elements.enumerated().map { (.integer($0), $1) }
        case .map(let entries, _): pairs = entries.map { (.string($0.key), $0.value) }
        case .integer(let count):
            try TemplateBudget.check(elements: count)
            pairs = (0..<max(0, count)).map { (.integer($0), .integer($0)) }
        default:
            throw error(
                "range can't iterate over \(value.printed)", pipeline.position,
                pipeline.commands[0][0].text)
        }
        if pairs.isEmpty { return try execute(range.otherwise, dot) }
        let isCount = if case .integer = value { true } else { false }
        let inner = variables.count
        for (key, element) in pairs {
            if pipeline.variables.count == 1 {
                bind(pipeline.variables[0], isCount ? key : element, pipeline.isAssignment)
            } else if pipeline.variables.count == 2 {
                bind(pipeline.variables[0], key, pipeline.isAssignment)
                bind(pipeline.variables[1], element, pipeline.isAssignment)
            }
            let flow = try execute(range.body, element)
            variables.removeSubrange(inner...)
            if flow == .breakLoop { break }
        }
        return .next
    }

    private mutating func bind(_ name: String, _ value: GoValue, _ assigns: Bool) {
        if assigns, let index = variables.lastIndex(where: { $0.name == name }) {
            variables[index].value = value
        } else {
            variables.append((name, value))
        }
    }

    // MARK: - Expressions

    private mutating func evaluate(
        _ pipeline: GoPipeline, _ dot: GoValue
    ) throws(TemplateError) -> GoValue {
        try budget.enter()
        defer { budget.leave() }
        var value: GoValue?
        for command in pipeline.commands { value = try evaluate(command, dot, final: value) }
        let result = value ?? .none
        // A range binds its variables once an element, not to the whole.
        for name in pipeline.variables { bind(name, result, pipeline.isAssignment) }
        return result
    }

    private mutating func evaluate(
        _ command: [GoOperand], _ dot: GoValue, final: GoValue?
    ) throws(TemplateError) -> GoValue {
        let first = command[0]
        let hasArguments = command.count > 1 || final != nil
        switch first.kind {
        case .function(let name):
            return try call(name, command, dot, final)
        case .field(let names) where hasArguments:
            throw error(
                "\(names.last!) is not a method but has arguments", first.position, first.text)
        case .chain(_, let names) where hasArguments:
            throw error(
                "\(names.last!) is not a method but has arguments", first.position, first.text)
        case .null:
            throw error("nil is not a command", first.position, first.text)
        default:
            if hasArguments {
                throw error(
                    "can't give argument to non-function \(first.text)", first.position, first.text)
            }
            return try evaluate(first, dot)
        }
    }

    private mutating func evaluate(
        _ operand: GoOperand, _ dot: GoValue
    ) throws(TemplateError) -> GoValue {
        try budget.step()
        switch operand.kind {
        case .dot: return dot
        case .null: return .none
        case .bool(let value): return .bool(value)
        case .integer(let value): return .integer(value)
        case .float(let value): return .float(value)
        case .string(let value): return .string(value)
        case .field(let names): return try follow(names, from: dot, operand)
        case .variable(let name, let names):
            let value = variables.last { $0.name == name }?.value ?? .none
            return try follow(names, from: value, operand)
        case .function(let name): return try call(name, [operand], dot, nil)
        case .pipeline(let pipeline): return try evaluate(pipeline, dot)
        case .chain(let base, let names):
            return try follow(names, from: evaluate(base, dot), operand)
        }
    }

    private func follow(
        _ names: [String], from start: GoValue, _ operand: GoOperand
    ) throws(TemplateError) -> GoValue {
        var value = start
        for name in names {
            switch value {
            case .map(let entries, _):
                value = entries.first { $0.key.isBytewiseEqual(to: name) }?.value ?? .none
            case .record(let record):
                guard let field = record.field(name) else {
                    throw error(
                        "can't evaluate field \(name) in type \(record.type)", operand.position,
                        operand.text)
                }
                value = field
            case .none:
                throw error(
                    "nil pointer evaluating interface {}.\(name)", operand.position, operand.text)
            default:
                throw error(
                    "can't evaluate field \(name) in type \(value.typeName)", operand.position,
                    operand.text)
            }
        }
        return value
    }

    private mutating func call(
        _ name: String, _ command: [GoOperand], _ dot: GoValue, _ final: GoValue?
    ) throws(TemplateError) -> GoValue {
        let node = command[0]
        if name == "and" || name == "or" {
            return try shortCircuit(name, command, dot, final)
        }
        var arguments: [GoValue] = []
        for operand in command.dropFirst() { arguments.append(try evaluate(operand, dot)) }
        if let final { arguments.append(final) }
        do throws(GoFunctions.Failure) {
            return try GoFunctions.call(name, arguments)
        } catch let failure {
            let text = failure.isArity ? "" : "error calling \(name): "
            throw error(text + failure.text, node.position, node.text)
        }
    }

    private mutating func shortCircuit(
        _ name: String, _ command: [GoOperand], _ dot: GoValue, _ final: GoValue?
    ) throws(TemplateError) -> GoValue {
        let node = command[0]
        guard command.count > 1 || final != nil else {
            throw error(
                "wrong number of args for \(name): want at least 1 got 0", node.position, node.text)
        }
        var value = GoValue.none
        for operand in command.dropFirst() {
            value = try evaluate(operand, dot)
            if value.isTrue == (name == "or") { return value }
        }
        return final ?? value
    }

    // MARK: - Errors

    private func error(_ message: String, _ position: Int, _ context: String) -> TemplateError {
        let before = source.prefix(position)
        let line = before.count { $0 == 0x0A } + 1
        let column = position - (before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0)
        let scalars = context.unicodeScalars
        let shown =
            scalars.count > 20
            ? String(String.UnicodeScalarView(scalars.prefix(20))) + "..." : context
        return TemplateError(
            .execution, "template: :\(line):\(column): executing \"\" at <\(shown)>: \(message)")
    }
}
