import API

/// Python's methods of strings, lists and dicts, and the members of `loop`.
enum JinjaMethods {
    static let ofDict: Set<String> = [
        "items", "keys", "values", "get", "pop", "update", "copy", "clear", "setdefault",
    ]
    static let ofList: Set<String> = [
        "append", "extend", "insert", "pop", "remove", "reverse", "count", "index", "copy",
        "clear",
    ]
    static let ofString: Set<String> = [
        "capitalize", "casefold", "center", "count", "endswith", "find", "format", "index",
        "isalnum", "isalpha", "isdecimal", "isdigit", "islower", "isnumeric", "isspace", "istitle",
        "isupper", "join", "ljust", "lower", "lstrip", "partition", "removeprefix",
        "removesuffix", "replace", "rfind", "rindex", "rjust", "rpartition", "rsplit", "rstrip",
        "split", "splitlines", "startswith", "strip", "swapcase", "title", "upper", "zfill",
    ]

    static func call(
        _ name: String, on receiver: JinjaValue, _ call: JinjaCall
    ) throws(TemplateError) -> JinjaValue {
        switch receiver {
        case .string(let text): return try ofString(name, text, call)
        case .list(let list): return try ofList(name, list, call)
        case .tuple(let elements): return try ofList(name, JinjaList(elements), call)
        case .dict(let dict): return try ofDict(name, dict, call)
        case .loop(let loop): return try ofLoop(name, loop, call)
        case .cycler(let cycler):
            guard !cycler.isJoiner, name == "next" || name == "reset" else { break }
            if name == "reset" {
                cycler.position = 0
                return .none
            }
            defer { cycler.position += 1 }
            return cycler.elements[cycler.position % cycler.elements.count]
        default: break
        }
        throw TemplateError(
            .execution, "'\(receiver.typeName) object' has no attribute '\(name)'")
    }

    // MARK: - Loop

    static func attribute(
        _ name: String, of loop: JinjaLoop
    ) throws(TemplateError) -> JinjaValue {
        let index = loop.index
        let count = loop.elements.count
        switch name {
        case "index": return .integer(index + 1)
        case "index0": return .integer(index)
        case "revindex": return .integer(count - index)
        case "revindex0": return .integer(count - index - 1)
        case "first": return .bool(index == 0)
        case "last": return .bool(index == count - 1)
        case "length": return .integer(count)
        case "depth": return .integer(loop.depth + 1)
        case "depth0": return .integer(loop.depth)
        case "previtem":
            return index > 0 ? loop.elements[index - 1] : .undefined("there is no previous item")
        case "nextitem":
            return index + 1 < count
                ? loop.elements[index + 1] : .undefined("there is no next item")
        case "cycle", "changed": return .function(.method(.loop(loop), name))
        default: return .undefined("'LoopContext object' has no attribute '\(name)'")
        }
    }

    private static func ofLoop(
        _ name: String, _ loop: JinjaLoop, _ call: JinjaCall
    ) throws(TemplateError) -> JinjaValue {
        if name == "changed" {
            let values = JinjaValue.tuple(call.positional)
            let isSame = loop.lastSeen.map { JinjaOperators.isEqual(.tuple($0), values) } ?? false
            loop.lastSeen = call.positional
            return .bool(!isSame)
        }
        guard !call.positional.isEmpty else {
            throw TemplateError(.execution, "no items for cycling given")
        }
        return call.positional[loop.index % call.positional.count]
    }

    // MARK: - Dicts and lists

    private static func ofDict(
        _ name: String, _ dict: JinjaDict, _ call: JinjaCall
    ) throws(TemplateError) -> JinjaValue {
        switch name {
        case "items": return .list(of: dict.members.map { .tuple([$0.key.value, $0.value]) })
        case "keys": return .list(of: dict.members.keys.map(\.value))
        case "values": return .list(of: Array(dict.members.values))
        case "get":
            return try dict.members[call.required(0, "key").key()] ?? call.value(1, "default")
                ?? .none
        case "setdefault":
            let key = try call.required(0, "key").key()
            if let value = dict.members[key] { return value }
            let value = call.value(1, "default") ?? .none
            dict.members[key] = value
            return value
        case "pop":
            let key = try call.required(0, "key").key()
            if let value = dict.members.removeValue(forKey: key) { return value }
            if let fallback = call.value(1, "default") { return fallback }
            throw TemplateError(.execution, "KeyError: \(try key.value.represented())")
        case "update":
            if case .dict(let other)? = call.positional.first {
                dict.members.merge(other.members, uniquingKeysWith: { _, new in new })
            }
            for name in call.order { dict[name] = call.named[name] }
            return .none
        case "copy": return .dict(JinjaDict(dict.members))
        default:
            dict.members.removeAll()
            return .none
        }
    }

    private static func ofList(
        _ name: String, _ list: JinjaList, _ call: JinjaCall
    ) throws(TemplateError) -> JinjaValue {
        switch name {
        case "append":
            list.elements.append(try call.required(0, "object"))
            try TemplateBudget.check(elements: list.elements.count)
        case "extend":
            list.elements += try call.required(0, "iterable").elements()
            try TemplateBudget.check(elements: list.elements.count)
        case "insert":
            let position = try call.integer(0, "index", 0)
            let count = list.elements.count
            let index = position < 0 ? max(0, position + count) : min(position, count)
            list.elements.insert(try call.required(1, "object"), at: index)
        case "pop":
            guard
                let index = JinjaEvaluator.index(
                    try call.integer(0, "index", -1), list.elements.count)
            else { throw TemplateError(.execution, "pop index out of range") }
            return list.elements.remove(at: index)
        case "remove", "index", "count":
            let value = try call.required(0, "value")
            if name == "count" {
                return .integer(list.elements.count { JinjaOperators.isEqual($0, value) })
            }
            guard
                let index = list.elements.firstIndex(where: { JinjaOperators.isEqual($0, value) })
            else {
                throw TemplateError(.execution, "\(try value.represented()) is not in list")
            }
            if name == "index" { return .integer(index) }
            list.elements.remove(at: index)
        case "reverse": list.elements.reverse()
        case "copy": return .list(of: list.elements)
        case "clear": list.elements = []
        default:
            throw TemplateError(.execution, "'list object' has no attribute '\(name)'")
        }
        return .none
    }
}
