import API
import ArgumentParser
import Client

/// `pull`: fetches a model from its registry.
struct PullCommand: AsyncParsableCommand, ReadsEnvironment {
    static let configuration = CommandConfiguration(
        commandName: "pull", abstract: "Pull a model from a registry")

    @Flag(help: "Use an insecure registry") var insecure = false
    @Argument(help: .model, completion: .models) var model: String

    func run() async throws {
        try await Connection.with { client in
            try await Self.pull(model, insecure: insecure, client)
        }
    }

    /// Pulls with a line per status and a bar per layer.
    static func pull(_ name: String, insecure: Bool, _ client: APIClient) async throws {
        let progress = Progress()
        defer { progress.stop() }
        var display = TransferDisplay(progress) { line in
            "pulling \((line["digest"]?.string ?? "").dropFirst("sha256:".count).prefix(12)):"
        }
        try await client.stream(
            "/api/pull", ["model": .string(name), "insecure": .bool(insecure)]
        ) { line in display.show(line) }
    }
}

/// Status lines of a streamed transfer: spinners for words, bars for layers.
struct TransferDisplay {
    private let progress: Progress
    /// Of the first line that tells of a layer.
    private let barTitle: (JSONValue) -> String
    private var bars: [String: ProgressBar] = [:]
    private var status = ""
    private var spinner: Spinner?

    init(_ progress: Progress, barTitle: @escaping (JSONValue) -> String) {
        self.progress = progress
        self.barTitle = barTitle
    }

    mutating func show(_ line: JSONValue) {
        if let digest = line["digest"]?.string, !digest.isEmpty {
            let completed = line["completed"]?.integer ?? 0
            guard completed > 0 else { return }
            spinner?.stop()
            if let bar = bars[digest] {
                bar.set(completed)
            } else {
                let bar = ProgressBar(
                    barTitle(line), total: line["total"]?.integer ?? 0, initial: completed)
                bars[digest] = bar
                progress.add(bar)
            }
        } else if let text = line["status"]?.string, text != status {
            spinner?.stop()
            status = text
            let next = Spinner(text)
            spinner = next
            progress.add(next)
        }
    }
}
