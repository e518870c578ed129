extension APIError {
    /// What a tool is answered that a server would have to run, by its type.
    static func unsupportedTool(_ type: String) -> APIError {
        APIError(
            501, "tools of type \(GoQuote.quoted(type)) are not supported by this version of apus")
    }
}

extension Tool {
    /// A function without arguments.
    static func named(_ name: String) -> Tool {
        Tool(
            raw: [
                "type": "function",
                "function": [
                    "name": .string(name), "parameters": ["type": "object", "properties": [:]],
                ],
            ])
    }
}
