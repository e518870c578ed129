/// Body of `POST /api/tokenize`, an addition of Apus.
public struct TokenizeRequest: Sendable {
    public var model = ""
    /// `prompt` or `content`; the last one given wins.
    public var text = ""
    /// With the begin and end tokens that the model's prompts get.
    public var addSpecial = false
    /// Texts of control tokens become those tokens.
    public var parseSpecial = true
    public var keepAlive: KeepAlive?

    public init() {}

    /// - Throws: status 400 with the text of Go's decoder.
    public init(body: JSONValue) throws(APIError) {
        var decoder = GoDecoder()
        let root = GoDecoder.Path(structName: "TokenizeRequest")
        for (name, value) in try decoder.members(
            ofBody: body, goType: "TokenizeRequest",
            known: ["model", "prompt", "content", "add_special", "parse_special", "keep_alive"])
        {
            let path = root.appending(name)
            switch name {
            case "model": model = decoder.string(value, at: path) ?? model
            case "add_special": addSpecial = decoder.bool(value, at: path) ?? addSpecial
            case "parse_special": parseSpecial = decoder.bool(value, at: path) ?? parseSpecial
            case "keep_alive": keepAlive = value.isNull ? nil : try KeepAlive(json: value)
            default: text = decoder.string(value, at: path) ?? text
            }
        }
        try decoder.check()
    }
}

/// Body of `POST /api/detokenize`, an addition of Apus.
public struct DetokenizeRequest: Sendable {
    public var model = ""
    public var tokens: [Int] = []
    public var keepAlive: KeepAlive?

    public init() {}

    /// - Throws: status 400 with the text of Go's decoder.
    public init(body: JSONValue) throws(APIError) {
        var decoder = GoDecoder()
        let root = GoDecoder.Path(structName: "DetokenizeRequest")
        for (name, value) in try decoder.members(
            ofBody: body, goType: "DetokenizeRequest", known: ["model", "tokens", "keep_alive"])
        {
            let path = root.appending(name)
            switch name {
            case "model": model = decoder.string(value, at: path) ?? model
            case "tokens": tokens = decoder.integers(value, at: path) ?? tokens
            default: keepAlive = value.isNull ? nil : try KeepAlive(json: value)
            }
        }
        try decoder.check()
    }
}
