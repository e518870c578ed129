import API
import Foundation
import ModelStore
import TestSupport
import Testing

@testable import Serving

/// Loading, keeping, sharing and giving up models.
@Suite struct SchedulerTests {
    static func load(_ kitchen: Kitchen, _ model: String, keepAlive: KeepAlive? = nil)
        async throws -> GenerationOutcome
    {
        var request = GenerationRequest.completion("", model: model)
        request.keepAlive = keepAlive
        return try await kitchen.scheduler.generate(request)
    }

    @Test func `an empty prompt loads and keep_alive 0 unloads`() async throws {
        let kitchen = try Kitchen()
        try kitchen.addTiny()
        guard case .loaded = try await Self.load(kitchen, "tiny") else {
            Issue.record("not loaded")
            return
        }
        let running = await kitchen.scheduler.running()
        #expect(running.map(\.model.name.model) == ["tiny"])
        #expect(running[0].contextLength == TinyModel.contextLength)
        #expect(running[0].size > 10_000)
        let wait = running[0].expiresAt - Date().timeIntervalSince1970
        #expect(wait > 290 && wait <= 301)
        for _ in 0..<2 {
            guard case .unloaded = try await Self.load(kitchen, "tiny", keepAlive: .seconds(0))
            else {
                Issue.record("not unloaded")
                return
            }
            #expect(await kitchen.scheduler.running().isEmpty)
        }
    }

    @Test func `the keep-alive time runs out, forever does not`() async throws {
        let kitchen = try Kitchen { $0.keepAlive = .seconds(0.05) }
        try kitchen.addTiny()
        _ = try await Self.load(kitchen, "tiny")
        try await eventually { await kitchen.scheduler.running().isEmpty }
        _ = try await Self.load(kitchen, "tiny", keepAlive: .forever)
        _ = try await kitchen.scheduler.ask("hello", tokens: 2)
        try await Task.sleep(for: .milliseconds(120))
        #expect(await kitchen.scheduler.running().map(\.expiresAt) == [.infinity])
    }

    @Test func `a request that ends keeps the model for its own time`() async throws {
        let kitchen = try Kitchen { $0.keepAlive = .forever }
        try kitchen.addTiny()
        _ = try await kitchen.scheduler.ask("hello", tokens: 2) { $0.keepAlive = .seconds(0) }
        #expect(await kitchen.scheduler.running().isEmpty)
    }

    @Test func `an unload waits for the running answer`() async throws {
        let kitchen = try Kitchen()
        try kitchen.addTiny()
        var request = GenerationRequest.completion("hello", raw: true)
        request.options = ["num_predict": 40, "temperature": 1.5, "seed": 1]
        guard case .stream(let stream) = try await kitchen.scheduler.generate(request) else {
            Issue.record("no stream")
            return
        }
        _ = try await Self.load(kitchen, "tiny", keepAlive: .seconds(0))
        var isDone = false
        for await event in stream {
            if case .done = event { isDone = true }
        }
        #expect(isDone)
        #expect(await kitchen.scheduler.running().isEmpty)
    }

    @Test func `tags with the same weights share the loaded model but not their templates`()
        async throws
    {
        let kitchen = try Kitchen()
        try kitchen.addTiny("one")
        try kitchen.addTiny("two") { $0.template = "Q: {{ .Prompt }} A:" }
        let jinja = try await kitchen.scheduler.rendered(
            .chat([Message(role: "user", content: "x")], model: "one"))
        let go = try await kitchen.scheduler.rendered(
            .chat([Message(role: "user", content: "x")], model: "two"))
        #expect(jinja == "<|im_start|>user\nx<|im_end|>\n<|im_start|>assistant\n")
        #expect(go == "Q: x A:")
        #expect(await kitchen.scheduler.running().map(\.model.name.model) == ["one"])
    }

