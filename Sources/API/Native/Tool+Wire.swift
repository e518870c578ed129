extension Tool {
    /// An ordered map in Go; its decoder has one text for everything that is no object.
    static func orderedMap(_ value: JSONValue) throws(APIError) -> JSONObject? {
        switch value {
        case .null: return nil
        case .object(let members): return members
        default:
            throw APIError(400, "Value looks like object, but can't find closing '}' symbol")
        }
    }

    /// `tools` of a chat request: the members that Ollama knows, in its order, and behind them the
    /// other keywords of the schemas, which hold the arguments.
    static func decodeList(
        _ value: JSONValue, _ decoder: inout GoDecoder, at path: GoDecoder.Path
    ) throws(APIError) -> [Tool]? {
        guard let elements = decoder.array(value, goType: "api.Tools", at: path) else { return nil }
        var tools: [Tool] = []
        for element in elements { tools.append(try decode(element, &decoder, at: path)) }
        return tools
    }

    private static func decode(
        _ value: JSONValue, _ decoder: inout GoDecoder, at path: GoDecoder.Path
    ) throws(APIError) -> Tool {
        var type = ""
        var items = JSONValue.null
        var function: JSONObject = ["name": "", "parameters": ["type": "", "properties": nil]]
        let members = decoder.members(
            of: value, goType: "api.Tool", known: ["type", "items", "function"], at: path)
        for (name, value) in members {
            let here = path.inside("Tool").appending(name)
            switch name {
            case "type": type = decoder.string(value, at: here) ?? type
            case "items": items = value.normalized
            default: function = try decodeFunction(value, &decoder, at: here)
            }
        }
        var raw: JSONObject = ["type": .string(type)]
        if !items.isNull { raw["items"] = items }
        raw["function"] = .object(function)
        return Tool(raw: raw)
    }

    private static func decodeFunction(
        _ value: JSONValue, _ decoder: inout GoDecoder, at path: GoDecoder.Path
    ) throws(APIError) -> JSONObject {
        var functionName = ""
        var description = ""
        var parameters: JSONObject = ["type": "", "properties": nil]
        let members = decoder.members(
            of: value, goType: "api.ToolFunction", known: ["name", "description", "parameters"],
            at: path)
        for (name, value) in members {
            let here = path.inside("ToolFunction").appending(name)
            switch name {
            case "name": functionName = decoder.string(value, at: here) ?? functionName
            case "description": description = decoder.string(value, at: here) ?? description
            default: parameters = try decodeParameters(value, &decoder, at: here)
            }
        }
        var function: JSONObject = ["name": .string(functionName)]
        function.addUnlessEmpty("description", .string(description))
        function["parameters"] = .object(parameters)
        return function
    }

    private static func decodeParameters(
        _ value: JSONValue, _ decoder: inout GoDecoder, at path: GoDecoder.Path
    ) throws(APIError) -> JSONObject {
        var type = ""
        var definitions = JSONValue.null
        var items = JSONValue.null
        var required: [String] = []
        var properties = JSONValue.null
        let members = decoder.members(
            of: value, goType: "api.ToolFunctionParameters",
            known: ["type", "$defs", "items", "required", "properties"], at: path)
        for (name, value) in members {
            let here = path.inside("ToolFunctionParameters").appending(name)
            switch name {
            case "type": type = decoder.string(value, at: here) ?? type
            case "$defs": definitions = value.normalized
            case "items": items = value.normalized
            case "required": required = decoder.strings(value, at: here) ?? required
            default:
                if let map = try orderedMap(value) {
                    properties = .object(try decodeProperties(map, at: here, depth: 0))
                }
            }
        }
        var parameters: JSONObject = ["type": .string(type)]
        if !definitions.isNull { parameters["$defs"] = definitions }
        if !items.isNull { parameters["items"] = items }
        parameters.addUnlessEmpty("required", .strings(required))
        parameters["properties"] = properties
        addOtherKeywords(of: value, to: &parameters)
        return parameters
    }

    private static func decodeProperties(
        _ map: JSONObject, at path: GoDecoder.Path, depth: Int
    ) throws(APIError) -> JSONObject {
        var properties = JSONObject()
        for (name, value) in map {
            properties[name] = .object(try decodeProperty(value, at: path, depth: depth))
        }
        return properties
    }

    private static func decodeProperty(
        _ value: JSONValue, at path: GoDecoder.Path, depth: Int
    ) throws(APIError) -> JSONObject {
        // Below an ordered map Go decodes anew: mistakes end the whole reading.
        var decoder = GoDecoder()
        var anyOf: [JSONValue] = []
        var types: [String] = []
        var items = JSONValue.null
        var description = ""
        var choices: [JSONValue] = []
        var properties: JSONObject?
        var required: [String] = []
        let members = decoder.members(
            of: value, goType: "api.ToolProperty",
            known: [
                "anyOf", "type", "items", "description", "enum", "properties", "required",
            ], at: path)
        for (name, value) in members {
            let here = path.inside("ToolProperty").appending(name)
            switch name {
            case "anyOf":
                for choice in decoder.array(value, goType: "[]api.ToolProperty", at: here) ?? [] {
                    anyOf.append(
                        .object(try decodeProperty(choice, at: here, depth: depth + 1)))
                }
            case "type":
                if case .string(let type) = value {
                    types = [type]
                } else {
                    types = decoder.strings(value, at: here) ?? types
                }
            case "items": items = value.normalized
            case "description": description = decoder.string(value, at: here) ?? description
            case "enum":
                choices = (decoder.array(value, goType: "[]interface {}", at: here) ?? [])
                    .map(\.normalized)
            case "properties":
                if let map = try orderedMap(value) {
                    properties = try decodeProperties(map, at: here, depth: depth + 1)
                }
            default: required = decoder.strings(value, at: here) ?? required
            }
        }
        try decoder.check()
        var property = JSONObject()
        property.addUnlessEmpty("anyOf", .array(anyOf))
        if types.count == 1 {
            property["type"] = .string(types[0])
        } else if !types.isEmpty {
            property["type"] = .strings(types)
        }
        if !items.isNull { property["items"] = items }
        property.addUnlessEmpty("description", .string(description))
        property.addUnlessEmpty("enum", .array(choices))
        if let properties { property["properties"] = .object(properties) }
        property.addUnlessEmpty("required", .strings(required))
        addOtherKeywords(of: value, to: &property)
        return property
    }

    /// Keywords that are read into members of their own, and those that say nothing to a model.
    private static let handledKeywords: Set<String> = [
        "type", "$defs", "items", "required", "properties", "anyof", "description", "enum",
        "title", "$schema", "$id", "$comment",
    ]

    /// Whether a keyword of a tool's schema is none that Ollama's types have.
    public static func isOtherKeyword(_ name: String) -> Bool {
        !handledKeywords.contains(name.lowercased())
    }

    private static func addOtherKeywords(of schema: JSONValue, to written: inout JSONObject) {
        for (name, value) in schema.object ?? [:] where isOtherKeyword(name) && !value.isNull {
            written[name] = value
        }
    }
}
