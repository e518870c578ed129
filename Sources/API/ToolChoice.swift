/// Whether a model has to call a tool.
public enum ToolChoice: Sendable, Hashable {
    case auto
    case none
    /// Some tool.
    case required
    case named(String)

    /// In the words of any of the API families: a word, or an object with a `type`.
    ///
    /// - Throws: status 400 for anything else.
    public init(json value: JSONValue) throws(APIError) {
        let word = value.string ?? value["type"]?.string ?? ""
        let name = value["function"]?["name"]?.string ?? value["name"]?.string
        switch word {
        case "auto": self = .auto
        case "none": self = .none
        case "required", "any": self = .required
        case "function", "tool":
            guard let name, !name.isEmpty else {
                throw APIError(400, "tool_choice of type \"\(word)\" needs the name of a tool")
            }
            self = .named(name)
        default:
            throw APIError(
                400,
                "invalid tool_choice: \(value.serialized) (must be \"auto\", \"none\", "
                    + "\"required\" or the name of a tool)")
        }
    }
}
