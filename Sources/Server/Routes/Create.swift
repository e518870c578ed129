import API
import Hummingbird
import ModelStore
import Synchronization

/// `POST /api/create`.
enum Create {
    static var routes: [Route] {
        [Route(.post, "/api/create", answer)]
    }

    @Sendable private static func answer(_ exchange: Exchange) async throws -> Response {
        let request = try CreateModelRequest(body: await exchange.json())
        for (path, digest) in request.files ?? [] {
            try check(path: path, digest: digest)
        }
        for (path, digest) in request.adapters ?? [] {
            try check(path: path, digest: digest)
        }
        guard ModelName(request.requestedModel.trimmingSpaces) != nil else {
            throw APIError(400, "invalid model name")
        }
        let creation: CreateRequest
        do throws(APIError) {
            creation = try self.creation(request, exchange.services.store)
        } catch {
            return Reply.error(error, type: Reply.streamErrorType)
        }

        let (progress, continuation) = AsyncStream<Step>.makeStream()
        let store = exchange.services.store
        let parent = isRemote(request) ? nil : creation.from.flatMap { ModelName($0) }
        let missing = parent.flatMap { store.contains($0) ? nil : $0 }
        let registry = exchange.services.registry
        // Set when nobody listens any more: long work may stop then.
        let ended = Ended()
        let watcher = CreateWatcher(
            progress: { continuation.yield(.progress($0)) }, isCancelled: { ended.isSet })
        let work = Task {
            if let missing {
                do {
                    try await registry.pull(missing, insecure: false) {
                        continuation.yield(.pulling($0))
                    }
                } catch {
                    continuation.yield(.failed(StoreError(.io, "\(error)")))
                    continuation.finish()
                    return
                }
            }
            try await Blocking.run {
                defer { continuation.finish() }
                do throws(StoreError) {
                    try store.create(creation, watcher: watcher) {
                        continuation.yield(.status($0))
                    }
                } catch {
                    continuation.yield(.failed(error))
                }
            }
        }
        continuation.onTermination = { _ in
            ended.set()
            // What is not here yet need not come when nobody waits for it.
            if missing != nil { work.cancel() }
        }
        if request.stream ?? true {
            return try await EventStream.lines(exchange, progress) { step throws(APIError) in
                switch step {
                case .pulling(let line): return line.json
                case .status(let text): return ProgressResponse(status: text).json
                case .progress(let progress):
                    var line = ProgressResponse(status: progress.status)
                    line.digest = "0000000000000000000"
                    line.total = progress.total
                    line.completed = progress.completed
                    return line.json
                case .failed(let error): throw error.asAPIError
                }
            }
        }
        var last = ProgressResponse(status: "success")
        for await step in progress {
            switch step {
            case .pulling(let line): last = line
            case .progress: continue
            case .status(let text): last = ProgressResponse(status: text)
            case .failed(let error):
                return Reply.error(error.asAPIError, type: Reply.streamErrorType)
            }
        }
        try await work.value
        return Reply.json(last.json, type: Reply.streamErrorType)
    }

    private enum Step: Sendable {
        case pulling(ProgressResponse)
        case status(String)
        case progress(CreateProgress)
        case failed(StoreError)
    }

    /// A flag that is only ever set.
    private final class Ended: Sendable {
        private let flag = Mutex(false)
        func set() { flag.withLock { $0 = true } }
        var isSet: Bool { flag.withLock { $0 } }
    }

    /// A path must stay below the folder that it is relative to.
    private static func check(path: String, digest: String) throws(APIError) {
        let segments = path.utf8.split(
            separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        let isLocal =
            path == "."
            || !segments.contains {
                $0.isEmpty || $0.elementsEqual(".".utf8) || $0.elementsEqual("..".utf8)
            }
        guard isLocal else { throw APIError(400, "file path must be relative") }
        guard !digest.isEmpty else { throw APIError(400, "invalid digest format") }
    }

    /// Whether the model runs elsewhere: there is nothing to pull for it.
    private static func isRemote(_ request: CreateModelRequest) -> Bool {
        !request.remoteHost.isEmpty || ModelReference.source(of: request.from) == .cloud
    }

    private static func creation(
        _ request: CreateModelRequest, _ store: ModelStore
    ) throws(APIError) -> CreateRequest {
        if request.draftFiles == nil, !request.draftQuantize.isEmpty {
            throw APIError(400, "--draft-quantize requires a DRAFT model")
        }
        var creation = CreateRequest()
        creation.name = request.requestedModel.trimmingSpaces
        if !request.from.isEmpty {
            if isRemote(request) {
                creation.from = request.from
                creation.remoteHost = request.remoteHost
            } else {
                let parent = try ModelReference(request.from, store: store).name
                creation.from = parent.full
            }
        }
        creation.files = request.files?.map { ($0.key, $0.value) }
        creation.adapters = request.adapters?.map { ($0.key, $0.value) }
        creation.draftFiles = request.draftFiles?.map { ($0.key, $0.value) }
        creation.quantize = request.requestedQuantization
        creation.template = request.template.isEmpty ? nil : request.template
        creation.system = request.system.isEmpty ? nil : request.system
        creation.parameters = request.parameters
        creation.messages = request.messages
        creation.renderer = request.renderer
        creation.parser = request.parser
        creation.requires = request.requires
        creation.info = request.info
        // Without anything to build on, that is what the client hears of first.
        if creation.from != nil || creation.files != nil {
            creation.licenses = try request.licenses()
        }
        return creation
    }
}
