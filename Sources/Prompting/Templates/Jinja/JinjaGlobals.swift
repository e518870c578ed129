import API

/// The functions that every template finds.
enum JinjaGlobals {
    static let names = [
        "range", "dict", "namespace", "cycler", "joiner", "raise_exception", "strftime_now",
    ]

    static func call(
        _ name: String, _ call: JinjaCall, clock: JinjaClock
    ) throws(TemplateError) -> JinjaValue {
        switch name {
        case "range": return try range(call)
        case "dict": return .dict(try dict(call))
        case "namespace": return .namespace(try dict(call))
        case "cycler":
            if call.positional.isEmpty {
                throw TemplateError(.execution, "at least one item has to be provided")
            }
            return .cycler(JinjaCycler(call.positional, isJoiner: false))
        case "joiner":
            return .cycler(
                JinjaCycler([call.value(0, "sep") ?? .string(", ")], isJoiner: true))
        case "raise_exception":
            throw TemplateError(.raised, try call.required(0, "message").printed())
        case "strftime_now": return .string(clock.formatted(try call.text(0, "format", "")))
        default: throw TemplateError(.execution, "'\(name)' is undefined")
        }
    }

    private static func range(_ call: JinjaCall) throws(TemplateError) -> JinjaValue {
        var numbers: [Int] = []
        for index in call.positional.indices { numbers.append(try call.integer(index, "range", 0)) }
        guard (1...3).contains(numbers.count) else {
            throw TemplateError(.execution, "range expected 1 to 3 arguments")
        }
        let start = numbers.count > 1 ? numbers[0] : 0
        let end = numbers.count > 1 ? numbers[1] : numbers[0]
        let step = numbers.count > 2 ? numbers[2] : 1
        if step == 0 { throw TemplateError(.execution, "range() arg 3 must not be zero") }
        if step > 0 ? start >= end : start <= end { return .list(of: []) }
        let span = end.subtractingReportingOverflow(start)
        let count = span.overflow ? Int.max : Int((span.partialValue / step).magnitude)
        try TemplateBudget.check(elements: count)
        return .list(of: stride(from: start, to: end, by: step).map { .integer($0) })
    }

    private static func dict(_ call: JinjaCall) throws(TemplateError) -> JinjaDict {
        let dict = JinjaDict()
        if let source = call.positional.first {
            switch source {
            case .dict(let other), .namespace(let other): dict.members = other.members
            default:
                for pair in try source.elements() {
                    let elements = try pair.elements()
                    guard elements.count == 2 else {
                        throw TemplateError(
                            .execution, "dictionary update sequence needs pairs")
                    }
                    dict.members[try elements[0].key()] = elements[1]
                }
            }
        }
        for name in call.order { dict[name] = call.named[name] }
        return dict
    }
}
