import API

/// The values that Go templates see, by the field names that published templates use.
enum GoData {
    static func message(_ message: Message) -> GoValue {
        let calls = message.toolCalls.map(toolCall)
        var json: JSONObject = ["role": .string(message.role), "content": .string(message.content)]
        if !message.thinking.isEmpty { json["thinking"] = .string(message.thinking) }
        if !calls.isEmpty { json["tool_calls"] = .array(calls.map(\.json)) }
        if !message.toolName.isEmpty { json["tool_name"] = .string(message.toolName) }
        if !message.toolCallID.isEmpty { json["tool_call_id"] = .string(message.toolCallID) }
        let record = GoRecord(
            type: "api.Message",
            fields: [
                ("Role", .string(message.role)),
                ("Content", .string(message.content)),
                ("Thinking", .string(message.thinking)),
                // Templates ask only whether and how many images there are.
                ("Images", .list(message.images.map { _ in .string("[img]") })),
                ("ToolCalls", .list(calls)),
                ("ToolName", .string(message.toolName)),
                ("ToolCallID", .string(message.toolCallID)),
            ], json: .object(json), printsJSON: false)
        return .record(record)
    }

    static func toolCall(_ call: ToolCall) -> GoValue {
        let arguments = GoValue.map(GoValue.entries(call.arguments), .json)
        let function: JSONValue = [
            "index": .number(JSONNumber(call.index)), "name": .string(call.name),
            "arguments": arguments.json,
        ]
        let functionRecord = GoRecord(
            type: "api.ToolCallFunction",
            fields: [
                ("Index", .integer(call.index)), ("Name", .string(call.name)),
                ("Arguments", arguments),
            ], json: function, printsJSON: true)
        var json: JSONObject = [:]
        if !call.id.isEmpty { json["id"] = .string(call.id) }
        json["function"] = function
        return .record(
            GoRecord(
                type: "api.ToolCall",
                fields: [("ID", .string(call.id)), ("Function", .record(functionRecord))],
                json: .object(json), printsJSON: true))
    }

    static func tools(_ tools: [Tool]) -> GoValue { .list(tools.map(tool), .json) }

    static func tool(_ tool: Tool) -> GoValue {
        let function = function(tool)
        var json: JSONObject = ["type": .string(tool.raw["type"]?.string ?? "")]
        let items = tool.raw["items"].map(GoValue.init) ?? .none
        if !items.isNone { json["items"] = items.json }
        json["function"] = function.json
        return .record(
            GoRecord(
                type: "api.Tool",
                fields: [
                    ("Type", .string(tool.raw["type"]?.string ?? "")), ("Items", items),
                    ("Function", function),
                ], json: .object(json), printsJSON: true))
    }

    private static func function(_ tool: Tool) -> GoValue {
        let parameters = parameters(tool.parameters)
        let json: JSONValue = [
            "name": .string(tool.name), "description": .string(tool.description),
            "parameters": parameters.json,
        ]
        return .record(
            GoRecord(
                type: "api.ToolFunction",
                fields: [
                    ("Name", .string(tool.name)), ("Description", .string(tool.description)),
                    ("Parameters", parameters),
                ], json: json, printsJSON: true))
    }

    private static func parameters(_ raw: JSONObject) -> GoValue {
        let definitions = raw["$defs"].map(GoValue.init) ?? .none
        let items = raw["items"].map(GoValue.init) ?? .none
        let required = strings(raw["required"])
        let properties = properties(raw["properties"])
        let type = raw["type"]?.string ?? ""
        var json: JSONObject = ["type": .string(type)]
        if !definitions.isNone { json["$defs"] = definitions.json }
        if !items.isNone { json["items"] = items.json }
        if required.isTrue { json["required"] = required.json }
        json["properties"] = properties.isNone ? .null : properties.json
        addOtherKeywords(of: raw, to: &json)
        return .record(
            GoRecord(
                type: "api.ToolFunctionParameters",
                fields: [
                    ("Type", .string(type)), ("Defs", definitions), ("Items", items),
                    ("Required", required), ("Properties", properties),
                ], json: .object(json), printsJSON: true))
    }

    private static func addOtherKeywords(of raw: JSONObject, to json: inout JSONObject) {
        for (name, value) in raw where Tool.isOtherKeyword(name) { json[name] = value }
    }

    private static func strings(_ raw: JSONValue?) -> GoValue {
        .list((raw?.array ?? []).compactMap { $0.string.map(GoValue.string) })
    }

    private static func properties(_ raw: JSONValue?) -> GoValue {
        guard let members = raw?.object else { return .none }
        return .map(
            members.map { ($0.key, property($0.value)) }
                .sorted { $0.key.isBytewiseLess(than: $1.key) }, .json)
    }

    private static func property(_ value: JSONValue) -> GoValue {
        let raw = value.object ?? [:]
        let choices = (raw["anyOf"]?.array ?? []).map(property)
        var types: [GoValue] = []
        if let type = raw["type"]?.string {
            types = [.string(type)]
        } else if let list = raw["type"]?.array {
            types = list.compactMap { $0.string.map(GoValue.string) }
        }
        let items = raw["items"].map(GoValue.init) ?? .none
        let description = raw["description"]?.string ?? ""
        let values = (raw["enum"]?.array ?? []).map(GoValue.init)
        let nested = properties(raw["properties"])
        let required = strings(raw["required"])
        var json: JSONObject = [:]
        if !choices.isEmpty { json["anyOf"] = .array(choices.map(\.json)) }
        if !types.isEmpty { json["type"] = GoValue.list(types, .propertyType).json }
        if !items.isNone { json["items"] = items.json }
        if !description.isEmpty { json["description"] = .string(description) }
        if !values.isEmpty { json["enum"] = .array(values.map(\.json)) }
        // Below the top level, properties keep the order in which they were written.
        if nested.isTrue, let members = raw["properties"]?.object {
            json["properties"] = .object(members.mapValues { property($0).json })
        }
        if required.isTrue { json["required"] = required.json }
        addOtherKeywords(of: raw, to: &json)
        return .record(
            GoRecord(
                type: "api.ToolProperty",
                fields: [
                    ("AnyOf", .list(choices)), ("Type", .list(types, .propertyType)),
                    ("Items", items), ("Description", .string(description)),
                    ("Enum", .list(values)), ("Properties", nested), ("Required", required),
                ], json: .object(json), printsJSON: true))
    }
}
