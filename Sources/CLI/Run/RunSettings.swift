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
    init(model: String, _ flags: ParsedFlags) throws(CommandError) {
        self.model = model
        let format = flags.string("format")
        if format == "json" {
            self.format = "json"
        } else if !format.isEmpty {
            do {
                self.format = try JSONValue(parsing: format)
            } catch {
                throw CommandError(
                    "json: error calling MarshalJSON for type json.RawMessage: \(error)")
            }
        }
        if flags.isSet("think") {
            let text = flags.string("think")
            switch text {
            case "true", "": think = true
            case "false": think = false
            case "high", "medium", "low", "max": think = .string(text)
            default:
                throw CommandError(
                    "invalid value for --think: \(GoQuote.quoted(text)) "
                        + "(must be true, false, high, medium, low, or max)")
            }
        }
        let keepAlive = flags.string("keepalive")
        if !keepAlive.isEmpty {
            do {
                let duration = try GoDuration(parsing: keepAlive)
                self.keepAlive = duration.nanoseconds < 0 ? -1 : .string(duration.description)
            } catch {
                throw CommandError(error.description)
            }
        }
        hidesThinking = flags.bool("hidethinking")
        wrapsWords = !flags.bool("nowordwrap")
        verbose = flags.bool("verbose")
        insecure = flags.bool("insecure")
        if flags.isSet("truncate") { truncate = flags.bool("truncate") }
        if flags.isSet("dimensions") { dimensions = flags.int("dimensions") }
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
        return .object(body)
    }
}
