import Synchronization

extension ModelStore {
    /// Runs a create; `status` gets each progress line's text, `success` last.
    ///
    /// Quantising is refused by name. An error's `stage` says whether a line was sent before;
    /// without one, the error's `status` is the answer. A parent that is not stored throws notFound.
    public func create(
        _ request: CreateRequest, status: @escaping @Sendable (String) -> Void
    ) throws(StoreError) {
        let started = StartFlag()
        do throws(StoreError) {
            try ModelCreation(self, request) { line in
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

/// Whether a line was sent.
private final class StartFlag: Sendable {
    private let flag = Mutex(false)
    func set() { flag.withLock { $0 = true } }
    var isSet: Bool { flag.withLock { $0 } }
}
