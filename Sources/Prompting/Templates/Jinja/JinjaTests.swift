/// The tests behind `is`.
enum JinjaTests {
    static let names: Set<String> = [
        "boolean", "callable", "defined", "divisibleby", "eq", "equalto", "==", "escaped", "even",
        "false", "filter", "float", "ge", ">=", "gt", "greaterthan", ">", "in", "integer",
        "iterable", "le", "<=", "lower", "lt", "lessthan", "<", "mapping", "ne", "!=", "none",
        "number", "odd", "sameas", "sequence", "string", "test", "true", "undefined", "upper",
    ]

    static func test(
        _ name: String, _ value: JinjaValue, _ call: JinjaCall
    ) throws(TemplateError) -> Bool {
        switch name {
        case "defined": return !value.isUndefined
        case "undefined": return value.isUndefined
        case "none": return value.isNone
        case "true": if case .bool(true) = value { return true } else { return false }
        case "false": if case .bool(false) = value { return true } else { return false }
        case "boolean": if case .bool = value { return true } else { return false }
        case "integer": if case .integer = value { return true } else { return false }
        case "float": if case .float = value { return true } else { return false }
        case "number": return value.number != nil
        case "string": return value.isString
        case "escaped": return false
        case "mapping": if case .dict = value { return true } else { return false }
        case "callable":
            switch value {
            case .function, .cycler: return true
            default: return false
            }
        case "sequence", "iterable":
            switch value {
            case .string, .list, .tuple, .dict: return true
            case .undefined, .loop: return name == "iterable" || value.isUndefined
            default: return false
            }
        case "even", "odd", "divisibleby":
            let divisor = name == "divisibleby" ? try call.required(0, "num") : .integer(2)
            let rest = try JinjaOperators.apply("%", value, divisor)
            return (rest.number == 0) == (name != "odd")
        case "lower", "upper":
            let text = try value.printed()
            return JinjaMethods.isCased(text, upper: name == "upper")
        case "eq", "equalto", "==": return try compare("==", value, call)
        case "ne", "!=": return try compare("!=", value, call)
        case "lt", "lessthan", "<": return try compare("<", value, call)
        case "le", "<=": return try compare("<=", value, call)
        case "gt", "greaterthan", ">": return try compare(">", value, call)
        case "ge", ">=": return try compare(">=", value, call)
        case "in": return try compare("in", value, call)
        case "sameas":
            switch (value, try call.required(0, "other")) {
            case (.list(let left), .list(let right)): return left === right
            case (.dict(let left), .dict(let right)): return left === right
            case (let left, let right):
                return left.typeName == right.typeName && JinjaOperators.isEqual(left, right)
            }
        case "filter": return value.text.map(JinjaFilters.names.contains) ?? false
        case "test": return value.text.map(names.contains) ?? false
        default: throw TemplateError(.execution, "No test named '\(name)'.")
        }
    }

    private static func compare(
        _ symbol: String, _ value: JinjaValue, _ call: JinjaCall
    ) throws(TemplateError) -> Bool {
        try JinjaOperators.compare(symbol, value, call.required(0, "other"))
    }
}
