/// Body of `POST /api/create`.
public struct CreateModelRequest: Sendable {
    public var model = ""
    /// The older name of `model`; counts where that is empty.
    public var name = ""
    /// nil: true.
    public var stream: Bool?
    public var from = ""
    public var remoteHost = ""
    /// Path and digest; nil when absent.
    public var files: [(key: String, value: String)]?
    public var adapters: [(key: String, value: String)]?
    public var draftFiles: [(key: String, value: String)]?
    public var quantize = ""
    public var quantization = ""
    public var draftQuantize = ""
    public var template = ""
    public var system = ""
    /// A string or a list of strings; checked when it is used.
    public var license: JSONValue?
    public var parameters: JSONObject?
    public var messages: [Message] = []
    public var renderer = ""
    public var parser = ""
    public var requires = ""
    public var info: JSONObject?

    public var requestedModel: String { model.isEmpty ? name : model }
    public var requestedQuantization: String { quantize.isEmpty ? quantization : quantize }

    public init() {}

    private static let names: Set<String> = [
        "model", "name", "stream", "from", "remote_host", "files", "adapters", "draft_files",
        "quantize", "quantization", "draft_quantize", "template", "system", "license",
        "parameters", "messages", "renderer", "parser", "requires", "info",
    ]

    /// - Throws: status 400 with the text of Go's decoder.
    public init(body: JSONValue) throws(APIError) {
        var decoder = GoDecoder()
        let root = GoDecoder.Path(structName: "CreateRequest")
        let members = try decoder.members(ofBody: body, goType: "CreateRequest", known: Self.names)
        for (key, value) in members {
            let path = root.appending(key)
            switch key {
            case "model": model = decoder.string(value, at: path) ?? model
            case "name": name = decoder.string(value, at: path) ?? name
            case "stream": stream = decoder.bool(value, at: path)
            case "from": from = decoder.string(value, at: path) ?? from
            case "remote_host": remoteHost = decoder.string(value, at: path) ?? remoteHost
            case "files": files = decoder.stringMap(value, at: path)
            case "adapters": adapters = decoder.stringMap(value, at: path)
            case "draft_files": draftFiles = decoder.stringMap(value, at: path)
            case "quantize": quantize = decoder.string(value, at: path) ?? quantize
            case "quantization": quantization = decoder.string(value, at: path) ?? quantization
            case "draft_quantize":
                draftQuantize = decoder.string(value, at: path) ?? draftQuantize
            case "template": template = decoder.string(value, at: path) ?? template
            case "system": system = decoder.string(value, at: path) ?? system
            case "license": license = value.isNull ? nil : value
            case "parameters": parameters = decoder.object(value, at: path)
            case "messages":
                messages = try Message.decodeList(value, &decoder, at: path) ?? []
            case "renderer": renderer = decoder.string(value, at: path) ?? renderer
            case "parser": parser = decoder.string(value, at: path) ?? parser
            case "requires": requires = decoder.string(value, at: path) ?? requires
            default: info = decoder.object(value, at: path)
            }
        }
        try decoder.check()
    }

    /// The license texts.
    ///
    /// - Throws: status 500 when the field is neither a string nor a list of strings.
    public func licenses() throws(APIError) -> [String] {
        switch license {
        case nil, .null: return []
        case .string(let text): return text.isEmpty ? [] : [text]
        case .array(let elements):
            var texts: [String] = []
            for element in elements {
                guard case .string(let text) = element else {
                    throw APIError(
                        500, "json: cannot unmarshal \(element.kind) into Go value of type string")
                }
                texts.append(text)
            }
            return texts
        case .some(let value):
            throw APIError(
                500, "json: cannot unmarshal \(value.kind) into Go value of type []string")
        }
    }
}
