import API
import Hummingbird
import ModelStore

/// What a pull of an embedded model does: its layers are stored, no network is asked.
enum EmbeddedPull {
    static func answer(
        _ name: ModelName, _ request: TransferRequest, _ exchange: Exchange
    ) async throws -> Response {
        let (progress, continuation) = AsyncStream<Step>.makeStream()
        let store = exchange.services.store
        let work = Task {
            try await Blocking.run {
                defer { continuation.finish() }
                do throws(StoreError) {
                    try store.storeEmbedded(name) { text, layer in
                        var line = ProgressResponse(status: text)
                        if let layer {
                            line.digest = layer.digest.description
                            line.total = layer.size
                            line.completed = layer.size
                        }
                        continuation.yield(.line(line))
                    }
                } catch {
                    continuation.yield(.failed(error.asAPIError))
                }
            }
        }
        if request.stream ?? true {
            return try await EventStream.lines(exchange, progress) { step throws(APIError) in
                switch step {
                case .line(let line): return line.json
                case .failed(let error): throw error
                }
            }
        }
        for await step in progress {
            if case .failed(let error) = step { return Reply.error(error) }
        }
        try await work.value
        return Reply.json(ProgressResponse(status: "success").json)
    }

    private enum Step: Sendable {
        case line(ProgressResponse)
        case failed(APIError)
    }
}
