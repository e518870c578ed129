import Dispatch
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Runs work that Ctrl-C cancels instead of ending the process.
///
/// - Returns: nil when it was interrupted.
func interruptible<Result: Sendable>(
    _ work: @escaping @Sendable () async throws -> Result
) async throws -> Result? {
    let task = Task { try await work() }
    let fired = InterruptFlag()
    Interrupts.shared.handle {
        fired.value.store(true, ordering: .relaxed)
        task.cancel()
    }
    defer { Interrupts.shared.handle(nil) }
    do {
        return try await task.value
    } catch {
        if fired.value.load(ordering: .relaxed) || error is CancellationError { return nil }
        throw error
    }
}

private final class InterruptFlag: Sendable {
    let value = Atomic(false)
}

/// Ctrl-C and `kill -INT`, for the whole process.
///
/// There is one signal source for good: a second one would take over the system's handler while the
/// first is still being taken down, and a signal between the two would be lost.
final class Interrupts: Sendable {
    static let shared = Interrupts()

    private let action = Mutex<(@Sendable () -> Void)?>(nil)
    private let fallback = Mutex<@Sendable () -> Void>({})

    private init() {
        signal(SIGINT, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: SIGINT, queue: .global())
        // The source is its own owner: it stays in force until the process ends.
        source.setEventHandler { [self] in
            _ = source
            if let action = action.withLock({ $0 }) { return action() }
            fallback.withLock { $0 }()
            exit(128 + SIGINT)
        }
        source.resume()
    }

    /// What a signal does from now on; nil ends the process.
    func handle(_ action: (@Sendable () -> Void)?) { self.action.withLock { $0 = action } }

    /// What is done before a signal ends the process.
    func beforeExit(_ action: @escaping @Sendable () -> Void) { fallback.withLock { $0 = action } }
}
