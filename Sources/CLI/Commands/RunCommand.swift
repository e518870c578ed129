import API
import ArgumentParser
import Client
import FoundationEssentials
import Server

/// `run`: one answer, or a conversation.
struct RunCommand: AsyncParsableCommand, ReadsEnvironment {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Run a model")

    static let variables = [
        EnvironmentVariable(
            name: "OLLAMA_EDITOR",
            description: "Path to editor for interactive prompt editing (Ctrl+G)"),
        hostVariable,
        EnvironmentVariable(
            name: "OLLAMA_NOHISTORY", description: "Do not preserve readline history"),
    ]

    @Option(
        help: .int("Truncate output embeddings to specified dimension (embedding models only)"))
    var dimensions: Int?
    @Option(help: .string("Response format (e.g. json)")) var format: String?
    @Flag(name: .customLong("hidethinking"), help: "Hide thinking output (if provided)")
    var hidesThinking = false
    @Flag(help: "Use an insecure registry") var insecure = false
    @Option(
        name: .customLong("keepalive"), help: .string("Duration to keep a model loaded (e.g. 5m)"))
    var keepAlive: String?
    @Flag(
        name: .customLong("nowordwrap"), help: "Don't wrap words to the next line automatically")
    var keepsLines = false
    @Option(
        help: .string(
            "Enable thinking mode: true/false or high/medium/low for supported models",
            bare: "true"),
        completion: .list(["true", "false", "high", "medium", "low", "max"]))
    var think: String?
    @Option(
        help: .bool(
            "For embedding models: truncate inputs exceeding context length (default: true). "
                + "Set --truncate=false to error instead"))
    var truncate: Bool?
    @Flag(help: "Show timings for response") var verbose = false
    @Argument(help: .model, completion: .models) var name: String
    @Argument(help: .operand("PROMPT", "What to answer")) var prompt: [String] = []

    func run() async throws {
        if let path = LocalModel.path(name) {
            return try await LocalModel.serve(path) { client, name in
                try await run(name, client)
            }
        }
        let client = Connection.client()
        do {
            try await Connection.check(client)
        } catch let missing as CommandError {
            await client.shutdown()
            return try await runInProcess(unless: missing)
        } catch {
            await client.shutdown()
            throw error
        }
        do {
            try await run(name, client)
            await client.shutdown()
        } catch {
            await client.shutdown()
            throw error
        }
    }

    /// Serves the address from this process while the conversation lasts, so that `run` works
    /// without a server started before; other programs can use it meanwhile.
    private func runInProcess(unless missing: CommandError) async throws {
        let environment = Environment.current
        guard environment.host.isLoopback else { throw missing }
        let server: EmbeddedServer
        do {
            server = try EmbeddedServer(
                host: environment.host, ServerSettings(environment).embedded,
                logger: StandardErrorLog.quiet)
        } catch {
            throw missing
        }
        try await server.serve { host in
            let client = Connection.client(host)
            do {
                try await run(name, client)
                await client.shutdown()
            } catch {
                await client.shutdown()
                throw error
            }
        }
    }

    /// What the flags ask of a conversation with a model.
    ///
    /// - Throws: ``CommandError`` for values that no model takes.
    func settings(model: String) throws(CommandError) -> RunSettings {
        var settings = try RunSettings(
            model: model, format: format, think: think, keepAlive: keepAlive)
        settings.hidesThinking = hidesThinking
        settings.wrapsWords = !keepsLines
        settings.verbose = verbose
        settings.insecure = insecure
        settings.truncate = truncate
        settings.dimensions = dimensions
        return settings
    }

    private func run(_ name: String, _ client: APIClient) async throws {
        var settings = try self.settings(model: name)
        var prompts = self.prompt
        var isInteractive = prompts.isEmpty && Console.outputIsTerminal
        if !Console.inputIsTerminal {
            isInteractive = false
            let input = String(decoding: Console.readInput(), as: UTF8.self)
            if !input.isEmpty { prompts.insert(input, at: 0) }
        }
        let prompt = prompts.joined(separator: " ")

        let information = try await show(settings, client)
        settings.adopt(information)
        if settings.think == nil, settings.capabilities.contains("thinking"),
            information["thinks_by_default"]?.bool ?? true
        {
            settings.think = true
        }
        if settings.capabilities.contains("embedding") {
            return try await EmbeddingRun.run(prompt: prompt, settings, client)
        }
        if isInteractive {
            return try await Conversation(settings, information, client).run()
        }
        guard settings.takesMedia else {
            return try await OneShot.run(prompt: prompt, settings, client)
        }
        let (text, files) = try MediaFile.extract(from: prompt)
        for file in files { Console.error("Added \(file.kind.rawValue) '\(file.path)'\n") }
        try await OneShot.run(prompt: text, images: files, settings, client)
    }

    /// What the server knows about the model, which is pulled first when it is missing.
    private func show(_ settings: RunSettings, _ client: APIClient) async throws -> JSONValue {
        let request: JSONValue = ["model": .string(settings.model)]
        do {
            return try await client.send("POST", "/api/show", request)
        } catch let error as ClientError where error.isNotFound {
            try await PullCommand.pull(settings.model, insecure: settings.insecure, client)
            return try await client.send("POST", "/api/show", request)
        }
    }
}
