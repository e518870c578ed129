public import API
import Engine
import ModelStore
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
            weights: model.weights ?? .file(""), options: options.load, facts: fileFacts,
            configuration: configuration)
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
        for tokens in inputs {
            var vector = try await vector(of: tokens, on: loaded)
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

    private func vector(of tokens: [Token], on loaded: LoadedModel) async throws(APIError)
        -> [Float]
    {
        let cancellation = Cancellation()
        let result: Result<[Float], APIError>? = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                loaded.worker.submit(
                    .embedding(
                        EmbeddingJob(tokens: tokens, cancellation: cancellation) {
                            continuation.resume(returning: $0)
                        }))
            }
        } onCancel: {
            cancellation.cancel()
        }
        guard let result else { throw Self.canceled }
        return try result.get()
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
        let begin =
            tokenizer.addsBeginOfSequence ? tokenizer.beginOfSequence.map { [$0] } ?? [] : []
        let end = tokenizer.addsEndOfSequence ? tokenizer.endOfSequence.map { [$0] } ?? [] : []
        let room = limit - begin.count - end.count
        guard room > 0 else {
            throw APIError(400, "input after truncation exceeds maximum context length")
        }
        let plain = tokenizer.encode(text, addSpecial: false, parseSpecial: true)
        return begin + plain.prefix(room) + end
    }
}
