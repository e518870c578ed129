import API
import ArgumentParser
import Client

/// Names of models for the completion of command lines.
enum ModelNames {
    /// How long a shell may wait for the server.
    static let limit = Duration.milliseconds(500)

    /// The server's models; none when it does not answer in time.
    static func list() async -> [String] {
        let environment = Environment.current
        let client = APIClient(
            host: environment.host, userAgent: Connection.userAgent,
            environment: environment.variables)
        let answer = await withTaskGroup { group in
            group.addTask { try? await client.get("/api/tags") }
            group.addTask {
                try? await Task.sleep(for: limit)
                return nil
            }
            defer { group.cancelAll() }
            return await group.next() ?? nil
        }
        await client.shutdown()
        return (answer?["models"]?.array ?? []).compactMap { $0["name"]?.string }
    }
}

extension CompletionKind {
    /// A model of the server.
    static var models: CompletionKind { .custom { _, _, _ async in await ModelNames.list() } }
}
