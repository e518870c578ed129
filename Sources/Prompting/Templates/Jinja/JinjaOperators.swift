import API

/// Python's operators.
enum JinjaOperators {
    static func apply(
        _ symbol: String, _ left: JinjaValue, _ right: JinjaValue
    ) throws(TemplateError) -> JinjaValue {
        if case .undefined(let hint) = left { throw TemplateError(.execution, hint) }
        if case .undefined(let hint) = right { throw TemplateError(.execution, hint) }
        switch symbol {
        case "+": if let sum = try concatenation(left, right) { return sum }
        case "*":
            if let count = right.wholeNumber, let product = try repetition(left, count) {
                return product
            }
            if let count = left.wholeNumber, let product = try repetition(right, count) {
                return product
            }
        case "%":
            if case .string(let format) = left {
                return .string(try JinjaFormat.percent(format, right))
            }
        default: break
        }
        if let left = left.wholeNumber, let right = right.wholeNumber {
            return try integer(symbol, left, right)
        }
        guard let first = left.number, let second = right.number else {
            throw mismatch(symbol, left, right)
        }
        return .float(try float(symbol, first, second))
    }

    private static func mismatch(
        _ symbol: String, _ left: JinjaValue, _ right: JinjaValue
    ) -> TemplateError {
        if symbol == "+", left.isString {
            return TemplateError(
                .execution,
                "can only concatenate str (not \"\(right.typeName)\") to str")
        }
        return TemplateError(
            .execution,
            "unsupported operand type(s) for \(symbol): '\(left.typeName)' and '\(right.typeName)'")
    }

    private static func concatenation(
        _ left: JinjaValue, _ right: JinjaValue
    ) throws(TemplateError) -> JinjaValue? {
        switch (left, right) {
        case (.string(let left), .string(let right)):
            try TemplateBudget.check(bytes: left.utf8.count + right.utf8.count)
            return .string(left + right)
        case (.list(let left), .list(let right)):
            try TemplateBudget.check(elements: left.elements.count + right.elements.count)
            return .list(of: left.elements + right.elements)
        case (.tuple(let left), .tuple(let right)):
            try TemplateBudget.check(elements: left.count + right.count)
            return .tuple(left + right)
        default: return nil
        }
    }

    private static func repetition(
        _ value: JinjaValue, _ count: Int
    ) throws(TemplateError) -> JinjaValue? {
        let count = max(0, count)
        func repeated(_ elements: [JinjaValue]) throws(TemplateError) -> [JinjaValue] {
            let total = elements.count.multipliedReportingOverflow(by: count)
            try TemplateBudget.check(elements: total.overflow ? .max : total.partialValue)
            var out: [JinjaValue] = []
            out.reserveCapacity(total.partialValue)
            if !elements.isEmpty { for _ in 0..<count { out += elements } }
            return out
        }
        switch value {
        case .string(let text):
            let total = text.utf8.count.multipliedReportingOverflow(by: count)
            try TemplateBudget.check(bytes: total.overflow ? .max : total.partialValue)
            return .string(text.isEmpty ? "" : String(repeating: text, count: count))
        case .list(let list): return .list(of: try repeated(list.elements))
        case .tuple(let elements): return .tuple(try repeated(elements))
        default: return nil
        }
    }

    private static func integer(
        _ symbol: String, _ left: Int, _ right: Int
    ) throws(TemplateError) -> JinjaValue {
        func checked(_ result: (partialValue: Int, overflow: Bool)) throws(TemplateError)
            -> JinjaValue
        {
            if result.overflow {
                throw TemplateError(.execution, "integer overflow in \(left) \(symbol) \(right)")
            }
            return .integer(result.partialValue)
        }
        switch symbol {
        case "+": return try checked(left.addingReportingOverflow(right))
        case "-": return try checked(left.subtractingReportingOverflow(right))
        case "*": return try checked(left.multipliedReportingOverflow(by: right))
        case "//", "%":
            if right == 0 {
                throw TemplateError(.execution, "integer division or modulo by zero")
            }
            if right == -1 {
                return symbol == "%"
                    ? .integer(0) : try checked(0.subtractingReportingOverflow(left))
            }
            let (quotient, remainder) = left.quotientAndRemainder(dividingBy: right)
            let isBelow = remainder != 0 && (remainder < 0) != (right < 0)
            if symbol == "//" { return .integer(isBelow ? quotient - 1 : quotient) }
            return .integer(isBelow ? remainder + right : remainder)
        case "**" where right >= 0:
            var result = 1
            var base = left
            var exponent = right
            while exponent > 0 {
                if exponent & 1 == 1 {
                    guard
                        case .integer(let next) = try checked(
                            result.multipliedReportingOverflow(by: base))
                    else { return .none }
                    result = next
                }
                exponent >>= 1
                if exponent > 0 {
                    guard
                        case .integer(let next) = try checked(
                            base.multipliedReportingOverflow(by: base))
                    else { return .none }
                    base = next
                }
            }
            return .integer(result)
        default: return .float(try float(symbol, Double(left), Double(right)))
        }
    }

