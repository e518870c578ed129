import API
import Engine
import GGUF
import ModelStore
import Synchronization
import Tokenization

/// How a weights file is to be loaded; equal plans share one loaded model.
struct LoadPlan: Sendable, Equatable {
    /// Tags with the same weights share them.
    var weights: WeightSource
    /// Paths of adapters for the weights.
    var adapters: [String]
    /// Stands for the weights and their adapters in the scheduler's tables.
    var path: String { Self.path(of: weights, adapters) }
    /// Tokens of one sequence as requests see it.
    var contextLength: Int
    var batchSize: Int
    var threads: Int

    static func path(of weights: WeightSource, _ adapters: [String]) -> String {
        ([weights.key] + adapters).joined(separator: "+")
    }

    /// - Parameter facts: caps the context at the training's.
    init(
        weights: WeightSource, adapters: [String] = [], options: LoadOptions, facts: FileFacts,
        configuration: ServingConfiguration
    ) {
        self.weights = weights
        self.adapters = adapters
        var context =
            options.contextLength > 0 ? options.contextLength : configuration.contextLength
        if context <= 0 { context = Self.defaultContextLength }
        context = max(context, facts.hasVision ? 2048 : 4)
        context = min(context, facts.contextLength > 0 ? facts.contextLength : Int(Int32.max))
        contextLength = context
        let automatic = facts.hasPooling ? min(2048, context) : 512
        batchSize = options.batchSize > 0 ? min(options.batchSize, 1 << 16) : automatic
        threads = min(
            options.threads > 0 ? options.threads : max(0, configuration.threads), Self.maxThreads)
    }

    static let defaultContextLength = 4096
    /// More threads than any request has a use for.
    static let maxThreads = 512

    /// Tokens that a sequence may really hold: the next multiple of 256, within the training's.
    func window(trained: Int) -> Int {
        let rounded = (contextLength + 255) / 256 * 256
        return trained > 0 ? max(contextLength, min(rounded, trained)) : rounded
    }
}

/// A model in memory with the worker that runs it.
final class LoadedModel: Sendable {
    let plan: LoadPlan
    let facts: FileFacts
    let model: Model
    let tokenizer: Tokenizer
    /// Tokens that a sequence may hold; the plan's context rounded up.
    let window: Int
    let worker: Worker
    let grammarVocabulary = Mutex<GrammarVocabulary?>(nil)

    private init(
        plan: LoadPlan, facts: FileFacts, model: Model, tokenizer: Tokenizer, window: Int,
        worker: Worker
    ) {
        self.plan = plan
        self.facts = facts
        self.model = model
        self.tokenizer = tokenizer
        self.window = window
        self.worker = worker
    }

    /// Bytes of weights, cache pages in use and scratch.
    var size: Int {
        let usage = worker.usage
        return model.weightBytes + usage.cacheBytes + usage.scratchBytes
    }

    /// Loads on a new worker's thread.
    static func load(
        _ plan: LoadPlan, facts: FileFacts, configuration: ServingConfiguration,
        disk: DiskCache? = nil, availableMemory: Int?
    ) async throws(LoadFailure) -> LoadedModel {
        let result: Result<LoadedModel, LoadFailure> = await withCheckedContinuation {
            continuation in
            Worker.start {
                () throws(LoadFailure) -> ((Model, Tokenizer, Int), RunningModelParts) in
                try makeParts(plan, configuration, disk, availableMemory: availableMemory)
            } ready: { result, worker in
                continuation.resume(
                    returning: result.map { model, tokenizer, window in
                        LoadedModel(
                            plan: plan, facts: facts, model: model, tokenizer: tokenizer,
                            window: window, worker: worker)
                    })
            }
        }
        return try result.get()
    }

    private static func makeParts(
        _ plan: LoadPlan, _ configuration: ServingConfiguration, _ disk: DiskCache?,
        availableMemory: Int?
    ) throws(LoadFailure) -> ((Model, Tokenizer, Int), RunningModelParts) {
        do {
            let file = try plan.weights.open()
            let tokenizer = try Tokenizer(file.metadata)
            var adapters: [GGUFFile] = []
            for path in plan.adapters { adapters.append(try GGUFFile(path: path)) }
            let memory = try MemoryEstimate.left(of: availableMemory, after: adapters)
            let model = try Model(file, adapters: adapters)
            let window = plan.window(trained: model.contextLength)
            let sequences = try MemoryEstimate.sequences(
                perPosition: model.cacheBytesPerPosition(configuration.cacheType),
                window: window,
                wanted: max(1, configuration.parallel),
                available: memory)
            var options = SessionOptions()
            options.contextLength = window
            options.maxSequences = sequences
            options.batchSize = max(1, min(plan.batchSize, window))
            options.threads = plan.threads
            options.cacheType = configuration.cacheType
            let session = try Session(model, options)
            var parts = RunningModelParts(
                model: model, session: session, tokenizer: tokenizer, window: window,
                parallel: sequences, batchSize: options.batchSize,
                speculates: configuration.speculates)
            if !model.isEncoder, window >= DiskCache.leastTokens, let disk,
                let identity = WeightIdentity.text(of: plan, file)
            {
                parts.shelf = disk.shelf(
                    maker: identity + session.pageFormat, weights: WeightIdentity.blob(of: plan),
                    pageBytes: session.pageBytes)
            }
            return ((model, tokenizer, window), parts)
        } catch let error as LoadFailure {
            throw error
        } catch let error as GGUFError where error.code == .io {
            throw .missing
        } catch let error as EngineError where error.code == .outOfMemory {
            throw .memory("error loading model: \(error)")
        } catch {
            throw .broken("error loading model: \(error)")
        }
    }
}

/// Why a model did not load.
enum LoadFailure: Error, Equatable {
    /// The weights file is not there.
    case missing
    /// The model runs elsewhere, where nothing is asked.
    case remote
    /// Memory that other models may hold.
    case memory(String)
    /// Nothing helps with this file.
    case broken(String)

    /// As the API says it about the model that was asked for as `name`.
    func asAPIError(for name: String) -> APIError {
        switch self {
        case .missing: APIError(404, "model \"\(name)\" not found, try pulling it first")
        case .remote: APIError(403, "ollama cloud is disabled: remote model is unavailable")
        case .memory(let reason): APIError(500, reason)
        case .broken(let reason):
            APIError(
                500,
                "\(reason): this model may be incompatible with your version of Apus. If you "
                    + "previously pulled this model, try updating it by running "
                    + "`apus pull \(name)`")
        }
    }
}
