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
    let source = InterruptSource { task.cancel() }
    defer { source.end() }
    do {
        return try await task.value
    } catch {
        if source.fired || error is CancellationError { return nil }
        throw error
    }
}

/// A signal source for Ctrl-C, in force until it is ended.
private final class InterruptSource: Sendable {
    private let hasFired = Atomic(false)
    // Set up once and cancelled once; libdispatch allows that from any thread.
    nonisolated(unsafe) private let source: any DispatchSourceSignal

    init(_ onInterrupt: @escaping @Sendable () -> Void) {
        signal(SIGINT, SIG_IGN)
        source = DispatchSource.makeSignalSource(signal: SIGINT, queue: .global())
        source.setEventHandler { [weak self] in
            self?.hasFired.store(true, ordering: .relaxed)
            onInterrupt()
        }
        source.resume()
    }

    var fired: Bool { hasFired.load(ordering: .relaxed) }

    func end() {
        source.cancel()
        signal(SIGINT, SIG_DFL)
    }
}
