import API
import Engine
public import Logging
public import ModelStore

/// Loads, keeps and evicts models, and runs generations on them.
public actor Scheduler {
    let configuration: ServingConfiguration
    let store: ModelStore
    let logger: Logger
    let facts = FactsCache()
    let grammars = GrammarCache()
    /// nil: prefixes live in memory only.
    nonisolated let disk: DiskCache?

    private var entries: [String: Entry] = [:]
    private var queue: LoadQueue
    private var lastID = 0
    /// Workers on their way out, awaited by `shutdown`.
    private var endings: [Int: Task<Void, Never>] = [:]
    private var isShutDown = false

    public init(_ configuration: ServingConfiguration, store: ModelStore, logger: Logger) {
        self.configuration = configuration
        self.store = store
        self.logger = logger
        disk = configuration.diskCache.map { DiskCache($0, logger: logger) }
        queue = LoadQueue(limit: configuration.maxQueue)
        if let disk { store.observeRemovals { disk.forget(weights: $0) } }
    }

    /// A model in memory and who uses it.
    private struct Entry {
        let id: Int
        let loaded: LoadedModel
        /// The tag that loaded it.
        let model: StoredModel
        var keepAlive: KeepAlive
        var leases = 1
        /// Seconds since 1970; nil until the model is idle for the first time.
        var expiresAt: Double?
        var timer: Task<Void, Never>?
        /// Takes no new requests, leaves when it is idle.
        var isRetiring = false
        var idleWaiters: [CheckedContinuation<Void, Never>] = []
    }

    /// The right to use a loaded model until `release`.
    struct Lease: Sendable {
        let id: Int
        let loaded: LoadedModel
        /// Whether this request waited for the load.
        let isFirst: Bool
    }

    // MARK: What is loaded

    public func running() -> [RunningModel] {
        let now = secondsSince1970()
        return entries.values.map { entry in
            let expiry =
                entry.leases > 0 || entry.expiresAt == nil
                ? now + entry.keepAlive.seconds : entry.expiresAt ?? now
            let usage = entry.loaded.worker.usage
            return RunningModel(
                model: entry.model, size: entry.loaded.size, expiresAt: expiry,
                contextLength: entry.loaded.plan.contextLength, cacheBytes: usage.cacheBytes,
                cacheBudget: usage.cacheBudget)
        }
    }

    /// Bytes of prefixes on disk and their limit; nil when none are kept there.
    public nonisolated func diskUsage() async -> (bytes: Int, budget: Int)? {
        guard let disk else { return nil }
        return (await Background.run { disk.usedBytes() }, disk.budget)
    }

    /// Ends running generations cleanly and unloads everything. New requests are refused.
    public func shutdown() async {
        isShutDown = true
        queue.close()
        for path in entries.keys { unload(path) }
        for ending in endings.values { await ending.value }
    }

    // MARK: Leases

    /// The loaded model of `plan`, loading it first where necessary; keeps it until `release`.
    ///
    /// - Throws: 503 when too many requests wait for loads or for their turn, 499 when the caller is cancelled
    ///   meanwhile, 404 when the file is gone, 500 when it cannot be loaded.
    func lease(
        _ model: StoredModel, requestedAs name: String, plan: LoadPlan, facts: FileFacts,
        keepAlive: KeepAlive?
    ) async throws(APIError) -> Lease {
        if let lease = try existingLease(plan, keepAlive) { return lease }
        try await enterQueue()
        defer { queue.leave() }
        if let lease = try existingLease(plan, keepAlive) { return lease }
        await retire(plan.path)
        while entries.count >= configuration.loadLimit, let victim = victim() {
            logger.info("unloading a model to make room", metadata: ["path": "\(victim)"])
            await retire(victim)
        }
        let loaded = try await loadAndReport(model, name, plan, facts)
        guard !isShutDown else {
            await loaded.worker.stop()
            throw LoadQueue.closed
        }
        lastID += 1
        entries[plan.path] = Entry(
            id: lastID, loaded: loaded, model: model,
            keepAlive: keepAlive ?? configuration.keepAlive)
        if Task.isCancelled {
            release(lastID)
            throw Self.canceled
        }
        return Lease(id: lastID, loaded: loaded, isFirst: true)
    }

    /// The end of a request that held a lease: starts the keep-alive time when it was the last.
    func release(_ id: Int) {
        guard let path = entries.first(where: { $0.value.id == id })?.key,
            var entry = entries[path]
        else { return }
        entry.leases -= 1
        entries[path] = entry
        if entry.leases == 0 { becameIdle(path) }
    }

    /// Unloads as soon as nobody uses the model; now, when nobody does.
    func expire(_ path: String) {
        guard var entry = entries[path] else { return }
        entry.keepAlive = .seconds(0)
        entries[path] = entry
        if entry.leases == 0 { becameIdle(path) }
    }

    private func existingLease(
        _ plan: LoadPlan, _ keepAlive: KeepAlive?
    ) throws(APIError) -> Lease? {
        guard var entry = entries[plan.path], !entry.isRetiring, entry.loaded.plan == plan else {
            return nil
        }
        // As many as the line for loads holds may wait behind those that run.
        let (most, isTooLarge) = max(1, configuration.parallel)
            .addingReportingOverflow(configuration.maxQueue)
        guard isTooLarge || entry.leases < most else { throw LoadQueue.full }
        entry.timer?.cancel()
        entry.timer = nil
        entry.leases += 1
        if let keepAlive { entry.keepAlive = keepAlive }
        entries[plan.path] = entry
        return Lease(id: entry.id, loaded: entry.loaded, isFirst: false)
    }

    /// The model of these weights if it is loaded, whatever the options it was loaded with.
    func existingLease(
        path: String, _ keepAlive: KeepAlive?
    ) throws(APIError) -> Lease? {
        guard let plan = entries[path]?.loaded.plan else { return nil }
        return try existingLease(plan, keepAlive)
    }

    private func becameIdle(_ path: String) {
        guard var entry = entries[path] else { return }
        entry.timer?.cancel()
        entry.timer = nil
        if entry.isRetiring {
            let waiters = entry.idleWaiters
            entry.idleWaiters = []
            entries[path] = entry
            for waiter in waiters { waiter.resume() }
            return
        }
        let duration = entry.keepAlive.seconds
        guard duration > 0 else { return unload(path) }
        entry.expiresAt = secondsSince1970() + duration
        if duration.isFinite {
            let id = entry.id
            entry.timer = Task { [weak self] in
                // Long enough for anybody, short enough for the clock.
                try? await Task.sleep(for: .seconds(min(duration, 4e9)))
                if !Task.isCancelled { await self?.timerFired(path, id) }
            }
        }
        entries[path] = entry
    }

    private func timerFired(_ path: String, _ id: Int) {
        guard let entry = entries[path], entry.id == id, entry.leases == 0, !entry.isRetiring
        else { return }
        unload(path)
    }

    /// Takes the model out and ends its worker; running generations break off.
    private func unload(_ path: String) {
        guard let entry = entries.removeValue(forKey: path) else { return }
        entry.timer?.cancel()
        for waiter in entry.idleWaiters { waiter.resume() }
        logger.debug("unloading model", metadata: ["path": "\(path)"])
        endings[entry.id] = Task {
            await entry.loaded.worker.stop()
            endings[entry.id] = nil
        }
    }

    // MARK: Loading

    private func loadAndReport(
        _ model: StoredModel, _ name: String, _ plan: LoadPlan, _ facts: FileFacts
    ) async throws(APIError) -> LoadedModel {
        let started = ContinuousClock.now
        if model.namesRenderer {
            logger.warning(
                "built-in renderers and parsers do not exist yet, using the model's template",
                metadata: [
                    "renderer": "\(model.config.renderer)", "parser": "\(model.config.parser)",
                ])
        }
        let loaded: LoadedModel
        do throws(LoadFailure) {
            loaded = try await load(plan, facts)
        } catch {
            logger.error("load failed", metadata: ["model": "\(name)", "error": "\(error)"])
            throw error.asAPIError(for: name)
        }
        logger.info(
            "model loaded",
            metadata: [
                "model": "\(model.name.display)", "context": "\(plan.contextLength)",
                "milliseconds": "\((ContinuousClock.now - started).nanoseconds / 1_000_000)",
            ])
        return loaded
    }

    private func load(_ plan: LoadPlan, _ facts: FileFacts) async throws(LoadFailure)
        -> LoadedModel
    {
        do throws(LoadFailure) {
            return try await loadOnce(plan, facts)
        } catch {
            // Other models may hold the memory that this one lacks.
            guard case .memory(let reason) = error, !entries.isEmpty else { throw error }
            logger.warning("unloading all other models", metadata: ["reason": "\(reason)"])
        }
        for path in entries.keys.sorted() { await retire(path) }
        return try await loadOnce(plan, facts)
    }

    private func loadOnce(_ plan: LoadPlan, _ facts: FileFacts) async throws(LoadFailure)
        -> LoadedModel
    {
        try await LoadedModel.load(
            plan, facts: facts, configuration: configuration, disk: disk,
            availableMemory: SystemMemory.available())
    }

    /// Waits until the model is idle, then until its worker has ended.
    private func retire(_ path: String) async {
        guard let id = entries[path]?.id else { return }
        entries[path]?.isRetiring = true
        entries[path]?.timer?.cancel()
        if let entry = entries[path], entry.leases > 0 {
            await withCheckedContinuation { continuation in
                entries[path]?.idleWaiters.append(continuation)
            }
        }
        if entries[path]?.id == id { unload(path) }
        await endings[id]?.value
    }

    /// The model to give up: the one with the shortest keep-alive time, an idle one if there is.
    private func victim() -> String? {
        let candidates = entries.sorted { left, right in
            let (a, b) = (left.value.keepAlive.seconds, right.value.keepAlive.seconds)
            return a == b ? left.key < right.key : a < b
        }
        return (candidates.first { $0.value.leases == 0 } ?? candidates.first)?.key
    }

    private func enterQueue() async throws(APIError) {
        guard let ticket = try queue.enter() else { return }
        let admitted = await withTaskCancellationHandler {
            await withCheckedContinuation { queue.wait(ticket, $0) }
        } onCancel: {
            Task { await cancel(ticket) }
        }
        guard admitted else { throw isShutDown ? LoadQueue.closed : Self.canceled }
        guard !Task.isCancelled else {
            queue.leave()
            throw Self.canceled
        }
    }

    private func cancel(_ ticket: LoadQueue.Ticket) { queue.cancel(ticket) }

    static let canceled = APIError(499, "request canceled")
}
