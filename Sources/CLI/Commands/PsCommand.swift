import API
import Client

/// `ps`: the models in memory.
enum PsCommand: Command {
    static let spec = CommandSpec(
        name: "ps", summary: "List running models", arguments: .any, variables: [hostVariable])

    static func run(_ flags: ParsedFlags) async throws {
        try await Connection.with { client in
            let answer = try await client.get("/api/ps")
            Console.out(table(answer, prefix: flags.arguments.first ?? "", now: .now))
        }
    }

    static func table(_ answer: JSONValue, prefix: String, now: Timestamp) -> String {
        var table = Table(header: ["NAME", "ID", "SIZE", "PROCESSOR", "CONTEXT", "UNTIL"])
        for model in answer["models"]?.array ?? [] {
            let name = model["name"]?.string ?? ""
            guard prefix.isEmpty || name.utf8.starts(with: prefix.utf8) else { continue }
            let size = model["size"]?.integer ?? 0
            table.rows.append([
                name, String((model["digest"]?.string ?? "").prefix(12)), HumanFormat.size(size),
                processor(size: size, onGPU: model["size_vram"]?.integer ?? 0),
                String(model["context_length"]?.integer ?? 0),
                until(model["expires_at"]?.string ?? "", now: now),
            ])
        }
        return table.text
    }

    static func processor(size: Int, onGPU: Int) -> String {
        if onGPU == 0 { return "100% CPU" }
        if onGPU == size { return "100% GPU" }
        if onGPU > size || size == 0 { return "Unknown" }
        let share = Int((Double(size - onGPU) / Double(size) * 100).rounded())
        return "\(share)%/\(100 - share)% CPU/GPU"
    }

    static func until(_ text: String, now: Timestamp) -> String {
        guard let moment = Timestamp(parsing: text), !moment.isZero else { return "Never" }
        return moment < now ? "Stopping..." : relative(moment, to: now)
    }
}
