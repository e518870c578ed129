import API
import Client

/// `list`: the models of the store.
enum ListCommand: Command {
    static let spec = CommandSpec(
        name: "list", aliases: ["ls"], summary: "List models", arguments: .any,
        variables: [hostVariable])

    static func run(_ flags: ParsedFlags) async throws {
        try await Connection.with { client in
            let answer = try await client.get("/api/tags")
            Console.out(table(answer, prefix: flags.arguments.first ?? "", now: .now))
        }
    }

    /// The rows whose name begins with `prefix`, whatever the case.
    static func table(_ answer: JSONValue, prefix: String, now: Timestamp) -> String {
        var table = Table(header: ["NAME", "ID", "SIZE", "MODIFIED"])
        for model in answer["models"]?.array ?? [] {
            let name = model["name"]?.string ?? ""
            guard name.lowercased().hasPrefix(prefix.lowercased()) else { continue }
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
