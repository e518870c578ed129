// INTERFACE STUB: the owner of this module replaces this file; signatures are the contract.
import Hummingbird
public import Logging
public import ModelStore
import ServiceLifecycle
public import Serving

/// Address and access rules of a server.
public struct ServerConfiguration: Sendable {
    public var host = "127.0.0.1"
    public var port = 11434  // 0: any free one
    public var origins: [String] = []  // extra OLLAMA_ORIGINS entries
    public var version = "0.33.0"
    public init() {}
}

/// The HTTP server over a scheduler and a store.
public struct ApusServer: Sendable {
    public init(
        _ configuration: ServerConfiguration, scheduler: Scheduler, store: ModelStore,
        logger: Logger
    ) throws { fatalError("stub") }
    /// Serves until the task is cancelled (or, with `handleSignals`, SIGINT/SIGTERM); `onListening` gets the bound port.
    /// Throws with the text `listen tcp 127.0.0.1:11434: bind: address already in use` when the port is taken.
    public func run(
        handleSignals: Bool = true, onListening: @Sendable @escaping (Int) async -> Void = { _ in }
    ) async throws { fatalError("stub") }
}
