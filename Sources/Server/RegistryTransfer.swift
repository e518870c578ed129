import API
import Hummingbird
import ModelStore

/// A pull or push as an answer: its status lines as they come, or the last one.
enum RegistryTransfer {
    /// Runs `work` until it ends or the client goes, which cancels it.
    static func answer(
        _ exchange: Exchange, streams: Bool,
        _ work:
            @Sendable @escaping (_ progress: @escaping @Sendable (ProgressResponse) -> Void)
            async throws -> Void
    ) async throws -> Response {
        guard streams else {
            do {
                try await exchange.disconnection.cancelling { try await work { _ in } }
            } catch let error as StoreError {
                return Reply.error(APIError(500, error.description), type: Reply.streamErrorType)
            }
            return Reply.json(
                ProgressResponse(status: "success").json, type: Reply.streamErrorType)
        }
        let (progress, continuation) = AsyncStream<Step>.makeStream()
        let task = Task {
            do {
                try await work { continuation.yield(.line($0)) }
            } catch is CancellationError {
                // Nobody listens any more.
            } catch {
                continuation.yield(.failed("\(error)"))
            }
            continuation.finish()
        }
        continuation.onTermination = { _ in task.cancel() }
        return try await EventStream.lines(exchange, progress) { step throws(APIError) in
            switch step {
            case .line(let line): return line.json
            case .failed(let text): throw APIError(500, text)
            }
        }
    }

    private enum Step: Sendable {
        case line(ProgressResponse)
        case failed(String)
    }
}
