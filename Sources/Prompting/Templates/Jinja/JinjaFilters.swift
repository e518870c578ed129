import API

/// The filters: of sequences here, of text in ``JinjaTextFilters``.
enum JinjaFilters {
    static let ofSequences: Set<String> = [
        "batch", "count", "dictsort", "first", "groupby", "items", "join", "last", "length",
        "list", "map", "max", "min", "reject", "rejectattr", "reverse", "select", "selectattr",
        "slice", "sort", "sum", "unique",
    ]
    static let names = ofSequences.union(JinjaTextFilters.names)
}

extension JinjaEvaluator {
    func filter(
        _ name: String, _ value: JinjaValue, _ call: JinjaCall
    ) throws(TemplateError) -> JinjaValue {
        guard JinjaFilters.ofSequences.contains(name) else {
            return try JinjaTextFilters.apply(name, value, call)
        }
        switch name {
        case "length", "count": return .integer(try length(value))
        case "first":
            return try value.elements().first ?? .undefined("No first item, sequence was empty.")
        case "last":
            return try value.elements().last ?? .undefined("No last item, sequence was empty.")
        case "list": return .list(of: try value.elements())
        case "items": return try items(value)
        case "reverse":
            if case .string(let text) = value {
                return .string(String(String.UnicodeScalarView(text.unicodeScalars.reversed())))
            }
            return .list(of: try value.elements().reversed())
        case "join": return try join(value, call)
        case "map": return try map(value, call)
        case "select", "reject", "selectattr", "rejectattr": return try select(name, value, call)
        case "sort", "unique", "min", "max", "dictsort", "groupby":
            return try ordered(name, value, call)
        case "sum":
            var total = call.value(1, "start") ?? .integer(0)
            for element in try value.elements() {
                let part = try path(call.value(0, "attribute"), of: element)
                total = try JinjaOperators.apply("+", total, part)
            }
            return total
        case "batch": return try batch(value, call)
        default: return try slices(value, call)
        }
    }

    private func length(_ value: JinjaValue) throws(TemplateError) -> Int {
        switch value {
        case .string(let text): return text.unicodeScalars.count
        case .list, .tuple, .dict, .undefined: return try value.elements().count
        default:
            throw TemplateError(
                .execution, "object of type '\(value.typeName)' has no len()")
        }
    }

    private func items(_ value: JinjaValue) throws(TemplateError) -> JinjaValue {
        switch value {
        case .undefined: return .list(of: [])
        case .dict(let dict):
            return .list(of: dict.members.map { .tuple([$0.key.value, $0.value]) })
        default: throw TemplateError(.execution, "Can only get item pairs from a mapping.")
        }
    }

    /// Follows `a.b.0` from an element; nil and `None` are the element itself.
    private func path(
        _ attribute: JinjaValue?, of element: JinjaValue
    ) throws(TemplateError) -> JinjaValue {
        switch attribute {
        case nil, .none?: return element
        case .integer?: return try item(element, attribute!)
        case let attribute?:
            guard let text = attribute.text else { return element }
            var value = element
            for part in text.split(separator: ".", omittingEmptySubsequences: false) {
                let name = String(part)
                value = try item(value, Int(name).map(JinjaValue.integer) ?? .string(name))
            }
            return value
        }
    }

    private func join(_ value: JinjaValue, _ call: JinjaCall) throws(TemplateError) -> JinjaValue {
        let separator = try call.value(0, "d")?.printed() ?? ""
        var out = ""
        for (index, element) in try value.elements().enumerated() {
            if index > 0 { out += separator }
            out += try path(call.value(1, "attribute"), of: element).printed()
            try TemplateBudget.check(bytes: out.utf8.count)
        }
        return .string(out)
    }

    private func map(_ value: JinjaValue, _ call: JinjaCall) throws(TemplateError) -> JinjaValue {
        var results: [JinjaValue] = []
        if call.positional.isEmpty, let attribute = call.named["attribute"] {
            for element in try value.elements() {
                var result = try path(attribute, of: element)
                if result.isUndefined, let fallback = call.named["default"] { result = fallback }
                results.append(result)
            }
            return .list(of: results)
        }
        guard let name = try call.required(0, "filter").text,
            JinjaFilters.names.contains(name)
        else { throw TemplateError(.execution, "No filter named in map") }
        let rest = call.dropping(1)
        for element in try value.elements() {
            try budget.step()
            results.append(try filter(name, element, rest))
        }
        return .list(of: results)
    }

    private func select(
        _ name: String, _ value: JinjaValue, _ call: JinjaCall
    ) throws(TemplateError) -> JinjaValue {
        let byAttribute = name.utf8.count > 6
        let keeps = name.utf8.first == UInt8(ascii: "s")
        let attribute = byAttribute ? try call.required(0, "attribute") : nil
        var rest = call.dropping(byAttribute ? 1 : 0)
        let test = rest.positional.first
        rest = rest.dropping(1)
        if let test, !JinjaTests.names.contains(test.text ?? "") {
            throw TemplateError(.execution, "No test named '\(try test.printed())'.")
        }
        var kept: [JinjaValue] = []
        for element in try value.elements() {
            try budget.step()
            let subject = try path(attribute, of: element)
            let matches =
                try test.map { test throws(TemplateError) in
                    try JinjaTests.test(test.text ?? "", subject, rest)
                } ?? subject.isTrue
            if matches == keeps { kept.append(element) }
        }
        return .list(of: kept)
    }

    // MARK: - Order

