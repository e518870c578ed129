extension Tool {
    /// The schemas of the arguments by name, for formats that write them one by one.
    ///
    /// Those that refer to definitions bring them along.
    public var argumentSchemas: JSONObject {
        let properties = parameters["properties"]?.object ?? [:]
        let definitions = ["$defs", "definitions"].compactMap { name in
            parameters[name].map { (name, $0) }
        }
        guard !definitions.isEmpty else { return properties }
        return properties.mapValues { schema in
            guard schema.refersToDefinitions, var members = schema.object else { return schema }
            for (name, value) in definitions where members[name] == nil { members[name] = value }
            return .object(members)
        }
    }
}

extension JSONValue {
    fileprivate var refersToDefinitions: Bool {
        switch self {
        case .object(let members):
            members["$ref"] != nil || members.contains { $0.value.refersToDefinitions }
        case .array(let elements): elements.contains(where: \.refersToDefinitions)
        default: false
        }
    }
}
