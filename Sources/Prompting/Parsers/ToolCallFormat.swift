public import API

/// How a family of models writes calls of tools.
public protocol ToolCallFormat: Sendable {
    /// Texts with which calls begin.
    var openers: [String] { get }
    /// Texts that may stand behind and between calls.
    var closers: [String] { get }
    /// Further texts of the form that may be control tokens.
    var separators: [String] { get }
    /// Calls without a mark of their own: only an answer's beginning is looked at, and only known
    /// tools are called.
    var isBare: Bool { get }
    /// What stands in front of a call when the program makes the model call.
    var trigger: String { get }
    /// One call behind the trigger, to its last sign.
    func pattern(_ tool: Tool) -> CallPattern
    /// The calls of an answer behind the trigger; `call` is one of them.
    func body(_ call: CallPattern, several: Bool) -> CallPattern
}

/// The part of a format that reads.
protocol ToolCallReader: ToolCallFormat {
    /// Reads the calls that begin at the cursor, which stands on an opener.
    func read(_ cursor: inout TextCursor, _ tools: [Tool]) throws(ReadStop) -> [ToolCall]
}

extension ToolCallFormat {
    public var closers: [String] { [] }
    public var separators: [String] { [] }
    public var isBare: Bool { false }
    public var trigger: String { openers[0] }
    public func body(_ call: CallPattern, several: Bool) -> CallPattern {
        guard several else { return call }
        return .sequence([call, .any(.sequence([.space, .text(trigger), call]))])
    }

    /// The texts that the parser must see even where they are control tokens.
    public var markers: [String] { openers + closers + separators + [trigger] }
}

/// The shape of text that a call may have.
public indirect enum CallPattern: Sendable {
    case text(String)
    /// Nothing, a blank or a line break.
    case space
    /// A JSON value that the schema allows.
    case schema(JSONValue)
    /// Any text, and the first `end` behind it.
    case freeText(before: String)
    case sequence([CallPattern])
    case choice([CallPattern])
    case any(CallPattern)

    /// An object with the name of a tool and its arguments, spaced as the model is used to: a
    /// model that has to write it otherwise forgets what it wanted to say.
    static func object(_ tool: Tool, name: String = "name", arguments: String) -> CallPattern {
        .sequence([
            .text("{"), .space, .text("\"\(name)\":"), .space,
            .text("\(JSONValue.string(tool.name).serialized),"), .space,
            .text("\"\(arguments)\":"), .space, .schema(tool.argumentSchema), .space, .text("}"),
        ])
    }

    static func list(_ call: CallPattern, several: Bool) -> CallPattern {
        .sequence([
            .text("["), call,
            several ? .any(.sequence([.text(","), .space, call])) : .sequence([]), .text("]"),
        ])
    }

    /// Blocks of arguments: the required ones in order, then any of the others.
    static func blocks(
        _ tool: Tool, _ block: (_ name: String, _ schema: JSONValue) -> CallPattern
    ) -> CallPattern {
        let properties = tool.argumentSchemas
        let required = (tool.parameters["required"]?.array ?? []).compactMap(\.string)
        let first = required.map { block($0, properties[$0] ?? [:]) }
        let rest = properties.filter { !required.contains($0.key) }.map { block($0.key, $0.value) }
        return .sequence(first + (rest.isEmpty ? [] : [.any(.choice(rest))]))
    }
}

extension Tool {
    /// The schema of the arguments, without what says nothing.
    var argumentSchema: JSONValue {
        var schema = parameters
        schema["type"] = "object"
        for (key, value) in parameters where value.isNull || value == "" && key != "type" {
            schema[key] = nil
        }
        if parameters["properties"]?.object?.isEmpty ?? true {
            // No properties: a function without arguments.
            schema["properties"] = [:]
            schema["additionalProperties"] = false
        }
        return .object(schema)
    }

    /// The schema of one argument.
    func schema(of argument: String) -> JSONValue? {
        parameters["properties"]?.object?[argument]
    }
}

extension JSONValue {
    /// Whether a schema takes texts and nothing else, or says nothing.
    var takesText: Bool {
        guard let type = self["type"] else { return self["anyOf"] == nil && self["enum"] == nil }
        return type == "string"
    }
}

extension ToolCall {
    /// A call from an object with its name and arguments, in the words of any family; nil when it
    /// is none.
    init?(called object: JSONObject, tools: [Tool]) {
        if let function = object["function"]?.object {
            self.init(called: function, tools: tools)
            if id.isEmpty { id = object["id"]?.string ?? "" }
            return
        }
        let name =
            object["name"]?.string ?? object["tool_name"]?.string ?? object["function"]?.string
        guard let name, !name.isEmpty else {
            // A tool's name as the only key.
            guard object.count == 1,
                let tool = tools.first(where: { object[$0.name] != nil }),
                let arguments = object[tool.name]?.object
            else { return nil }
            self.init(name: tool.name, arguments: arguments)
            return
        }
        let keys = ["arguments", "parameters", "args"]
        let written = keys.lazy.compactMap { object[$0] }.first ?? [:]
        let arguments: JSONObject
        switch written {
        case .object(let members): arguments = members
        case .null: arguments = [:]
        case .string(let text):
            guard let inner = TextCursor.json(Array(text.utf8))?.object else { return nil }
            arguments = inner
        default: return nil
        }
        self.init(
            id: object["id"]?.string ?? "", name: name, arguments: arguments)
    }

    /// The calls of an object or a list of objects.
    static func all(in value: JSONValue, _ tools: [Tool]) throws(ReadStop) -> [ToolCall] {
        var calls: [ToolCall] = []
        for element in value.array ?? [value] {
            guard let object = element.object, let call = ToolCall(called: object, tools: tools)
            else { throw .mismatch }
            calls.append(call)
        }
        guard !calls.isEmpty else { throw .mismatch }
        return calls
    }
}
