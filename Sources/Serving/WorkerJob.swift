import API
import Engine
import Synchronization
import Tokenization

/// One text generation, ready to run: everything but the model.
struct GenerationJob: Sendable {
    /// At least one token, fewer than the session's window.
    var prompt: [Token]
    var sampling: SamplingOptions
    /// Tokens to sample at most, at least 1.
    var tokenLimit: Int
    var stops: [String]
    /// Tokens at the front that a context shift leaves in place; nil: no shift, the answer ends
    /// when the window is full.
    var keptByShift: Int?
    var logprobs = false
    var topLogprobs = 0
    var reportsDrafts = false
    var splitter = OutputSplitter()
    /// Start of the answer that the prompt holds already and that is shown all the same.
    var prefill = ""
    var guardsRepetition = false
    /// Control tokens that the splitter reads.
    var visibleControls: Set<Token> = []
    /// What the answer is held to.
    var constraint: AnswerConstraint?

    /// Receives text as it comes.
    let sink: @Sendable (GenerationEvent) -> Void
    /// Called once, on the worker's thread, after the last text.
    let finished: @Sendable (GenerationEnd) -> Void
    let cancellation: Cancellation
}

/// How a generation ended.
enum GenerationEnd: Sendable {
    /// The summary knows what the worker measured; `text` is all text that was sampled and shown or
    /// parsed, without what a stop string cut off.
    case done(GenerationSummary, text: String)
    case failed(APIError)
    case cancelled
}

/// The pooled vector of one text.
struct EmbeddingJob: Sendable {
    var tokens: [Token]
    let cancellation: Cancellation
    /// Called once, on the worker's thread; nil when cancelled.
    let finished: @Sendable (Result<[Float], APIError>?) -> Void
}

enum WorkerJob: Sendable {
    case generation(GenerationJob)
    case embedding(EmbeddingJob)
    /// Pages for a sequence that waits for them.
    case restored(RestoredPages)
    /// Pages of a text that the disk lacks.
    case missing(of: [Token], [MissingPage])

    func fail(_ error: APIError) {
        switch self {
        case .generation(let job): job.finished(.failed(error))
        case .embedding(let job): job.finished(.failure(error))
        case .restored, .missing: break
        }
    }
}

/// Says that nobody wants the result any more.
final class Cancellation: Sendable {
    private let flag = Atomic(false)
    var isCancelled: Bool { flag.load(ordering: .relaxed) }
    func cancel() { flag.store(true, ordering: .relaxed) }
}