    private static func float(
        _ symbol: String, _ left: Double, _ right: Double
    ) throws(TemplateError) -> Double {
        switch symbol {
        case "+": return left + right
        case "-": return left - right
        case "*": return left * right
        case "/":
            if right == 0 { throw TemplateError(.execution, "division by zero") }
            return left / right
        case "//", "%":
            if right == 0 { throw TemplateError(.execution, "float floor division by zero") }
            let floor = (left / right).rounded(.down)
            if symbol == "//" { return floor }
            let remainder = left.truncatingRemainder(dividingBy: right)
            return remainder != 0 && (remainder < 0) != (right < 0) ? remainder + right : remainder
        default: return power(left, right)
        }
    }

    /// Whole exponents by squaring; others by the C library.
    private static func power(_ base: Double, _ exponent: Double) -> Double {
        guard exponent == exponent.rounded(), abs(exponent) < 1024 else {
            return floatingPower(base, exponent)
        }
        var result = 1.0
        var factor = base
        var rest = Int(abs(exponent))
        while rest > 0 {
            if rest & 1 == 1 { result *= factor }
            factor *= factor
            rest >>= 1
        }
        return exponent < 0 ? 1 / result : result
    }

    // MARK: - Comparison

    static func isEqual(_ left: JinjaValue, _ right: JinjaValue) -> Bool {
        isEqual(left, right, depth: 0)
    }

    private static func isEqual(_ left: JinjaValue, _ right: JinjaValue, depth: Int) -> Bool {
        guard depth < TemplateBudget.evaluationDepth else { return false }
        func same(_ left: [JinjaValue], _ right: [JinjaValue]) -> Bool {
            left.count == right.count
                && zip(left, right).allSatisfy { isEqual($0, $1, depth: depth + 1) }
        }
        switch (left, right) {
        case (.undefined, .undefined), (.none, .none): return true
        case (.string(let left), .string(let right)): return left.isBytewiseEqual(to: right)
        case (.list(let left), .list(let right)):
            return left === right || same(left.elements, right.elements)
        case (.tuple(let left), .tuple(let right)): return same(left, right)
        case (.dict(let left), .dict(let right)):
            if left === right { return true }
            return left.members.count == right.members.count
                && left.members.allSatisfy { key, value in
                    right.members[key].map { isEqual(value, $0, depth: depth + 1) } ?? false
                }
        case (.namespace(let left), .namespace(let right)): return left === right
        default:
            if let left = left.wholeNumber, let right = right.wholeNumber { return left == right }
            if let left = left.number, let right = right.number { return left == right }
            return false
        }
    }

    static func isLess(
        _ left: JinjaValue, _ right: JinjaValue, symbol: String = "<", depth: Int = 0
    ) throws(TemplateError) -> Bool {
        switch (left, right) {
        case (.undefined(let hint), _), (_, .undefined(let hint)):
            throw TemplateError(.execution, hint)
        case (.string(let left), .string(let right)): return left.isBytewiseLess(than: right)
        default: break
        }
        if let left = left.wholeNumber, let right = right.wholeNumber { return left < right }
        if let left = left.number, let right = right.number { return left < right }
        let pairs: ([JinjaValue], [JinjaValue])? =
            switch (left, right) {
            case (.list(let left), .list(let right)): (left.elements, right.elements)
            case (.tuple(let left), .tuple(let right)): (left, right)
            default: nil
            }
        guard let (first, second) = pairs, depth < TemplateBudget.evaluationDepth else {
            throw TemplateError(
                .execution,
                "'\(symbol)' not supported between instances of '\(left.typeName)' and "
                    + "'\(right.typeName)'")
        }
        for (left, right) in zip(first, second) where !isEqual(left, right) {
            return try isLess(left, right, symbol: symbol, depth: depth + 1)
        }
        return first.count < second.count
    }

    static func compare(
        _ symbol: String, _ left: JinjaValue, _ right: JinjaValue
    ) throws(TemplateError) -> Bool {
        switch symbol {
        case "==": return isEqual(left, right)
        case "!=": return !isEqual(left, right)
        case "<": return try isLess(left, right, symbol: symbol)
        case ">": return try isLess(right, left, symbol: symbol)
        case "<=": return try !isLess(right, left, symbol: symbol)
        case ">=": return try !isLess(left, right, symbol: symbol)
        case "in": return try contains(right, left)
        default: return try !contains(right, left)
        }
    }

    static func contains(
        _ container: JinjaValue, _ element: JinjaValue
    ) throws(TemplateError) -> Bool {
        switch container {
        case .string(let text):
            guard let needle = element.text else {
                if case .undefined(let hint) = element { throw TemplateError(.execution, hint) }
                throw TemplateError(
                    .execution,
                    "'in <string>' requires string as left operand, not \(element.typeName)")
            }
            return text.containsBytes(of: needle)
        case .dict(let dict): return try dict.members[element.key()] != nil
        case .list, .tuple, .undefined:
            return try container.elements().contains { isEqual($0, element) }
        default:
            throw TemplateError(
                .execution, "argument of type '\(container.typeName)' is not iterable")
        }
    }
}
