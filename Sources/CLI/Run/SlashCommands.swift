import API
import Client
import FoundationEssentials

/// The commands of a conversation.
///
/// They are known by how a line begins; help goes to stderr, what was done to stdout.
struct SlashCommands {
    enum Outcome { case done, leave, message }

    private let conversation: Conversation

    init(_ conversation: Conversation) { self.conversation = conversation }

    func run(_ line: String) async throws -> Outcome {
        let words = Self.words(line)
        func begins(_ prefix: String) -> Bool { line.hasPrefix(prefix) }
        if begins("/list") {
            let answer = try await conversation.client.get("/api/tags")
            Console.out(
                ListCommand.table(answer, prefix: words.count > 1 ? words[1] : "", now: .now))
        } else if begins("/load") {
            try await load(words)
        } else if begins("/save") {
            try await save(words)
        } else if begins("/clear") {
            conversation.messages = []
            if !conversation.settings.system.isEmpty {
                conversation.messages = [
                    ["role": "system", "content": .string(conversation.settings.system)]
                ]
            }
            Console.out("Cleared session context\n")
        } else if begins("/set") {
            set(words)
        } else if begins("/show") {
            try await show(words)
        } else if begins("/help") || begins("/?") {
            help(words)
        } else if begins("/exit") || begins("/bye") {
            return .leave
        } else if isMedia(line) {
            return .message
        } else {
            Console.out("Unknown command '\(words.first ?? "/")'. Type /? for help\n")
        }
        return .done
    }

    /// Parts between blanks.
    static func words(_ line: String) -> [String] {
        line.unicodeScalars.split { $0.properties.isWhitespace }.map {
            String(String.UnicodeScalarView($0))
        }
    }

    private func isMedia(_ line: String) -> Bool {
        conversation.settings.takesMedia
            && MediaFile.candidates(in: line).contains {
                FileManager.default.fileExists(atPath: MediaFile.unescaped($0))
            }
    }

    private func help(_ words: [String]) {
        guard words.count > 1 else {
            Console.error(SlashHelp.main(takesMedia: conversation.settings.takesMedia))
            return
        }
        switch words[1] {
        case "set", "/set": Console.error(SlashHelp.set)
        case "show", "/show": Console.error(SlashHelp.show)
        case "shortcut", "shortcuts": Console.error(SlashHelp.shortcuts)
        default: break
        }
    }

    // MARK: - Models

    private func load(_ words: [String]) async throws {
        guard words.count == 2 else {
            Console.out("Usage:\n  /load <modelname>\n")
            return
        }
        let name = words[1]
        Console.out("Loading model '\(name)'\n")
        let information: JSONValue
        do {
            information = try await conversation.client.send(
                "POST", "/api/show", ["model": .string(name)])
        } catch let error as ClientError where error.isNotFound {
            Console.out("Couldn't find model '\(name)'\n")
            return
        } catch let error as ClientError {
            Console.error("error: \(error)\n")
            return
        }
        let before = (
            conversation.settings, conversation.information, conversation.messages
        )
        conversation.settings.model = name
        conversation.settings.system = ""
        conversation.settings.options = [:]
        conversation.settings.adopt(information)
        if !conversation.settings.capabilities.contains("thinking") {
            conversation.settings.think = nil
        } else if conversation.settings.think == nil,
            information["thinks_by_default"]?.bool ?? true
        {
            conversation.settings.think = true
        }
        conversation.information = information
        conversation.messages = []
        do {
            if try await conversation.load() { return }
        } catch let error as ClientError {
            Console.error("error: \(error)\n")
        }
        (conversation.settings, conversation.information, conversation.messages) = before
    }

    private func save(_ words: [String]) async throws {
        guard words.count == 2 else {
            Console.out("Usage:\n  /save <modelname>\n")
            return
        }
        let name = words[1]
        let settings = conversation.settings
        var body: JSONObject = ["model": .string(name), "from": .string(settings.model)]
        if !settings.system.isEmpty { body["system"] = .string(settings.system) }
        if !settings.options.isEmpty { body["parameters"] = .object(settings.options) }
        let messages = conversation.messages.map { message -> JSONValue in
            [
                "role": message["role"] ?? "", "content": message["content"] ?? "",
            ]
        }
        // The messages of a request replace those of the model that it starts from.
        if !messages.isEmpty {
            let stored = Conversation.storedMessages(conversation.information)
            body["messages"] = .array(stored + messages)
        }
        do {
            try await conversation.client.stream("/api/create", .object(body)) { _ in }
        } catch let error as ClientError {
            if error.description.contains("invalid model name") {
                Console.out("error: The model name '\(name)' is invalid\n")
            } else {
                Console.out("error: \(error)\n")
            }
            return
        }
        Console.out("Created new model '\(name)'\n")
    }

    // MARK: - /set

