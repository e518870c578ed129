import API

/// What a conversation was asked to be like, by flags and by `/set`.
struct RunSettings: Sendable {
    var model: String
    var keepAlive: JSONValue?
    /// `"json"` or a schema.
    var format: JSONValue?
    var think: JSONValue?
    var hidesThinking = false
    var wrapsWords = true
    var verbose = false
    var insecure = false
    var truncate: Bool?
    var dimensions: Int?
    /// Options of the session, typed.
    var options = JSONObject()
    /// System message of the session.
    var system = ""
    var capabilities: Set<String> = []

    var takesMedia: Bool { capabilities.contains("vision") || capabilities.contains("audio") }

    /// - Throws: ``CommandError`` for values that no model takes.
    init(
        model: String, format: String? = nil, think: String? = nil, keepAlive: String? = nil
    ) throws(CommandError) {
        self.model = model
        if format == "json" {
            self.format = "json"
        } else if let format, !format.isEmpty {
            do {
                self.format = try JSONValue(parsing: format)
            } catch {
                throw CommandError(
                    "json: error calling MarshalJSON for type json.RawMessage: \(error)")
            }
        }
        switch think {
        case nil: break
        case "true", "": self.think = true
        case "false": self.think = false
        case "high", "medium", "low", "max": self.think = think.map { .string($0) }
        case let other?:
            throw CommandError(
                "invalid value for --think: \(GoQuote.quoted(other)) "
                    + "(must be true, false, high, medium, low, or max)")
        }
        if let keepAlive, !keepAlive.isEmpty {
            do {
                let duration = try GoDuration(parsing: keepAlive)
                self.keepAlive = duration.nanoseconds < 0 ? -1 : .string(duration.description)
            } catch {
                throw CommandError(error.description)
            }
        }
    }

    /// Takes over what `/api/show` says about the model.
    mutating func adopt(_ information: JSONValue) {
        capabilities = Set(
            (information["capabilities"]?.array ?? []).compactMap(\.string))
    }

    /// Members that generate and chat requests share.
    func request(_ members: JSONObject) -> JSONValue {
        var body: JSONObject = ["model": .string(model)]
        body.merge(members) { $1 }
        body["options"] = .object(options)
        if let format { body["format"] = format }
        if let keepAlive { body["keep_alive"] = keepAlive }
        if let think { body["think"] = think }
        if verbose { body["verbose"] = true }
        return .object(body)
    }
}
