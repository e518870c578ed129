import API
import Client
import Dispatch
import FoundationEssentials

/// The interactive mode of `run`: questions, answers and commands that begin with a slash.
final class Conversation {
    /// A block between triple quotes that is not closed yet.
    enum Block { case none, prompt, system }

    var settings: RunSettings
    /// What `/api/show` said about the model.
    var information: JSONValue
    /// The turns so far, as the chat API takes them.
    ///
    /// The server puts those that the model brings along before them.
    var messages: [JSONValue] = []
    var block = Block.none
    /// Text of the block, or of a message that is being put together.
    var pending = ""
    let client: APIClient
    let editor: LineEditor
    private let terminal: TerminalInput
    private let environment: Environment

    init(_ settings: RunSettings, _ information: JSONValue, _ client: APIClient) {
        self.settings = settings
        self.information = information
        self.client = client
        let environment = Environment.current
        self.environment = environment
        let terminal = TerminalInput()
        self.terminal = terminal
        editor = LineEditor(
            history: History(
                path: environment.settingsFolder + "/history",
                isEnabled: !environment.bool("OLLAMA_NOHISTORY")),
            next: { terminal.next() }, hasPendingInput: { terminal.hasPending },
            write: { Console.out($0) }, size: { Console.size ?? (80, 24) },
            suspend: { terminal.suspend() })
    }

    /// Loads the model, shows the messages it carries and talks until the user leaves.
    func run() async throws {
        guard try await load() else { return }
        showStoredMessages()
        Console.out("\u{1B}[?2004h")
        defer { Console.out("\u{1B}[?2004l") }
        var draft = ""
        while true {
            switch await readLine(draft) {
            case .endOfInput: return
            case .interrupted:
                Console.out("Use Ctrl + d or /bye to exit.\n")
                block = .none
                pending = ""
                draft = ""
            case .editor(let text):
                draft = edit(text) ?? text
            case .line(let line):
                draft = ""
                guard try await handle(line) else { return }
            }
        }
    }

