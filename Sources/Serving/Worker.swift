import API
import Dispatch
import Engine
import Synchronization

/// The one thread that runs a loaded model: takes jobs, steps all running sequences together.
final class Worker: Sendable {
    private struct Inbox {
        var jobs: [WorkerJob] = []
        var isStopping = false
        var hasEnded = false
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    /// Memory that the session holds, as of the last step.
    struct Usage: Sendable {
        var cacheBytes = 0
        /// What the cache may grow to.
        var cacheBudget = 0
        var scratchBytes = 0
    }

    private let inbox = Mutex(Inbox())
    private let wakeup = DispatchSemaphore(value: 0)
    private let currentUsage = Mutex(Usage())

    var usage: Usage { currentUsage.withLock { $0 } }

    /// Starts the thread. `load` runs on it first; `ready` hears how that went, still on it.
    static func start<Loaded: Sendable, Failure: Error>(
        load: @escaping @Sendable () throws(Failure) -> (Loaded, RunningModelParts),
        ready: @escaping @Sendable (Result<Loaded, Failure>, Worker) -> Void
    ) {
        let worker = Worker()
        Background.thread {
            worker.runToEnd(load: load, ready: ready)
            // Only now are session and weights given back.
            worker.end()
        }
    }

    private func runToEnd<Loaded, Failure: Error>(
        load: () throws(Failure) -> (Loaded, RunningModelParts),
        ready: (Result<Loaded, Failure>, Worker) -> Void
    ) {
        let parts: RunningModelParts
        do throws(Failure) {
            let (loaded, made) = try load()
            parts = made
            publish(made.session)
            ready(.success(loaded), self)
        } catch {
            ready(.failure(error), self)
            return
        }
        var loop = WorkerLoop(worker: self, parts: parts)
        loop.run()
    }

    private init() {}

    /// Queues a job; it fails at once when the worker has stopped.
    func submit(_ job: WorkerJob) {
        let accepted = inbox.withLock { inbox in
            if inbox.isStopping { return false }
            inbox.jobs.append(job)
            return true
        }
        if accepted { wakeup.signal() } else { job.fail(Self.stopped) }
    }

    /// Breaks running jobs off and returns when the thread has given everything back.
    func stop() async {
        await withCheckedContinuation { continuation in
            let hasEnded = inbox.withLock { inbox in
                inbox.isStopping = true
                if !inbox.hasEnded { inbox.waiters.append(continuation) }
                return inbox.hasEnded
            }
            if hasEnded { continuation.resume() } else { wakeup.signal() }
        }
    }

    /// Makes the loop look at cancellations.
    func wake() { wakeup.signal() }

    static let stopped = APIError(503, "the model was unloaded while the request was running")

    // MARK: For the loop

    /// New jobs, and whether to stop; waits for one of them when `idle`.
    func take(idle: Bool) -> (jobs: [WorkerJob], isStopping: Bool) {
        if idle { wakeup.wait() }
        return inbox.withLock { inbox in
            defer { inbox.jobs = [] }
            return (inbox.jobs, inbox.isStopping)
        }
    }

    func publish(_ session: Session) {
        let usage = Usage(
            cacheBytes: session.cacheBytes, cacheBudget: session.cacheBudget,
            scratchBytes: session.scratchBytes)
        currentUsage.withLock { $0 = usage }
    }

    func end() {
        let (jobs, waiters) = inbox.withLock { inbox in
            defer { (inbox.jobs, inbox.waiters) = ([], []) }
            inbox.isStopping = true
            inbox.hasEnded = true
            return (inbox.jobs, inbox.waiters)
        }
        for job in jobs { job.fail(Self.stopped) }
        for waiter in waiters { waiter.resume() }
    }
}
