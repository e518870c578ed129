import API
import ArgumentParser
import Client
import ModelStore

/// `push`: sends a model to its registry.
struct PushCommand: AsyncParsableCommand, ReadsEnvironment {
    static let configuration = CommandConfiguration(
        commandName: "push", abstract: "Push a model to a registry")

    @Flag(help: "Use an insecure registry") var insecure = false
    @Argument(help: .model, completion: .models) var name: String

    func run() async throws {
        try await Connection.with { client in
            let progress = Progress()
            do {
                defer { progress.stop() }
                var display = TransferDisplay(progress) { line in
                    "pushing \((line["digest"]?.string ?? "").dropFirst("sha256:".count).prefix(12)):"
                }
                try await client.stream(
                    "/api/push",
                    ["model": .string(name), "insecure": .bool(insecure)]
                ) { line in display.show(line) }
            } catch let error as ClientError
                where error.description.contains("access denied")
                || error.description.contains("unauthorized")
            {
                throw CommandError(
                    "you are not authorized to push to this namespace, create the model under a "
                        + "namespace you own")
            }
            Console.out("\nYou can find your model at:\n\n\t\(Self.address(of: name))\n")
        }
    }

    /// Where a pushed model is found: a page for models of ollama.com, else its full name.
    static func address(of name: String) -> String {
        guard let parsed = ModelName(name) else { return name }
        guard parsed.host.hasSuffix(".ollama.ai") || parsed.host.hasSuffix(".ollama.com") else {
            return name
        }
        var short = parsed.display
        if short.hasSuffix(":latest") { short.removeLast(":latest".count) }
        return "https://ollama.com/" + short
    }
}
