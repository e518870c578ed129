import API

/// A value that a Jinja template computes with; lists and dicts have identity, as in Python.
enum JinjaValue {
    /// A missing name or member; the text says which.
    case undefined(String)
    case none
    case bool(Bool)
    case integer(Int)
    case float(Double)
    case string(String)
    case list(JinjaList)
    case tuple([JinjaValue])
    case dict(JinjaDict)
    case namespace(JinjaDict)
    case loop(JinjaLoop)
    case cycler(JinjaCycler)
    case function(JinjaFunction)
}

final class JinjaList {
    var elements: [JinjaValue]
    init(_ elements: [JinjaValue]) { self.elements = elements }
}

final class JinjaDict {
    var members: OrderedDictionary<JinjaKey, JinjaValue>
    init(_ members: OrderedDictionary<JinjaKey, JinjaValue> = [:]) { self.members = members }

    subscript(_ name: String) -> JinjaValue? {
        get { members[.string(name)] }
        set { members[.string(name)] = newValue }
    }
}

/// What can be a key of a dict: whole floats equal integers, as in Python.
enum JinjaKey: Hashable {
    case none
    case integer(Int)
    case float(Double)
    case bool(Bool)
    case string(String)
    case tuple([JinjaKey])

    static func == (left: JinjaKey, right: JinjaKey) -> Bool {
        switch (left, right) {
        case (.none, .none): true
        case (.integer(let left), .integer(let right)): left == right
        case (.float(let left), .float(let right)): left == right
        case (.bool(let left), .bool(let right)): left == right
        case (.string(let left), .string(let right)): left.isBytewiseEqual(to: right)
        case (.tuple(let left), .tuple(let right)): left == right
        default: false
        }
    }

    func hash(into hasher: inout Hasher) {
        switch self {
        case .none: hasher.combine(0)
        case .integer(let value): hasher.combine(value)
        case .float(let value): hasher.combine(value)
        case .bool(let value): hasher.combine(value)
        case .string(let value): for byte in value.utf8 { hasher.combine(byte) }
        case .tuple(let keys): hasher.combine(keys)
        }
    }

    var value: JinjaValue {
        switch self {
        case .none: .none
        case .integer(let value): .integer(value)
        case .float(let value): .float(value)
        case .bool(let value): .bool(value)
        case .string(let value): .string(value)
        case .tuple(let keys): .tuple(keys.map(\.value))
        }
    }
}

/// The `loop` of a running `for`.
final class JinjaLoop {
    let elements: [JinjaValue]
    let depth: Int
    var index = 0
    /// The arguments of the last `changed` call.
    var lastSeen: [JinjaValue]?

    init(_ elements: [JinjaValue], depth: Int) {
        self.elements = elements
        self.depth = depth
    }
}

/// `cycler(...)` and, with `isJoiner`, `joiner(sep)`.
final class JinjaCycler {
    let elements: [JinjaValue]
    let isJoiner: Bool
    var position = 0
    init(_ elements: [JinjaValue], isJoiner: Bool) {
        self.elements = elements
        self.isJoiner = isJoiner
    }
}

/// A frame of variables.
final class JinjaScope {
    var variables: [String: JinjaValue] = [:]
    let parent: JinjaScope?
    init(parent: JinjaScope?) { self.parent = parent }

    func find(_ name: String) -> JinjaValue? {
        var scope: JinjaScope? = self
        while let frame = scope {
            if let value = frame.variables[name] { return value }
            scope = frame.parent
        }
        return nil
    }
}

enum JinjaFunction {
    case global(String)
    indirect case method(JinjaValue, String)
    case macro(JinjaMacro, JinjaScope)
    /// What `caller()` runs: the block of a `call`.
    case loopCall(JinjaForLoop, JinjaScope, depth: Int)
}

extension JinjaValue {
    init(_ json: JSONValue) {
        switch json {
        case .null: self = .none
        case .bool(let value): self = .bool(value)
        case .number(let number):
            if let integer = number.integer {
                self = .integer(integer)
            } else {
                self = .float(number.double)
            }
        case .string(let value): self = .string(value)
        case .array(let elements): self = .list(JinjaList(elements.map(JinjaValue.init)))
        case .object(let members): self = .dict(JinjaDict(members))
        }
    }

    static func list(of elements: [JinjaValue]) -> JinjaValue { .list(JinjaList(elements)) }

    var isUndefined: Bool { if case .undefined = self { true } else { false } }
    var isNone: Bool { if case .none = self { true } else { false } }
    var isString: Bool { if case .string = self { true } else { false } }
    var text: String? { if case .string(let text) = self { text } else { nil } }
    /// Integers and booleans, which Python counts among them.
    var wholeNumber: Int? {
        switch self {
        case .integer(let value): value
        case .bool(let value): value ? 1 : 0
        default: nil
        }
    }
    var number: Double? {
        switch self {
        case .float(let value): value
        default: wholeNumber.map(Double.init)
        }
    }

    var isTrue: Bool {
        switch self {
        case .undefined, .none: false
        case .bool(let value): value
        case .integer(let value): value != 0
        case .float(let value): value != 0
        case .string(let value): !value.isEmpty
        case .list(let list): !list.elements.isEmpty
        case .tuple(let elements): !elements.isEmpty
        case .dict(let dict): !dict.members.isEmpty
        case .namespace, .loop, .cycler, .function: true
        }
    }

    /// Python's name of the type.
    var typeName: String {
        switch self {
        case .undefined: "Undefined"
        case .none: "NoneType"
        case .bool: "bool"
        case .integer: "int"
        case .float: "float"
        case .string: "str"
        case .list: "list"
        case .tuple: "tuple"
        case .dict: "dict"
        case .namespace: "Namespace"
        case .loop: "LoopContext"
        case .cycler: "Cycler"
        case .function: "function"
        }
    }

    func key() throws(TemplateError) -> JinjaKey {
        switch self {
        case .none: return .none
        case .bool(let value): return .bool(value)
        case .integer(let value): return .integer(value)
        case .float(let value): return Int(exactly: value).map(JinjaKey.integer) ?? .float(value)
        case .string(let value): return .string(value)
        case .tuple(let elements):
            var keys: [JinjaKey] = []
            for element in elements { keys.append(try element.key()) }
            return .tuple(keys)
        case .undefined(let hint): throw TemplateError(.execution, hint)
        default: throw TemplateError(.execution, "unhashable type: '\(typeName)'")
        }
    }

    /// The elements when iterated over: code points of a string, keys of a dict.
    func elements() throws(TemplateError) -> [JinjaValue] {
        switch self {
        case .list(let list): return list.elements
        case .tuple(let elements): return elements
        case .string(let text): return text.unicodeScalars.map { .string(String($0)) }
        case .dict(let dict): return dict.members.keys.map(\.value)
        case .undefined: return []
        default:
            throw TemplateError(.execution, "'\(typeName)' object is not iterable")
        }
    }
}

extension JinjaDict {
    convenience init(_ members: JSONObject) {
        self.init()
        for (name, value) in members { self[name] = JinjaValue(value) }
    }
}
