public import API
import Engine
import ModelStore
import Synchronization
import Tokenization

extension Scheduler {
    /// Pools the hidden states of texts. No inputs: the model is loaded and nothing else happens.
    ///
    /// - Throws: 404 for a model that is not there, 400 for inputs that do not fit, 501 for models
    ///   that do not pool, and what `generate` throws for options and loads.
    public func embed(_ request: EmbeddingRequest) async throws(APIError) -> EmbeddingResult {
        let started = ContinuousClock.now
        let model: StoredModel
        do throws(StoreError) {
            model = try store.model(store.resolve(request.model))
        } catch {
            throw error.code == .notFound
                ? LoadFailure.missing.asAPIError(for: request.requestedModel)
                : APIError(500, error.description)
        }
        let fileFacts: FileFacts
        do throws(LoadFailure) {
            fileFacts = try facts(of: model)
        } catch {
            throw error.asAPIError(for: request.requestedModel)
        }
        let options = try options(model, request.options)
        let plan = LoadPlan(
            weights: model.weights ?? .file(""), adapters: model.adapterPaths,
            options: options.load, facts: fileFacts, configuration: configuration)
        let lease = try await lease(
            model, requestedAs: request.requestedModel, plan: plan, facts: fileFacts,
            keepAlive: request.keepAlive)
        defer { release(lease.id) }
        var result = EmbeddingResult(
            vectors: [], promptEvalCount: 0,
            loadDuration: (ContinuousClock.now - started).nanoseconds)
        result.legacyNormalizes = fileFacts.legacyNormalizes
        guard !request.inputs.isEmpty else { return result }
        let loaded = lease.loaded
        guard loaded.model.pooling != nil else {
            throw APIError(
                501, "This server does not support embeddings. Start it with `--embeddings`")
        }
        let inputs = try await Background.run { () throws(APIError) in
            var inputs: [[Token]] = []
            for text in request.inputs {
                inputs.append(
                    try EmbeddingInput.tokens(
                        text, loaded.tokenizer, limit: min(plan.contextLength, plan.batchSize),
                        truncate: request.truncate))
            }
            return inputs
        }
        for (tokens, whole) in zip(inputs, try await vectors(of: inputs, on: loaded)) {
            var vector = whole
            guard vector.allSatisfy(\.isFinite) else {
                throw APIError(400, "embedding contains NaN or Inf values")
            }
            if request.dimensions > 0, request.dimensions < vector.count {
                vector.removeSubrange(request.dimensions...)
            }
            result.vectors.append(vector)
            result.promptEvalCount += tokens.count
        }
        return result
    }

    /// Hands all texts to the worker at once: it packs what fits one step.
    private func vectors(of inputs: [[Token]], on loaded: LoadedModel) async throws(APIError)
        -> [[Float]]
    {
        let cancellation = Cancellation()
        let result: Result<[[Float]], APIError>? = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let vectors = PendingVectors(count: inputs.count, cancellation) {
                    continuation.resume(returning: $0)
                }
                for (index, tokens) in inputs.enumerated() {
                    loaded.worker.submit(
                        .embedding(
                            EmbeddingJob(tokens: tokens, cancellation: cancellation) {
                                vectors.set($0, at: index)
                            }))
                }
            }
        } onCancel: {
            cancellation.cancel()
        }
        guard let result else { throw Self.canceled }
        return try result.get()
    }
}

/// Vectors of one request as they come; the first failure calls the rest off.
private final class PendingVectors: Sendable {
    private struct State {
        var vectors: [[Float]]
        var missing: Int
        var failure: APIError?
        var isCancelled = false
    }
    private let state: Mutex<State>
    private let cancellation: Cancellation
    private let finished: @Sendable (Result<[[Float]], APIError>?) -> Void

    /// - Parameters:
    ///   - count: Of the vectors, at least 1.
    ///   - finished: Called once, when all are here or given up; nil when cancelled.
    init(
        count: Int, _ cancellation: Cancellation,
        finished: @escaping @Sendable (Result<[[Float]], APIError>?) -> Void
    ) {
        state = Mutex(State(vectors: Array(repeating: [], count: count), missing: count))
        self.cancellation = cancellation
        self.finished = finished
    }

    func set(_ result: Result<[Float], APIError>?, at index: Int) {
        if case .failure? = result { cancellation.cancel() }
        let end = state.withLock { state -> State? in
            switch result {
            case .success(let vector)?: state.vectors[index] = vector
            case .failure(let error)?: state.failure = state.failure ?? error
            case nil: state.isCancelled = true
            }
            state.missing -= 1
            return state.missing == 0 ? state : nil
        }
        guard let end else { return }
        if let failure = end.failure { return finished(.failure(failure)) }
        finished(end.isCancelled ? nil : .success(end.vectors))
    }
}

/// The tokens of a text to embed.
enum EmbeddingInput {
    /// Tokens with the special ones that the vocabulary wants, at most `limit`.
    ///
    /// - Throws: 400 when the text does not fit and must not be cut, or nothing of it can fit.
    static func tokens(
        _ text: String, _ tokenizer: Tokenizer, limit: Int, truncate: Bool
    ) throws(APIError) -> [Token] {
        let whole = tokenizer.encode(text, addSpecial: true, parseSpecial: true)
        guard whole.count > limit else { return whole }
        guard truncate else {
            throw APIError(400, "the input length exceeds the context length")
        }
        let (begin, end) = (tokenizer.openingTokens, tokenizer.closingTokens)
        let room = limit - begin.count - end.count
        guard room > 0 else {
            throw APIError(400, "input after truncation exceeds maximum context length")
        }
        let plain = tokenizer.encode(text, addSpecial: false, parseSpecial: true)
        return begin + plain.prefix(room) + end
    }
}
