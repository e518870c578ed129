/// Body of `POST /api/show`.
public struct ShowRequest: Sendable {
    public var model = ""
    /// The older name of `model`; counts where that is empty.
    public var name = ""
    public var system = ""
    public var verbose = false
    /// Unchecked; appear in the modelfile of the answer.
    public var options: JSONObject = [:]

    public var requestedModel: String { model.isEmpty ? name : model }

    public init() {}

    /// - Throws: status 400 with the text of Go's decoder.
    public init(body: JSONValue) throws(APIError) {
        var decoder = GoDecoder()
        let root = GoDecoder.Path(structName: "ShowRequest")
        let members = try decoder.members(
            ofBody: body, goType: "ShowRequest",
            known: ["model", "name", "system", "template", "verbose", "options"])
        for (key, value) in members {
            let path = root.appending(key)
            switch key {
            case "model": model = decoder.string(value, at: path) ?? model
            case "name": name = decoder.string(value, at: path) ?? name
            case "system": system = decoder.string(value, at: path) ?? system
            // Old clients send a template; it never had an effect.
            case "template": _ = decoder.string(value, at: path)
            case "verbose": verbose = decoder.bool(value, at: path) ?? verbose
            default: options = decoder.object(value, at: path) ?? [:]
            }
        }
        try decoder.check()
    }
}

/// One tensor of a model file, as show lists it.
public struct ShownTensor: Sendable, Hashable {
    public var name: String
    public var type: String
    /// Fastest dimension first.
    public var shape: [Int]

    public init(name: String, type: String, shape: [Int]) {
        self.name = name
        self.type = type
        self.shape = shape
    }

    init(json: JSONValue) {
        name = json["name"]?.string ?? ""
        type = json["type"]?.string ?? ""
        shape = (json["shape"]?.array ?? []).compactMap(\.integer)
    }

    var json: JSONValue {
        [
            "name": .string(name), "type": .string(type),
            "shape": .array(shape.map { .integer($0) }),
        ]
    }
}

/// Answer of `POST /api/show`.
public struct ShowResponse: Sendable {
    public var license = ""
    public var modelfile = ""
    public var parameters = ""
    public var template = ""
    public var system = ""
    public var details = ModelSummary()
    public var messages: [Message] = []
    public var remoteModel = ""
    public var remoteHost = ""
    /// Sorted by key.
    public var modelInfo: JSONObject = [:]
    public var projectorInfo: JSONObject = [:]
    public var tensors: [ShownTensor] = []
    public var capabilities: [String] = []
    /// RFC 3339 with the server's offset.
    public var modifiedAt = ""
    public var requires = ""
    /// Whether the model thinks when a request does not say; a key of our own, written when false.
    public var thinksByDefault = true

    public init() {}

    public init(json: JSONValue) {
        license = json["license"]?.string ?? ""
        modelfile = json["modelfile"]?.string ?? ""
        parameters = json["parameters"]?.string ?? ""
        template = json["template"]?.string ?? ""
        system = json["system"]?.string ?? ""
        details = ModelSummary(json: json["details"] ?? .null)
        messages = (json["messages"]?.array ?? []).map(Message.init(json:))
        remoteModel = json["remote_model"]?.string ?? ""
        remoteHost = json["remote_host"]?.string ?? ""
        modelInfo = json["model_info"]?.object ?? [:]
        projectorInfo = json["projector_info"]?.object ?? [:]
        tensors = (json["tensors"]?.array ?? []).map(ShownTensor.init(json:))
        capabilities = (json["capabilities"]?.array ?? []).compactMap(\.string)
        modifiedAt = json["modified_at"]?.string ?? ""
        requires = json["requires"]?.string ?? ""
        thinksByDefault = json["thinks_by_default"]?.bool ?? true
    }

    public var json: JSONValue {
        var object = JSONObject()
        object.addUnlessEmpty("license", .string(license))
        object.addUnlessEmpty("modelfile", .string(modelfile))
        object.addUnlessEmpty("parameters", .string(parameters))
        object.addUnlessEmpty("template", .string(template))
        object.addUnlessEmpty("system", .string(system))
        object["details"] = details.json
        object.addUnlessEmpty("messages", .array(messages.map(\.json)))
        object.addUnlessEmpty("remote_model", .string(remoteModel))
        object.addUnlessEmpty("remote_host", .string(remoteHost))
        object["model_info"] = .object(modelInfo)
        object.addUnlessEmpty("projector_info", .object(projectorInfo))
        object.addUnlessEmpty("tensors", .array(tensors.map(\.json)))
        object.addUnlessEmpty("capabilities", .strings(capabilities))
        object["modified_at"] = .string(modifiedAt)
        object.addUnlessEmpty("requires", .string(requires))
        if !thinksByDefault { object["thinks_by_default"] = false }
        return .object(object)
    }
}
