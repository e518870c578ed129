import API
import ArgumentParser
import Client

/// `rm`: unloads and deletes models; the first failure ends it.
struct RemoveCommand: AsyncParsableCommand, ReadsEnvironment {
    static let configuration = CommandConfiguration(
        commandName: "rm", abstract: "Remove a model")

    @Argument(help: .model, completion: .models) var names: [String]

    func run() async throws {
        try await Connection.with { client in
            for name in names {
                do {
                    try await StopCommand.unload(name, client)
                } catch let error as ClientError where !error.isNotFound {
                    Console.error("Warning: unable to stop model '\(name)'\n")
                } catch is ClientError {}
                try await client.send("DELETE", "/api/delete", ["model": .string(name)])
                Console.out("deleted '\(name)'\n")
            }
        }
    }
}
