import Client
import FoundationEssentials
import Logging
import ModelStore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A model file given by path instead of a name: `apus run ./model.gguf`.
enum LocalModel {
    /// The path, when the text can be one (it has a slash or ends in `.gguf`) and a file is there.
    static func path(_ text: String) -> String? {
        guard text.contains("/") || text.lowercased().hasSuffix(".gguf") else { return nil }
        var information = stat()
        guard stat(text, &information) == 0, information.st_mode & S_IFMT == S_IFREG else {
            return nil
        }
        return text
    }

    /// Serves the file from inside this process, on a free port of the loopback interface, while
    /// `body` runs with a client and the model's name.
    ///
    /// No other server is asked.
    static func serve<Result: Sendable>(
        _ path: String, _ body: (APIClient, String) async throws -> Result
    ) async throws -> Result {
        let server = try EmbeddedServer(
            host: Host(name: "127.0.0.1", port: 0), ServerSettings(.current).embedded,
            logger: StandardErrorLog.quiet)
        let name = try server.store.addLocalFile(path)
        return try await server.serve { host in
            let client = Connection.client(host)
            do {
                let result = try await body(client, name.display)
                await client.shutdown()
                return result
            } catch {
                await client.shutdown()
                throw error
            }
        }
    }
}

extension LocalModel {
    /// The weights of a file, or those of a model of the store with the paths of its adapters, for
    /// commands that use no server.
    static func files(_ text: String) throws -> (weights: WeightSource, adapters: [String]) {
        if let path = path(text) { return (.file(path), []) }
        if text.lowercased().hasSuffix(".gguf") || text.hasPrefix("/") || text.hasPrefix(".") {
            throw CommandError("open \(text): no such file")
        }
        guard let name = ModelName(text) else { throw CommandError("invalid model name") }
        let environment = Environment.current
        let store = try ModelStore(
            root: ModelStore.defaultRoot(environment: environment.variables),
            embedded: ServerSettings.embeddedModels(environment))
        let model = try store.model(store.resolve(name))
        guard let weights = model.weights else {
            throw CommandError("model '\(name.display)' has no weights")
        }
        return (weights, model.adapterPaths)
    }
}