    private func set(_ words: [String]) {
        guard words.count > 1, words[0] == "/set" else {
            Console.error(SlashHelp.set)
            return
        }
        switch words[1] {
        case "history": conversation.editor.history.isEnabled = true
        case "nohistory": conversation.editor.history.isEnabled = false
        case "wordwrap", "nowordwrap":
            conversation.settings.wrapsWords = words[1] == "wordwrap"
            Console.out("Set '\(words[1])' mode.\n")
        case "verbose", "quiet":
            conversation.settings.verbose = words[1] == "verbose"
            Console.out("Set '\(words[1])' mode.\n")
        case "think": setThink(words.count > 2 ? words[2] : nil)
        case "nothink":
            conversation.settings.think = false
            warnAboutThinking()
            Console.out("Set 'nothink' mode.\n")
        case "format":
            guard words.count > 2, words[2] == "json" else {
                Console.out(
                    "Invalid or missing format. For 'json' mode use '/set format json'\n")
                return
            }
            conversation.settings.format = "json"
            Console.out("Set format to 'json' mode.\n")
        case "noformat":
            conversation.settings.format = nil
            Console.out("Disabled format.\n")
        case "parameter": setParameter(words)
        case "system": setSystem(words)
        default: Console.out("Unknown command '/set \(words[1])'. Type /? for help\n")
        }
    }

    private func setThink(_ level: String?) {
        conversation.settings.think = level.map { .string($0) } ?? true
        warnAboutThinking()
        if let level {
            Console.out("Set 'think' mode to '\(level)'.\n")
        } else {
            Console.out("Set 'think' mode.\n")
        }
    }

    private func warnAboutThinking() {
        let settings = conversation.settings
        guard !settings.capabilities.contains("thinking") else { return }
        Console.error(
            "warning: model \(GoQuote.quoted(settings.model)) does not support thinking output\n")
    }

    private func setParameter(_ words: [String]) {
        guard words.count > 3 else {
            Console.error(SlashHelp.parameters)
            return
        }
        let values = Array(words[3...])
        do {
            conversation.settings.options[words[2]] = try ParameterValue.parse(words[2], values)
            Console.out("Set parameter '\(words[2])' to '\(values.joined(separator: ", "))'\n")
        } catch {
            Console.out("Couldn't set parameter: \(GoQuote.quoted(error.description))\n")
        }
    }

    private func setSystem(_ words: [String]) {
        guard words.count > 2 else {
            Console.error(SlashHelp.set)
            return
        }
        var text = words[2...].joined(separator: " ")
        if text.hasPrefix("\"\"\"") {
            let (inner, isClosed) = Conversation.cutClosingQuotes(String(text.dropFirst(3)))
            guard isClosed else {
                conversation.block = .system
                conversation.pending = inner + "\n"
                return
            }
            text = inner
        }
        conversation.setSystem(text)
    }

    // MARK: - /show

    private func show(_ words: [String]) async throws {
        guard words.count > 1, words[0] == "/show" else {
            Console.error(SlashHelp.show)
            return
        }
        let settings = conversation.settings
        let information: JSONValue
        do {
            information = try await conversation.client.send(
                "POST", "/api/show",
                [
                    "model": .string(settings.model), "system": .string(settings.system),
                    "options": .object(settings.options),
                ])
        } catch let error as ClientError {
            Console.out("error: couldn't get model\n")
            Console.error("error: \(error)\n")
            return
        }
        func field(_ name: String) -> String { information[name]?.string ?? "" }
        switch words[1] {
        case "info": Console.error(ModelReport(model: information).text)
        case "license":
            let text = field("license")
            Console.out(text.isEmpty ? "No license was specified for this model.\n" : text + "\n")
        case "modelfile": Console.out(field("modelfile") + "\n")
        case "parameters": Console.out(parametersText(field("parameters"), settings.options))
        case "system":
            let text = settings.system.isEmpty ? field("system") : settings.system
            Console.out(
                text.isEmpty
                    ? "No system message was specified for this model.\n" : text + "\n\n")
        case "template":
            let text = field("template")
            Console.out(
                text.isEmpty ? "No prompt template was specified for this model.\n" : text + "\n")
        default: Console.out("Unknown command '/show \(words[1])'. Type /? for help\n")
        }
    }

    private func parametersText(_ stored: String, _ own: JSONObject) -> String {
        var text = "Model defined parameters:\n"
        if stored.isEmpty {
            text += "  No additional parameters were specified for this model.\n"
        } else {
            for line in stored.split(separator: "\n") { text += "  \(line)\n" }
        }
        text += "\n"
        if !own.isEmpty {
            text += "User defined parameters:\n"
            for (name, value) in own {
                text += "  \(padded(name, 30)) \(ParameterValue.text(value))\n"
            }
            text += "\n"
        }
        return text
    }
}
