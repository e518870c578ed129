import API
import ArgumentParser
import Client

/// `cp`: a second name for a model.
struct CopyCommand: AsyncParsableCommand, ReadsEnvironment {
    static let configuration = CommandConfiguration(
        commandName: "cp", abstract: "Copy a model")

    @Argument(help: .operand("SOURCE", "Name of a model"), completion: .models) var source: String
    @Argument(help: .operand("DESTINATION", "Its second name")) var destination: String

    func run() async throws {
        try await Connection.with { client in
            try await client.send(
                "POST", "/api/copy",
                ["source": .string(source), "destination": .string(destination)])
            Console.out("copied '\(source)' to '\(destination)'\n")
        }
    }
}
