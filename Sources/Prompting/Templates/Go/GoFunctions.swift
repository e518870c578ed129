import API

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The functions that a Go template may call: the language's own and those that Ollama adds.
enum GoFunctions {
    static let names: Set<String> = [
        "and", "or", "not", "len", "index", "slice", "print", "printf", "println", "html", "js",
        "urlquery", "call", "eq", "ne", "lt", "le", "gt", "ge", "json", "currentDate",
        "yesterdayDate", "toTypeScriptType",
    ]

    struct Failure: Error {
        let text: String
        /// A wrong number of arguments, found before the call.
        var isArity = false
    }

    static func call(
        _ name: String, _ arguments: [GoValue]
    ) throws(Failure) -> GoValue {
        switch name {
        case "not": return .bool(!(try one(name, arguments)).isTrue)
        case "len": return .integer(try length(one(name, arguments)))
        case "index": return try index(arguments)
        case "slice": return try slice(arguments)
        case "print": return .string(try bounded(GoFormat.print(arguments)))
        case "println": return .string(try bounded(GoFormat.printLine(arguments)))
        case "printf":
            guard case .string(let format)? = arguments.first else {
                throw arguments.isEmpty
                    ? arity(name, "at least 1", 0)
                    : Failure(text: "wrong type for value; expected string", isArity: true)
            }
            return .string(try bounded(GoFormat.format(format, Array(arguments.dropFirst()))))
        case "html": return .string(GoEscaping.html(GoFormat.print(arguments)))
        case "js": return .string(GoEscaping.javaScript(GoFormat.print(arguments)))
        case "urlquery": return .string(GoEscaping.urlQuery(GoFormat.print(arguments)))
        case "call":
            guard let function = arguments.first else { throw arity(name, "at least 1", 0) }
            throw Failure(
                text: function.isNone
                    ? "call of nil" : "non-function .call of type \(function.typeName)")
        case "eq": return .bool(try isEqual(arguments))
        case "ne":
            try expect(name, arguments, 2)
            return .bool(!(try isEqual(arguments)))
        case "lt":
            try expect(name, arguments, 2)
            return .bool(try isLess(arguments[0], arguments[1]))
        case "le":
            try expect(name, arguments, 2)
            if try isLess(arguments[0], arguments[1]) { return .bool(true) }
            return .bool(try isEqual(arguments))
        case "gt":
            try expect(name, arguments, 2)
            if try isLess(arguments[0], arguments[1]) { return .bool(false) }
            return .bool(!(try isEqual(arguments)))
        case "ge":
            try expect(name, arguments, 2)
            return .bool(try !isLess(arguments[0], arguments[1]))
        case "json": return .string(try one(name, arguments).json.serialized)
        case "currentDate": return .string(date(daysAgo: 0))
        case "yesterdayDate": return .string(date(daysAgo: 1))
        case "toTypeScriptType":
            return .string(typeScriptType(try one(name, arguments)))
        default: throw Failure(text: "function \(GoQuote.quoted(name)) not defined", isArity: true)
        }
    }

    // MARK: - Arguments

    private static func arity(_ name: String, _ wanted: String, _ found: Int) -> Failure {
        Failure(
            text: "wrong number of args for \(name): want \(wanted) got \(found)", isArity: true)
    }

    private static func expect(
        _ name: String, _ arguments: [GoValue], _ count: Int
    ) throws(Failure) {
        if arguments.count != count { throw arity(name, String(count), arguments.count) }
    }

    private static func one(_ name: String, _ arguments: [GoValue]) throws(Failure) -> GoValue {
        try expect(name, arguments, 1)
        return arguments[0]
    }

    private static func bounded(_ text: String) throws(Failure) -> String {
        guard text.utf8.count <= TemplateBudget.outputBytes else {
            throw Failure(text: "more than \(TemplateBudget.outputBytes) bytes")
        }
        return text
    }

    // MARK: - Containers

    private static func length(_ value: GoValue) throws(Failure) -> Int {
        switch value {
        case .string(let text): return text.utf8.count
        case .list(let elements, _): return elements.count
        case .map(let entries, _): return entries.count
        case .none: throw Failure(text: "len of nil pointer")
        default: throw Failure(text: "len of type \(value.typeName)")
        }
    }

    private static func position(
        _ value: GoValue, upTo count: Int
    ) throws(Failure) -> Int {
        guard case .integer(let index) = value else {
            throw Failure(
                text: value.isNone
                    ? "cannot index slice/array with nil"
                    : "cannot index slice/array with type \(value.typeName)")
        }
        guard index >= 0, index < count else { throw Failure(text: "index out of range: \(index)") }
        return index
    }

    private static func index(_ arguments: [GoValue]) throws(Failure) -> GoValue {
        guard var value = arguments.first else { throw arity("index", "at least 1", 0) }
        for key in arguments.dropFirst() {
            switch value {
            case .list(let elements, _): value = elements[try position(key, upTo: elements.count)]
            case .string(let text):
                let bytes = Array(text.utf8)
                value = .integer(Int(bytes[try position(key, upTo: bytes.count)]))
            case .map(let entries, _):
                guard case .string(let name) = key else {
                    throw Failure(
                        text: key.isNone
                            ? "value is nil; should be of type string"
                            : "value has type \(key.typeName); should be string")
                }
                value = entries.first { $0.key.isBytewiseEqual(to: name) }?.value ?? .none
            case .none: throw Failure(text: "index of untyped nil")
            default: throw Failure(text: "can't index item of type \(value.typeName)")
            }
        }
        return value
    }

