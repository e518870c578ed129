import Synchronization

extension ModelStore {
    /// Runs a create; `status` gets each progress line's text, `success` last.
    ///
    /// `watcher` hears of the progress within long lines and may end them. An error's `stage` says
    /// whether a line was sent before;
    /// without one, the error's `status` is the answer. A parent that is not stored throws notFound.
    public func create(
        _ request: CreateRequest, watcher: CreateWatcher = CreateWatcher(),
        status: @escaping @Sendable (String) -> Void
    ) throws(StoreError) {
        let started = StartFlag()
        do throws(StoreError) {
            try ModelCreation(self, request, watcher: watcher) { line in
                started.set()
                status(line)
            }.run()
        } catch {
            var error = error
            error.stage = started.isSet ? .inStream : .beforeStream
            throw error
        }
    }
}

/// How far a long part of a create has come.
public struct CreateProgress: Sendable, Hashable {
    /// `quantizing F16 model to Q4_K_M`.
    public var status: String
    /// Bytes of the weights before, and how many of them are converted.
    public var total, completed: Int
}

/// Who waits for a create.
public struct CreateWatcher: Sendable {
    /// Least time between two reports.
    static let interval = Duration.milliseconds(60)

    var progress: @Sendable (CreateProgress) -> Void
    /// Asked between pieces of at most some ten megabytes; true ends the create and removes what it wrote.
    var isCancelled: @Sendable () -> Bool

    public init(
        progress: @escaping @Sendable (CreateProgress) -> Void = { _ in },
        isCancelled: @escaping @Sendable () -> Bool = { false }
    ) {
        self.progress = progress
        self.isCancelled = isCancelled
    }
}

/// Whether a line was sent.
private final class StartFlag: Sendable {
    private let flag = Mutex(false)
    func set() { flag.withLock { $0 = true } }
    var isSet: Bool { flag.withLock { $0 } }
}
