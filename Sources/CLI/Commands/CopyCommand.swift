import API
import Client

/// `cp`: a second name for a model.
enum CopyCommand: Command {
    static let spec = CommandSpec(
        name: "cp", operands: "SOURCE DESTINATION", summary: "Copy a model",
        arguments: .exactly(2), variables: [hostVariable])

    static func run(_ flags: ParsedFlags) async throws {
        let source = flags.arguments[0]
        let destination = flags.arguments[1]
        try await Connection.with { client in
            try await client.send(
                "POST", "/api/copy",
                ["source": .string(source), "destination": .string(destination)])
            Console.out("copied '\(source)' to '\(destination)'\n")
        }
    }
}