    private static func slice(_ arguments: [GoValue]) throws(Failure) -> GoValue {
        guard let value = arguments.first else { throw arity("slice", "at least 1", 0) }
        guard arguments.count <= 4 else {
            throw Failure(text: "too many slice indexes: \(arguments.count - 1)")
        }
        func bounds(_ count: Int) throws(Failure) -> Range<Int> {
            var ends = [0, count, count]
            for (place, argument) in arguments.dropFirst().enumerated() {
                ends[place] = try position(argument, upTo: count + 1)
            }
            guard ends[0] <= ends[1] else {
                throw Failure(text: "invalid slice index: \(ends[0]) > \(ends[1])")
            }
            guard ends[1] <= ends[2] else {
                throw Failure(text: "invalid slice index: \(ends[1]) > \(ends[2])")
            }
            return ends[0]..<ends[1]
        }
        switch value {
        case .string(let text):
            guard arguments.count < 4 else {
                throw Failure(text: "cannot 3-index slice a string")
            }
            let bytes = Array(text.utf8)
            return .string(String(decoding: bytes[try bounds(bytes.count)], as: UTF8.self))
        case .list(let elements, let style):
            return .list(Array(elements[try bounds(elements.count)]), style)
        case .none: throw Failure(text: "slice of untyped nil")
        default: throw Failure(text: "can't slice item of type \(value.typeName)")
        }
    }

    // MARK: - Comparison

    /// Whether the first argument equals any of the others.
    private static func isEqual(_ arguments: [GoValue]) throws(Failure) -> Bool {
        guard let first = arguments.first else { throw arity("eq", "at least 1", 0) }
        guard arguments.count > 1 else {
            throw Failure(text: "missing argument for comparison")
        }
        for other in arguments.dropFirst() where try isEqual(first, other) { return true }
        return false
    }

    private static func isEqual(_ left: GoValue, _ right: GoValue) throws(Failure) -> Bool {
        switch (left.comparable, right.comparable) {
        case (.none, .none): return true
        case (.none, _), (_, .none): return false
        case (.bool(let left), .bool(let right)): return left == right
        case (.integer(let left), .integer(let right)): return left == right
        case (.float(let left), .float(let right)): return left == right
        case (.string(let left), .string(let right)): return left.isBytewiseEqual(to: right)
        case (.list, _), (.map, _), (.record, _):
            throw Failure(text: "non-comparable type \(left.printed): \(left.typeName)")
        case (_, .list), (_, .map), (_, .record):
            throw Failure(text: "non-comparable type \(right.printed): \(right.typeName)")
        default: throw Failure(text: "incompatible types for comparison")
        }
    }

    private static func isLess(_ left: GoValue, _ right: GoValue) throws(Failure) -> Bool {
        switch (left.comparable, right.comparable) {
        case (.integer(let left), .integer(let right)): return left < right
        case (.float(let left), .float(let right)): return left < right
        case (.string(let left), .string(let right)): return left.isBytewiseLess(than: right)
        case (.none, _), (_, .none), (.bool, .bool), (.list, _), (.map, _), (.record, _):
            throw Failure(text: "invalid type for comparison")
        default: throw Failure(text: "incompatible types for comparison")
        }
    }

    // MARK: - Additions

    /// Local date, `YYYY-MM-DD`.
    static func date(daysAgo days: Int) -> String {
        let calendar = Calendar(identifier: .gregorian)
        let now = Date()
        let date = calendar.date(byAdding: .day, value: -days, to: now) ?? now
        let parts = calendar.dateComponents([.year, .month, .day], from: date)
        func padded(_ value: Int?, _ width: Int) -> String {
            let digits = String(value ?? 0)
            return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
        }
        return [padded(parts.year, 4), padded(parts.month, 2), padded(parts.day, 2)]
            .joined(separator: "-")
    }

    private static func typeScriptType(_ value: GoValue) -> String {
        guard case .record(let property) = value else { return "any" }
        if case .list(let choices, _)? = property.field("AnyOf"), !choices.isEmpty {
            return choices.map(typeScriptType).joined(separator: " | ")
        }
        guard case .list(let types, _)? = property.field("Type"), !types.isEmpty else {
            return "any"
        }
        return types.map { type in
            switch type.printed {
            case "string": "string"
            case "number", "integer": "number"
            case "boolean": "boolean"
            case "array": "any[]"
            case "object": "Record<string, any>"
            case "null": "null"
            default: "any"
            }
        }.joined(separator: " | ")
    }
}

extension GoValue {
    var isNone: Bool { if case .none = self { true } else { false } }

    /// A tool property's single type compares as the string that it prints as; Go itself refuses.
    fileprivate var comparable: GoValue {
        if case .list(let types, .propertyType) = self, types.count == 1 { return types[0] }
        return self
    }
}
