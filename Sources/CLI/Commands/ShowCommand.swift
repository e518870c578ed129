import API
import Client

/// `show`: what is known about a model, or one part of it.
enum ShowCommand: Command {
    static let spec = CommandSpec(
        name: "show", operands: "MODEL", summary: "Show information for a model",
        arguments: .exactly(1),
        flags: [
            FlagSpec("license", nil, .bool, "Show license of a model"),
            FlagSpec("modelfile", nil, .bool, "Show Modelfile of a model"),
            FlagSpec("parameters", nil, .bool, "Show parameters of a model"),
            FlagSpec("system", nil, .bool, "Show system message of a model"),
            FlagSpec("template", nil, .bool, "Show template of a model"),
            FlagSpec("verbose", "v", .bool, "Show detailed model information"),
        ],
        variables: [hostVariable])

    static func run(_ flags: ParsedFlags) async throws {
        let name = flags.arguments[0]
        if let path = LocalModel.path(name) {
            try await LocalModel.serve(path) { client, name in
                try await show(name, flags, client)
            }
        } else {
            try await Connection.with { client in try await show(name, flags, client) }
        }
    }

    private static func show(_ name: String, _ flags: ParsedFlags, _ client: APIClient) async throws
    {
        let parts = ["license", "modelfile", "parameters", "system", "template"].filter(flags.bool)
        if parts.count > 1 {
            throw CommandError(
                "only one of '--license', '--modelfile', '--parameters', '--system', or "
                    + "'--template' can be specified")
        }
        let verbose = flags.bool("verbose")
        let model = try await client.send(
            "POST", "/api/show", ["model": .string(name), "verbose": .bool(verbose)])
        guard let part = parts.first else {
            Console.out(ModelReport(model: model, verbose: verbose).text)
            return
        }
        let text = model[part]?.string ?? ""
        Console.out(part == "system" || part == "template" ? text : text + "\n")
    }
}