    /// Reads on a thread of its own, so that waiting for keys holds up nothing else.
    private func readLine(_ text: String) async -> LineEditor.Outcome {
        let prompt = Prompt(
            placeholder: "Send a message (/? for help)",
            continuationPlaceholder: "Press Enter to send", continues: block != .none)
        terminal.enterRawMode()
        defer { terminal.leaveRawMode() }
        nonisolated(unsafe) let editor = editor
        return await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(returning: editor.readLine(prompt, text: text))
            }
        }
    }

    /// Acts on one line.
    ///
    /// Returns whether the conversation goes on.
    private func handle(_ line: String) async throws -> Bool {
        if block != .none {
            let (text, isClosed) = Self.cutClosingQuotes(line)
            pending += text
            guard isClosed else {
                pending += "\n"
                return true
            }
            let whole = pending
            pending = ""
            defer { block = .none }
            if block == .system {
                setSystem(whole)
            } else {
                try await ask(whole)
            }
            return true
        }
        if line.hasPrefix("\"\"\"") {
            let (text, isClosed) = Self.cutClosingQuotes(String(line.dropFirst(3)))
            if isClosed {
                try await ask(text)
            } else {
                pending = text + "\n"
                block = .prompt
            }
            return true
        }
        if line.hasPrefix("/") {
            switch try await SlashCommands(self).run(line) {
            case .done: return true
            case .leave: return false
            case .message: break
            }
        }
        try await ask(line)
        return true
    }

    // MARK: - Questions

    /// Sends a message and shows the answer; nothing happens for an empty one.
    private func ask(_ text: String) async throws {
        guard !text.isEmpty else { return }
        var message: JSONObject = ["role": "user", "content": .string(text)]
        if settings.takesMedia {
            do {
                let (rest, files) = try MediaFile.extract(from: text)
                for file in files {
                    Console.error("Added \(file.kind.rawValue) '\(file.path)'\n")
                }
                message["content"] = .string(rest)
                if !files.isEmpty {
                    message["images"] = .array(files.map { .string($0.base64) })
                }
            } catch let error as CommandError {
                Console.error("\(error)\n")
                return
            }
        }
        messages.append(.object(message))
        do {
            if let answer = try await answer() { messages.append(answer) }
        } catch let error as ClientError
            where error.description.contains("does not support thinking")
            || error.description.contains("invalid think value")
        {
            Console.error("error: \(error)\n")
            messages.removeLast()
        }
    }

    /// Streams the answer to the messages so far; nil when the user stopped it.
    private func answer() async throws -> JSONValue? {
        let progress = Progress()
        defer { progress.stopAndClear() }
        progress.add(Spinner(""))
        let settings = settings
        let body = settings.request(["messages": .array(messages)])
        let columns = settings.wrapsWords ? Console.columns : nil
        let client = client
        let result: (answer: JSONValue, final: JSONValue)? = try await interruptible {
            var printer = AnswerPrinter(
                columns: columns, hidesThinking: settings.hidesThinking, hasColour: true
            ) { text in
                progress.stopAndClear()
                Console.out(text)
            }
            defer { printer.finish() }
            var last = JSONValue.null
            var role = "assistant"
            try await client.stream("/api/chat", body) { line in
                last = line
                let message = line["message"]
                role = message?["role"]?.string ?? role
                printer.show(
                    thinking: message?["thinking"]?.string ?? "",
                    content: message?["content"]?.string ?? "")
                if let calls = message?["tool_calls"]?.array { printer.show(toolCalls: calls) }
            }
            var answer: JSONObject = ["role": .string(role), "content": .string(printer.content)]
            if !printer.thinking.isEmpty { answer["thinking"] = .string(printer.thinking) }
            return (.object(answer), last)
        }
        progress.stopAndClear()
        guard let result else {
            // The terminal wrote `^C` behind the text.
            Console.out("\n")
            return nil
        }
        Console.out("\n\n")
        if settings.verbose { Console.error(timingText(result.final)) }
        return result.answer
    }

    // MARK: - Model

    /// Loads the model without asking anything.
    ///
    /// Returns false when the user stopped it.
    func load() async throws -> Bool {
        let progress = Progress()
        defer { progress.stopAndClear() }
        progress.add(Spinner(""))
        var body: JSONObject = ["model": .string(settings.model)]
        if let keepAlive = settings.keepAlive { body["keep_alive"] = keepAlive }
        if let think = settings.think { body["think"] = think }
        body["options"] = .object(settings.options)
        let request = JSONValue.object(body)
        let client = client
        let loaded: Bool? = try await interruptible {
            try await client.stream("/api/generate", request) { _ in }
            return true
        }
        return loaded ?? false
    }

    func setSystem(_ text: String) {
        settings.system = text
        let message: JSONValue = ["role": "system", "content": .string(text)]
        if messages.last?["role"]?.string == "system" {
            messages[messages.count - 1] = message
        } else {
            messages.append(message)
        }
        Console.out("Set system message.\n")
    }

    /// Messages that the model itself brings along.
    static func storedMessages(_ information: JSONValue) -> [JSONValue] {
        (information["messages"]?.array ?? []).map { message in
            [
                "role": message["role"] ?? "", "content": message["content"] ?? "",
            ]
        }
    }

    private func showStoredMessages() {
        for message in Self.storedMessages(information) {
            let content = message["content"]?.string ?? ""
            switch message["role"]?.string {
            case "user": Console.out(">>> \(content)\n")
            case "assistant": Console.out("\(content)\n\n")
            default: break
            }
        }
    }

    /// The text without `"""` at its end, and whether they were there.
    static func cutClosingQuotes(_ text: String) -> (text: String, isClosed: Bool) {
        text.hasSuffix("\"\"\"") ? (String(text.dropLast(3)), true) : (text, false)
    }

    // MARK: - Editor

    /// Lets the user write the message in an editor; nil when that failed.
    private func edit(_ text: String) -> String? {
        do {
            return try ExternalEditor(environment).edit(text)
        } catch {
            Console.error("error: \(error)\n")
            return nil
        }
    }
}
