public import API
import Engine
public import ModelStore
import Tokenization

/// A request for tokens of a text, or the text of tokens.
public struct TokenRequest: Sendable {
    public enum Input: Sendable {
        /// - Parameters:
        ///   - addSpecial: with the begin and end tokens that the model's prompts get.
        ///   - parseSpecial: texts of control tokens become those tokens.
        case text(String, addSpecial: Bool, parseSpecial: Bool)
        case tokens([Int])
    }

    /// As the client wrote it (error texts quote it).
    public var requestedModel: String
    public var model: ModelName
    public var input: Input
    public var keepAlive: KeepAlive?

    public init(
        requestedModel: String, model: ModelName, input: Input, keepAlive: KeepAlive? = nil
    ) {
        self.requestedModel = requestedModel
        self.model = model
        self.input = input
        self.keepAlive = keepAlive
    }
}

public enum TokenResult: Sendable {
    case tokens([Int])
    case text(String)
}

extension Scheduler {
    /// Tokens of a text or the text of tokens, by the model's vocabulary.
    ///
    /// The model is loaded unless it is there already, so that a prompt that follows finds it there.
    ///
    /// - Throws: 400 with the first token outside the vocabulary; 404 for a model that is not there,
    ///   500 for one that cannot be loaded.
    public func tokens(_ request: TokenRequest) async throws(APIError) -> TokenResult {
        let lease = try await leaseTokenizer(request)
        defer { release(lease.id) }
        let tokenizer = lease.loaded.tokenizer
        return try await Background.run { () throws(APIError) in
            switch request.input {
            case .text(let text, let addSpecial, let parseSpecial):
                return .tokens(
                    tokenizer.encode(text, addSpecial: addSpecial, parseSpecial: parseSpecial)
                        .map { Int($0) })
            case .tokens(let tokens):
                if let bad = tokens.first(where: { $0 < 0 || $0 >= tokenizer.count }) {
                    throw APIError(
                        400, "token \(bad) is outside the vocabulary of \(tokenizer.count) tokens")
                }
                return .text(
                    tokenizer.detokenize(tokens.map { Token($0) }, unparseSpecial: true))
            }
        }
    }

    /// Tokens of the whole prompt that the request would give the model, nothing dropped; 0 for a
    /// request that only loads.
    ///
    /// - Throws: what ``generate(_:)`` throws.
    public func promptTokenCount(_ request: GenerationRequest) async throws(APIError) -> Int {
        var request = request
        request.renderOnly = true
        request.truncate = false
        guard case .rendered(let prompt, _) = try await generate(request) else { return 0 }
        let lease = try await leaseTokenizer(
            TokenRequest(
                requestedModel: request.requestedModel, model: request.model, input: .tokens([])))
        defer { release(lease.id) }
        let builder = PromptBuilder(choice: .plain, tokenizer: lease.loaded.tokenizer)
        return await Background.run { builder.tokens(prompt).count }
    }

    private func leaseTokenizer(_ request: TokenRequest) async throws(APIError) -> Lease {
        let model: StoredModel
        do throws(StoreError) {
            model = try store.model(store.resolve(request.model))
        } catch {
            throw error.code == .notFound
                ? APIError(404, "model '\(request.requestedModel)' not found")
                : APIError(500, error.description)
        }
        // A vocabulary does not depend on how its model was loaded.
        if let weights = model.weights,
            let lease = try existingLease(
                path: LoadPlan.path(of: weights, model.adapterPaths), request.keepAlive)
        {
            return lease
        }
        let fileFacts: FileFacts
        do throws(LoadFailure) {
            fileFacts = try facts(of: model)
        } catch {
            throw error.asAPIError(for: request.requestedModel)
        }
        let options = try options(model, [:])
        let plan = LoadPlan(
            weights: model.weights ?? .file(""), adapters: model.adapterPaths,
            options: options.load, facts: fileFacts, configuration: configuration)
        return try await lease(
            model, requestedAs: request.requestedModel, plan: plan, facts: fileFacts,
            keepAlive: request.keepAlive)
    }
}
