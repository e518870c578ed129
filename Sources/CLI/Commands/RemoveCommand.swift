import API
import Client

/// `rm`: unloads and deletes models; the first failure ends it.
enum RemoveCommand: Command {
    static let spec = CommandSpec(
        name: "rm", operands: "MODEL [MODEL...]", summary: "Remove a model",
        arguments: .atLeast(1), variables: [hostVariable])

    static func run(_ flags: ParsedFlags) async throws {
        try await Connection.with { client in
            for name in flags.arguments {
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
