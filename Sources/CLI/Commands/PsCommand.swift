import API
import ArgumentParser
import Client

/// `ps`: the models in memory.
struct PsCommand: AsyncParsableCommand, ReadsEnvironment {
    static let configuration = CommandConfiguration(
        commandName: "ps", abstract: "List running models")

    @OptionGroup(title: "Apus Flags") var output: JSONOutput
    @Argument(help: ArgumentHelp("Beginning of the names", visibility: .hidden))
    var prefixes: [String] = []

    func run() async throws {
        try await Connection.with { client in
            let path = output.isJSON ? "/api/ps?verbose=true" : "/api/ps"
            Console.out(text(try await client.get(path), now: .now))
        }
    }

    func text(_ answer: JSONValue, now: Timestamp) -> String {
        let prefix = prefixes.first ?? ""
        var object: JSONObject = ["models": .array(Self.models(answer, prefix: prefix))]
        if let disk = answer["disk_cache"] { object["disk_cache"] = disk }
        return output.text(.object(object), else: Self.table(answer, prefix: prefix, now: now))
    }

    /// The models whose name begins with `prefix`.
    private static func models(_ answer: JSONValue, prefix: String) -> [JSONValue] {
        (answer["models"]?.array ?? []).filter {
            ($0["name"]?.string ?? "").utf8.starts(with: prefix.utf8)
        }
    }

    static func table(_ answer: JSONValue, prefix: String, now: Timestamp) -> String {
        var table = Table(header: ["NAME", "ID", "SIZE", "PROCESSOR", "CONTEXT", "UNTIL"])
        for model in models(answer, prefix: prefix) {
            let name = model["name"]?.string ?? ""
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
