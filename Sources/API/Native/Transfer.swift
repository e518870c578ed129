/// Body of `POST /api/copy`.
public struct CopyRequest: Sendable {
    public var source = ""
    public var destination = ""

    public init() {}

    /// - Throws: status 400 with the text of Go's decoder.
    public init(body: JSONValue) throws(APIError) {
        var decoder = GoDecoder()
        let root = GoDecoder.Path(structName: "CopyRequest")
        let members = try decoder.members(
            ofBody: body, goType: "CopyRequest", known: ["source", "destination"])
        for (name, value) in members {
            let path = root.appending(name)
            if name == "source" {
                source = decoder.string(value, at: path) ?? source
            } else {
                destination = decoder.string(value, at: path) ?? destination
            }
        }
        try decoder.check()
    }
}

/// Body of `DELETE /api/delete`.
public struct DeleteRequest: Sendable {
    public var model = ""
    /// The older name of `model`; counts where that is empty.
    public var name = ""

    public var requestedModel: String { model.isEmpty ? name : model }

    public init() {}

    /// - Throws: status 400 with the text of Go's decoder.
    public init(body: JSONValue) throws(APIError) {
        var decoder = GoDecoder()
        let root = GoDecoder.Path(structName: "DeleteRequest")
        let members = try decoder.members(
            ofBody: body, goType: "DeleteRequest", known: ["model", "name"])
        for (key, value) in members {
            let path = root.appending(key)
            if key == "model" {
                model = decoder.string(value, at: path) ?? model
            } else {
                name = decoder.string(value, at: path) ?? name
            }
        }
        try decoder.check()
    }
}

/// Body of `POST /api/pull` and `POST /api/push`.
public struct TransferRequest: Sendable {
    public enum Direction: Sendable { case pull, push }

    public var model = ""
    /// The older name of `model`; counts where that is empty.
    public var name = ""
    public var insecure = false
    /// nil: true.
    public var stream: Bool?

    public var requestedModel: String { model.isEmpty ? name : model }

    public init() {}

    /// - Throws: status 400 with the text of Go's decoder.
    public init(body: JSONValue, _ direction: Direction) throws(APIError) {
        let goType = direction == .pull ? "PullRequest" : "PushRequest"
        var decoder = GoDecoder()
        let root = GoDecoder.Path(structName: goType)
        let members = try decoder.members(
            ofBody: body, goType: goType,
            known: ["model", "name", "insecure", "stream", "username", "password"])
        for (key, value) in members {
            let path = root.appending(key)
            switch key {
            case "model": model = decoder.string(value, at: path) ?? model
            case "name": name = decoder.string(value, at: path) ?? name
            case "insecure": insecure = decoder.bool(value, at: path) ?? insecure
            case "stream": stream = decoder.bool(value, at: path)
            // Sent by old clients, never used.
            default: _ = decoder.string(value, at: path)
            }
        }
        try decoder.check()
    }
}

/// One line of the progress of a create, pull or push.
public struct ProgressResponse: Sendable, Hashable {
    public var status: String
    public var digest = ""
    /// Bytes.
    public var total = 0
    public var completed = 0

    public init(status: String) { self.status = status }

    public init(json: JSONValue) {
        status = json["status"]?.string ?? ""
        digest = json["digest"]?.string ?? ""
        total = json["total"]?.integer ?? 0
        completed = json["completed"]?.integer ?? 0
    }

    public var json: JSONValue {
        var object: JSONObject = ["status": .string(status)]
        object.addUnlessEmpty("digest", .string(digest))
        object.addUnlessEmpty("total", .integer(total))
        object.addUnlessEmpty("completed", .integer(completed))
        return .object(object)
    }
}

/// Answer of `GET /api/version`.
public struct VersionResponse: Sendable, Hashable {
    public var version: String

    public init(version: String) { self.version = version }
    public init(json: JSONValue) { version = json["version"]?.string ?? "" }
    public var json: JSONValue { ["version": .string(version)] }
}

extension APIError {
    /// The body of a failed answer, and the last line of a stream that failed.
    public var json: JSONValue { ["error": .string(wireMessage)] }
}
