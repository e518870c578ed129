import API
import ArgumentParser
import Client

/// `list`: the models of the store.
struct ListCommand: AsyncParsableCommand, ReadsEnvironment {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List models", aliases: ["ls"])

    @OptionGroup(title: "Apus Flags") var output: JSONOutput
    @Argument(help: ArgumentHelp("Beginning of the names", visibility: .hidden))
    var prefixes: [String] = []

    func run() async throws {
        try await Connection.with { client in
            Console.out(text(try await client.get("/api/tags"), now: .now))
        }
    }

    func text(_ answer: JSONValue, now: Timestamp) -> String {
        let prefix = prefixes.first ?? ""
        return output.text(
            ["models": .array(Self.models(answer, prefix: prefix))],
            else: Self.table(answer, prefix: prefix, now: now))
    }

    /// The models whose name begins with `prefix`, whatever the case.
    private static func models(_ answer: JSONValue, prefix: String) -> [JSONValue] {
        (answer["models"]?.array ?? []).filter {
            ($0["name"]?.string ?? "").lowercased().hasPrefix(prefix.lowercased())
        }
    }

    static func table(_ answer: JSONValue, prefix: String, now: Timestamp) -> String {
        var table = Table(header: ["NAME", "ID", "SIZE", "MODIFIED"])
        for model in models(answer, prefix: prefix) {
            let name = model["name"]?.string ?? ""
            let isRemote = !(model["remote_model"]?.string ?? "").isEmpty
            let isEmbedded = model["embedded"]?.bool ?? false
            let modified = model["modified_at"]?.string.flatMap { Timestamp(parsing: $0) }
            table.rows.append([
                name, String((model["digest"]?.string ?? "").prefix(12)),
                isRemote ? "-" : HumanFormat.size(model["size"]?.integer ?? 0),
                isEmbedded ? "embedded" : relative(modified, to: now),
            ])
        }
        return table.text
    }
}
