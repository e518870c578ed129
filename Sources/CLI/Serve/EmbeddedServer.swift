import Client
import FoundationEssentials
import Logging
import ModelStore
import Server
import Serving

/// A server inside this process: the one of `serve`, or one for as long as another command runs.
struct EmbeddedServer {
    let store: ModelStore
    private let scheduler: Scheduler
    private let server: ApusServer
    private let host: Host

    /// - Parameters:
    ///   - host: Address to serve; port 0 takes any free one.
    ///   - settings: Models folder and engine settings.
    init(host: Host, _ settings: ServerSettings, logger: Logger) throws {
        self.host = host
        store = try ModelStore(root: settings.modelsFolder, embedded: settings.embeddedModels)
        scheduler = Scheduler(settings.serving, store: store, logger: logger)
        var configuration = settings.server
        configuration.host = host.name.isEmpty ? "0.0.0.0" : host.name
        configuration.port = host.port
        server = try ApusServer(configuration, scheduler: scheduler, store: store, logger: logger)
    }

    /// Serves until SIGINT or SIGTERM.
    func runUntilSignal() async throws {
        do {
            try await server.run(handleSignals: true)
        } catch {
            await scheduler.shutdown()
            throw error
        }
        await scheduler.shutdown()
    }

    /// Serves while `body` runs with the address.
    func serve<Result: Sendable>(_ body: (Host) async throws -> Result) async throws -> Result {
        let (ports, continuation) = AsyncThrowingStream<Int, any Error>.makeStream()
        let server = server
        let running = Task {
            do {
                try await server.run(handleSignals: false) { continuation.yield($0) }
                continuation.finish()
            } catch {
                continuation.finish(throwing: error)
            }
        }
        func stop() async {
            running.cancel()
            await running.value
            await scheduler.shutdown()
        }
        do {
            var iterator = ports.makeAsyncIterator()
            guard let port = try await iterator.next() else {
                throw CommandError("the server ended before it listened")
            }
            var address = host
            address.port = port
            let result = try await body(address)
            await stop()
            return result
        } catch {
            await stop()
            throw error
        }
    }
}
