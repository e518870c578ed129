import API
import ArgumentParser
import Client

/// `stop`: takes a model out of memory.
struct StopCommand: AsyncParsableCommand, ReadsEnvironment {
    static let configuration = CommandConfiguration(
        commandName: "stop", abstract: "Stop a running model")

    @Argument(help: .model, completion: .models) var name: String

    func run() async throws {
        try await Connection.with { client in
            do {
                try await Self.unload(name, client)
            } catch let error as ClientError where error.isNotFound {
                throw CommandError("couldn't find model \(GoQuote.quoted(name)) to stop")
            }
        }
    }

    /// Asks for the model with a keep-alive of nothing.
    ///
    /// - Throws: ``ClientError``; with status 404 for an unknown model.
    static func unload(_ name: String, _ client: APIClient) async throws {
        try await Progress.cleared { progress in
            progress.add(Spinner(""))
            _ = try await client.send("POST", "/api/show", ["model": .string(name)])
            // Not streamed, so that an error is the server's sentence alone.
            try await client.send(
                "POST", "/api/generate",
                ["model": .string(name), "keep_alive": 0, "stream": false])
        }
    }
}
