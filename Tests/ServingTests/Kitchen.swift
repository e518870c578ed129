import API
import Foundation
import Logging
import ModelStore
import TestSupport
import Testing

@testable import Serving

/// A store in a temporary folder with a model in it, and a scheduler over it.
final class Kitchen: Sendable {
    let folder: URL
    let store: ModelStore
    let scheduler: Scheduler

    init(_ configure: (inout ServingConfiguration) -> Void = { _ in }) throws {
        folder = FileManager.default.temporaryDirectory.appending(
            path: "apus-serving-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        store = try ModelStore(root: folder.appending(path: "models").path)
        var configuration = ServingConfiguration()
        configuration.threads = 1
        configure(&configuration)
        var logger = Logger(label: "serving-tests")
        logger.logLevel = .critical
        scheduler = Scheduler(configuration, store: store, logger: logger)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    /// Puts a file of random weights into the store under `name`.
    func addTiny(
        _ name: String = "tiny", seed: UInt64 = 1, pooling: UInt32? = nil,
        _ change: (inout CreateRequest) -> Void = { _ in }
    ) throws {
        let url = folder.appending(path: "\(UUID().uuidString).gguf")
        try TinyModel.write(to: url, seed: seed, pooling: pooling)
        try add(url, name, change)
    }

    /// Puts an encoder of random weights into the store under `name`.
    func addTinyBert(_ name: String = "bert", pooling: UInt32? = 1) throws {
        let url = folder.appending(path: "\(UUID().uuidString).gguf")
        try TinyBert.write(to: url, pooling: pooling)
        try add(url, name)
    }

    /// Puts the trained model of the golden data into the store under `name`.
    func addTinyChat(
        _ name: String = "tiny", _ change: (inout CreateRequest) -> Void = { _ in }
    ) throws {
        try add(Golden.url("models/tiny-chat/tiny-chat.Q8_0.gguf"), name, change)
    }

    func add(_ url: URL, _ name: String, _ change: (inout CreateRequest) -> Void = { _ in })
        throws
    {
        let blob = try store.newBlob()
        try Data(contentsOf: url).withUnsafeBytes { try blob.write($0) }
        let digest = try blob.finish(expected: nil)
        var request = CreateRequest()
        request.name = name
        request.files = [(path: "model.gguf", digest: digest.description)]
        change(&request)
        try store.create(request) { _ in }
    }

    func weightsPath(_ name: String) throws -> String {
        let model = try store.model(ModelName(name)!)
        return try #require(model.weightsPath)
    }
}

/// A finished generation, put together.
struct Answer: Sendable {
    var content = ""
    var thinking = ""
    var toolCalls: [ToolCall] = []
    var logprobs: [TokenLogProbability] = []
    var chunks = 0
    var summary: GenerationSummary?
    var failure: APIError?
}

extension Scheduler {
    /// A greedy chat with one user message, collected to its end.
    func ask(
        _ question: String, model: String = "tiny", tokens: Int = 24,
        _ change: (inout GenerationRequest) -> Void = { _ in }
    ) async throws -> Answer {
        var request = GenerationRequest(
            requestedModel: model, model: ModelName(model)!,
            input: .chat(messages: [Message(role: "user", content: question)], tools: []))
        request.options = ["temperature": 0, "num_predict": .number(JSONNumber(tokens))]
        change(&request)
        return try await collect(request)
    }

    /// A greedy completion, collected to its end.
    func complete(
        _ prompt: String, model: String = "tiny", tokens: Int = 24, raw: Bool = false,
        system: String? = nil, template: String? = nil, context: [Int]? = nil,
        _ change: (inout GenerationRequest) -> Void = { _ in }
    ) async throws -> Answer {
        var request = GenerationRequest.completion(
            prompt, model: model, raw: raw, system: system, template: template, context: context)
        request.options = ["temperature": 0, "num_predict": .number(JSONNumber(tokens))]
        change(&request)
        return try await collect(request)
    }

    func collect(_ request: GenerationRequest) async throws -> Answer {
        guard case .stream(let stream) = try await generate(request) else {
            Issue.record("no stream")
            return Answer()
        }
        var answer = Answer()
        for await event in stream {
            switch event {
            case .chunk(let content, let thinking, let toolCalls, let logprobs):
                answer.content += content
                answer.thinking += thinking
                answer.toolCalls += toolCalls
                answer.logprobs += logprobs
                answer.chunks += 1
            case .done(let summary): answer.summary = summary
            case .failed(let error): answer.failure = error
            }
        }
        return answer
    }

    /// The error that a request is answered with, thrown or as the first event of the stream.
    func refusal(_ request: GenerationRequest) async -> APIError? {
        do throws(APIError) {
            guard case .stream(let stream) = try await generate(request) else { return nil }
            for await event in stream {
                if case .failed(let error) = event { return error }
                return nil
            }
            return nil
        } catch {
            return error
        }
    }

    func rendered(_ request: GenerationRequest) async throws -> String {
        var request = request
        request.renderOnly = true
        guard case .rendered(let prompt, _) = try await generate(request) else {
            Issue.record("not rendered")
            return ""
        }
        return prompt
    }
}

extension GenerationRequest {
    static func chat(_ messages: [Message], model: String = "tiny", tools: [Tool] = []) -> Self {
        GenerationRequest(
            requestedModel: model, model: ModelName(model)!,
            input: .chat(messages: messages, tools: tools))
    }

    static func completion(
        _ prompt: String, model: String = "tiny", suffix: String = "", raw: Bool = false,
        system: String? = nil, template: String? = nil, context: [Int]? = nil,
        images: [[UInt8]] = []
    ) -> Self {
        GenerationRequest(
            requestedModel: model, model: ModelName(model)!,
            input: .completion(
                prompt: prompt, suffix: suffix, system: system, template: template,
                context: context, raw: raw, images: images))
    }
}

/// Waits until `condition` holds, at most five seconds.
func eventually(
    _ condition: () async throws -> Bool, sourceLocation: SourceLocation = #_sourceLocation
) async throws {
    for _ in 0..<500 {
        if try await condition() { return }
        try await Task.sleep(for: .milliseconds(10))
    }
    Issue.record("condition did not come true", sourceLocation: sourceLocation)
}