    /// Upper and lower case count the same unless asked otherwise.
    private func folded(_ value: JinjaValue, _ isCaseSensitive: Bool) -> JinjaValue {
        if !isCaseSensitive, case .string(let text) = value { return .string(text.lowercased()) }
        return value
    }

    private func sorted(
        _ elements: [(key: JinjaValue, value: JinjaValue)], isReversed: Bool
    ) throws(TemplateError) -> [(key: JinjaValue, value: JinjaValue)] {
        var failure: TemplateError?
        let ordered = elements.enumerated().sorted { left, right in
            guard failure == nil else { return left.offset < right.offset }
            do throws(TemplateError) {
                try budget.step()
                let (first, second) = isReversed ? (right, left) : (left, right)
                if try JinjaOperators.isLess(first.element.key, second.element.key) { return true }
                if try JinjaOperators.isLess(second.element.key, first.element.key) {
                    return false
                }
            } catch {
                failure = error
            }
            return left.offset < right.offset
        }
        if let failure { throw failure }
        return ordered.map(\.element)
    }

    private func ordered(
        _ name: String, _ value: JinjaValue, _ call: JinjaCall
    ) throws(TemplateError) -> JinjaValue {
        if name == "dictsort" { return try dictSorted(value, call) }
        let (cased, attribute) =
            switch name {
            case "sort": (call.flag(1, "case_sensitive", false), call.value(2, "attribute"))
            case "groupby": (call.flag(2, "case_sensitive", false), call.value(0, "attribute"))
            default: (call.flag(0, "case_sensitive", false), call.value(1, "attribute"))
            }
        var pairs: [(key: JinjaValue, value: JinjaValue)] = []
        for element in try value.elements() {
            var key = try path(attribute, of: element)
            if name == "groupby", key.isUndefined, let fallback = call.value(1, "default") {
                key = fallback
            }
            pairs.append((folded(key, cased), element))
        }
        switch name {
        case "unique":
            var seen: Set<JinjaKey> = []
            var kept: [JinjaValue] = []
            for pair in pairs where try seen.insert(pair.key.key()).inserted {
                kept.append(pair.value)
            }
            return .list(of: kept)
        case "sort":
            let isReversed = call.flag(0, "reverse", false)
            return .list(of: try sorted(pairs, isReversed: isReversed).map(\.value))
        case "groupby":
            return .list(of: try groups(sorted(pairs, isReversed: false), attribute))
        default:
            let ends = try sorted(pairs, isReversed: name == "max")
            return ends.first?.value ?? .undefined("No aggregated item, sequence was empty.")
        }
    }

    private func groups(
        _ pairs: [(key: JinjaValue, value: JinjaValue)], _ attribute: JinjaValue?
    ) throws(TemplateError) -> [JinjaValue] {
        var groups: [JinjaValue] = []
        var members: [JinjaValue] = []
        for (index, pair) in pairs.enumerated() {
            members.append(pair.value)
            if index + 1 == pairs.count || !JinjaOperators.isEqual(pair.key, pairs[index + 1].key) {
                let grouper = try path(attribute, of: members[0])
                groups.append(.tuple([grouper, .list(of: members)]))
                members = []
            }
        }
        return groups
    }

    private func dictSorted(
        _ value: JinjaValue, _ call: JinjaCall
    ) throws(TemplateError) -> JinjaValue {
        guard case .dict(let dict) = value else {
            if case .undefined(let hint) = value { throw TemplateError(.execution, hint) }
            throw TemplateError(.execution, "'\(value.typeName)' object has no attribute 'items'")
        }
        let isCaseSensitive = call.flag(0, "case_sensitive", false)
        let byValue = try call.text(1, "by", "key") == "value"
        let pairs = dict.members.map { key, value in
            (
                key: folded(byValue ? value : key.value, isCaseSensitive),
                value: JinjaValue.tuple([key.value, value])
            )
        }
        let isReversed = call.flag(2, "reverse", false)
        return .list(of: try sorted(pairs, isReversed: isReversed).map(\.value))
    }

    // MARK: - Groups by count

    private func batch(_ value: JinjaValue, _ call: JinjaCall) throws(TemplateError) -> JinjaValue {
        let size = max(1, try call.integer(0, "linecount", 1))
        let elements = try value.elements()
        var rows: [JinjaValue] = []
        for start in stride(from: 0, to: elements.count, by: size) {
            var row = Array(elements[start..<(start + min(size, elements.count - start))])
            if let filler = call.value(1, "fill_with"), !filler.isNone {
                try TemplateBudget.check(elements: size)
                while row.count < size { row.append(filler) }
            }
            rows.append(.list(of: row))
        }
        return .list(of: rows)
    }

    private func slices(
        _ value: JinjaValue, _ call: JinjaCall
    ) throws(TemplateError) -> JinjaValue {
        let count = try call.integer(0, "slices", 1)
        guard count > 0 else { throw TemplateError(.execution, "integer modulo by zero") }
        try TemplateBudget.check(elements: count)
        let elements = try value.elements()
        let (size, extra) = elements.count.quotientAndRemainder(dividingBy: count)
        var columns: [JinjaValue] = []
        var start = 0
        for column in 0..<count {
            let end = start + size + (column < extra ? 1 : 0)
            var part = Array(elements[start..<end])
            if let filler = call.value(1, "fill_with"), !filler.isNone, column >= extra {
                part.append(filler)
            }
            columns.append(.list(of: part))
            start = end
        }
        return .list(of: columns)
    }
}
