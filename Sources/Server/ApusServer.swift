#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif
import Hummingbird
public import Logging
public import ModelStore
import NIOCore
import NIOPosix
import ServiceLifecycle
public import Serving
import UnixSignals

/// The HTTP server over a scheduler and a store.
public struct ApusServer: Sendable {
    public typealias Configuration = ServerConfiguration

    let configuration: ServerConfiguration
    let services: Services
    let responder: Dispatcher

    /// - Throws: ``ServerError`` when an allowed origin is malformed.
    public init(
        _ configuration: ServerConfiguration, scheduler: Scheduler, store: ModelStore,
        logger: Logger
    ) throws {
        self.configuration = configuration
        services = Services(
            scheduler: scheduler, store: store,
            registry: Registry(store, configuration.registry), logger: logger,
            configuration: configuration)
        responder = Dispatcher(
            services: services, crossOrigin: try CrossOrigin(extra: configuration.origins),
            accessLog: configuration.logsAccess ? AccessLog.toStandardOutput : nil)
    }

    /// Serves until the task is cancelled (or, with `handleSignals`, SIGINT/SIGTERM); `onListening`
    /// gets the bound port.
    ///
    /// A stop closes the listener at once, ends running generations and unloads all models.
    ///
    /// - Throws: ``ServerError`` with the text
    ///   `listen tcp 127.0.0.1:11434: bind: address already in use` when the port is taken.
    public func run(
        handleSignals: Bool = true, onListening: @Sendable @escaping (Int) async -> Void = { _ in }
    ) async throws {
        if configuration.prunesOnStart {
            let (total, removed) = services.store.prune()
            services.logger.info("total blobs: \(total)")
            services.logger.info("total unused blobs removed: \(removed)")
        }
        var quiet = services.logger
        quiet.logLevel = max(quiet.logLevel, .warning)
        let application = application(logger: quiet, onListening: onListening)
        // Stopped in reverse order: first the generations, then the listener waits for its
        // connections, whose streams have ended by then.
        var group = ServiceGroupConfiguration(
            services: [application, SchedulerService(scheduler: services.scheduler)],
            gracefulShutdownSignals: handleSignals ? [.sigterm, .sigint] : [], logger: quiet)
        group.maximumGracefulShutdownDuration = .seconds(5)
        do {
            try await ServiceGroup(configuration: group).run()
        } catch is CancellationError {
            // The caller's wish, not a failure.
        } catch {
            await services.scheduler.shutdown()
            throw listenError(error)
        }
        await services.scheduler.shutdown()
    }

    func application(
        logger: Logger, onListening: @Sendable @escaping (Int) async -> Void = { _ in }
    ) -> Application<Dispatcher> {
        let services = services
        let configuration = configuration
        return Application(
            responder: responder,
            server: .http1(
                configuration: .init(
                    additionalChannelHandlers: [ConnectionHandler()],
                    // Also bounds how long a request head or a stalled body may take.
                    idleTimeout: .seconds(120))),
            configuration: .init(
                address: .hostname(configuration.host, port: configuration.port)),
            onServerRunning: { channel in
                let port = channel.localAddress?.port ?? configuration.port
                services.hostRule.bound(to: channel.localAddress)
                services.logger.info(
                    "Listening on \(Self.address(configuration.host, port)) (version \(configuration.version))"
                )
                await onListening(port)
            },
            logger: logger)
    }

    /// `host:port`, with brackets around IPv6.
    static func address(_ host: String, _ port: Int) -> String {
        host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]:\(port)" : "\(host):\(port)"
    }

    private func listenError(_ error: any Error) -> ServerError {
        let address = Self.address(configuration.host, configuration.port)
        guard let system = error as? IOError else {
            return ServerError("listen tcp \(address): \(error)")
        }
        let reason =
            switch system.errnoCode {
            case EADDRINUSE: "address already in use"
            case EACCES: "permission denied"
            case EADDRNOTAVAIL: "cannot assign requested address"
            default: String(cString: strerror(system.errnoCode)).lowercased()
            }
        return ServerError("listen tcp \(address): bind: \(reason)")
    }
}

/// What routes work with.
struct Services: Sendable {
    let scheduler: Scheduler
    let store: ModelStore
    let registry: Registry
    let logger: Logger
    let configuration: ServerConfiguration
    let hostRule = HostRule()
    let responses = ResponseStore()
}

/// Ends running generations when the server is told to stop.
private struct SchedulerService: Service {
    let scheduler: Scheduler

    func run() async throws {
        try? await gracefulShutdown()
        await scheduler.shutdown()
    }
}