    @Test func `another context length reloads the model`() async throws {
        let kitchen = try Kitchen()
        try kitchen.addTiny()
        for context in [64, 128] {
            _ = try await kitchen.scheduler.ask("hello", tokens: 1) {
                $0.options["num_ctx"] = .number(JSONNumber(context))
            }
            #expect(await kitchen.scheduler.running().map(\.contextLength) == [context])
        }
        _ = try await kitchen.scheduler.ask("hello", tokens: 1) { $0.options["num_ctx"] = 100_000 }
        #expect(
            await kitchen.scheduler.running().map(\.contextLength) == [TinyModel.contextLength])
    }

    @Test func `the model with the shortest keep-alive time gives way`() async throws {
        let kitchen = try Kitchen { $0.maxLoadedModels = 2 }
        for (index, name) in ["a", "b", "c"].enumerated() {
            try kitchen.addTiny(name, seed: UInt64(index + 1))
        }
        _ = try await Self.load(kitchen, "a", keepAlive: .forever)
        _ = try await Self.load(kitchen, "b", keepAlive: .seconds(60))
        _ = try await Self.load(kitchen, "c", keepAlive: .seconds(600))
        let names = await kitchen.scheduler.running().map(\.model.name.model).sorted()
        #expect(names == ["a", "c"])
    }

    @Test func `a model that cannot fit is refused before anything is allocated`() async throws {
        let kitchen = try Kitchen()
        try kitchen.addTiny()
        let path = try kitchen.weightsPath("tiny")
        let facts = FileFacts()
        let plan = LoadPlan(
            weights: .file(path), options: LoadOptions(), facts: facts,
            configuration: ServingConfiguration())
        do throws(LoadFailure) {
            _ = try await LoadedModel.load(
                plan, facts: facts, configuration: ServingConfiguration(), availableMemory: 1000)
            Issue.record("loaded")
        } catch {
            guard case .memory(let reason) = error else {
                Issue.record("\(error)")
                return
            }
            #expect(reason.hasPrefix("model requires more system memory ("))
        }
    }

    @Test func `too many waiting loads are refused`() async throws {
        var queue = LoadQueue(limit: 0)
        #expect(try queue.enter() == nil)
        #expect(throws: APIError.self) { _ = try LoadQueueBox(queue).enter() }
        do throws(APIError) {
            _ = try queue.enter()
        } catch {
            #expect(
                error
                    == APIError(
                        503, "server busy, please try again.  maximum pending requests exceeded"))
        }
        queue.leave()
        #expect(try queue.enter() == nil)
    }

    @Test func `requests for a model that loads wait for that one load`() async throws {
        let kitchen = try Kitchen()
        try kitchen.addTiny()
        let answers = try await withThrowingTaskGroup(of: Answer.self) { group in
            for _ in 0..<4 { group.addTask { try await kitchen.scheduler.ask("x", tokens: 3) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(Set(answers.map(\.content)).count == 1)
        #expect(await kitchen.scheduler.running().count == 1)
    }

    @Test func `shutdown breaks answers off and refuses new requests`() async throws {
        // On a busy machine an answer may come to its own end before the shutdown does.
        for _ in 0..<10 {
            let kitchen = try Kitchen()
            try kitchen.addTiny()
            var request = GenerationRequest.completion("hello", raw: true)
            request.options = [
                "num_predict": 100_000, "temperature": 1.5, "repeat_penalty": 1.5,
            ]
            guard case .stream(let stream) = try await kitchen.scheduler.generate(request) else {
                Issue.record("no stream")
                return
            }
            await kitchen.scheduler.shutdown()
            var last: GenerationEvent?
            for await event in stream { last = event }
            #expect(await kitchen.scheduler.running().isEmpty)
            #expect(await kitchen.scheduler.refusal(request)?.status == 503)
            if case .failed? = last { return }
        }
        Issue.record("no answer was broken off")
    }
}

/// Expectations cannot mutate values.
private final class LoadQueueBox {
    private var queue: LoadQueue
    init(_ queue: LoadQueue) { self.queue = queue }
    func enter() throws(APIError) -> LoadQueue.Ticket? { try queue.enter() }
}
