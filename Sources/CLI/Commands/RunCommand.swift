import API
import Client
import FoundationEssentials
import Server

/// `run`: one answer, or a conversation.
enum RunCommand: Command {
    static let spec = CommandSpec(
        name: "run", operands: "MODEL [PROMPT]", summary: "Run a model", arguments: .atLeast(1),
        flags: [
            FlagSpec(
                "dimensions", nil, .int,
                "Truncate output embeddings to specified dimension (embedding models only)"),
            FlagSpec("format", nil, .string, "Response format (e.g. json)"),
            FlagSpec("hidethinking", nil, .bool, "Hide thinking output (if provided)"),
            FlagSpec("insecure", nil, .bool, "Use an insecure registry"),
            FlagSpec("keepalive", nil, .string, "Duration to keep a model loaded (e.g. 5m)"),
            FlagSpec("nowordwrap", nil, .bool, "Don't wrap words to the next line automatically"),
            FlagSpec(
                "think", nil, .string,
                "Enable thinking mode: true/false or high/medium/low for supported models",
                bare: "true"),
            FlagSpec(
                "truncate", nil, .bool,
                "For embedding models: truncate inputs exceeding context length (default: true). "
                    + "Set --truncate=false to error instead"),
            FlagSpec("verbose", nil, .bool, "Show timings for response"),
        ],
        variables: [
            VariableSpec(
                name: "OLLAMA_EDITOR",
                description: "Path to editor for interactive prompt editing (Ctrl+G)"),
            hostVariable,
            VariableSpec(
                name: "OLLAMA_NOHISTORY", description: "Do not preserve readline history"),
        ])

    static func run(_ flags: ParsedFlags) async throws {
        let name = flags.arguments[0]
        if let path = LocalModel.path(name) {
            return try await LocalModel.serve(path) { client, name in
                try await run(name, flags, client)
            }
        }
        let client = Connection.client()
        do {
            try await Connection.check(client)
        } catch let missing as CommandError {
            await client.shutdown()
            return try await runInProcess(name, flags, unless: missing)
        } catch {
            await client.shutdown()
            throw error
        }
        do {
            try await run(name, flags, client)
            await client.shutdown()
        } catch {
            await client.shutdown()
            throw error
        }
    }

    /// Serves the address from this process while the conversation lasts, so that `run` works
    /// without a server started before; other programs can use it meanwhile.
    private static func runInProcess(
        _ name: String, _ flags: ParsedFlags, unless missing: CommandError
    ) async throws {
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
                try await run(name, flags, client)
                await client.shutdown()
            } catch {
                await client.shutdown()
                throw error
            }
        }
    }

    private static func run(_ name: String, _ flags: ParsedFlags, _ client: APIClient) async throws
    {
        var settings = try RunSettings(model: name, flags)
        var prompts = Array(flags.arguments.dropFirst())
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
    private static func show(_ settings: RunSettings, _ client: APIClient) async throws -> JSONValue
    {
        let request: JSONValue = ["model": .string(settings.model)]
        do {
            return try await client.send("POST", "/api/show", request)
        } catch let error as ClientError where error.isNotFound {
            try await PullCommand.pull(settings.model, insecure: settings.insecure, client)
            return try await client.send("POST", "/api/show", request)
        }
    }
}
