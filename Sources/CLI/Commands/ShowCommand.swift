import API
import ArgumentParser
import Client

/// `show`: what is known about a model, or one part of it.
struct ShowCommand: AsyncParsableCommand, ReadsEnvironment {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show information for a model")

    @Flag(help: "Show license of a model") var license = false
    @Flag(help: "Show Modelfile of a model") var modelfile = false
    @Flag(help: "Show parameters of a model") var parameters = false
    @Flag(help: "Show system message of a model") var system = false
    @Flag(help: "Show template of a model") var template = false
    @Flag(name: .shortAndLong, help: "Show detailed model information") var verbose = false
    @OptionGroup(title: "Apus Flags") var output: JSONOutput
    @Argument(help: .model, completion: .models) var name: String

    func run() async throws {
        if let path = LocalModel.path(name) {
            try await LocalModel.serve(path) { client, name in try await show(name, client) }
        } else {
            try await Connection.with { client in try await show(name, client) }
        }
    }

    private func show(_ name: String, _ client: APIClient) async throws {
        let parts = [
            ("license", license), ("modelfile", modelfile), ("parameters", parameters),
            ("system", system), ("template", template),
        ].filter(\.1).map(\.0)
        if parts.count > 1 {
            throw CommandError(
                "only one of '--license', '--modelfile', '--parameters', '--system', or "
                    + "'--template' can be specified")
        }
        if output.isJSON, let part = parts.first {
            throw CommandError("--json prints all of the answer and does not go with --\(part)")
        }
        let model = try await client.send(
            "POST", "/api/show", ["model": .string(name), "verbose": .bool(verbose)])
        guard let part = parts.first else {
            let report = output.text(model, else: ModelReport(model: model, verbose: verbose).text)
            return Console.out(report)
        }
        let text = model[part]?.string ?? ""
        Console.out(part == "system" || part == "template" ? text : text + "\n")
    }
}
