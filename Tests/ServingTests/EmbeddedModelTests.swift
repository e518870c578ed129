import API
import Foundation
import Logging
import ModelStore
import TestSupport
import Testing

@testable import Serving

@Suite struct EmbeddedModelTests {
    /// A scheduler over an empty store with an embedded model named `chick`.
    final class Nest: Sendable {
        let folder: URL
        let store: ModelStore
        let scheduler: Scheduler

        init(thinksByDefault: Bool = false) throws {
            folder = FileManager.default.temporaryDirectory.appending(
                path: "apus-nest-\(UUID().uuidString)")
            var model = EmbeddedModel(
                name: ModelName("chick")!,
                weights: EmbeddedWeights(
                    staticBytes: try TinyModel.staticBytes(), label: "chick.gguf"))
            model.template = """
                {{- range .Messages }}<{{ .Role }}>{{ if .Thinking }}<think>{{ .Thinking }}</think>\
                {{ end }}{{ .Content }}{{ end }}{{ if .Think }}<think>{{ end }}
                """
            model.thinksByDefault = thinksByDefault
            store = try ModelStore(root: folder.path, embedded: [model])
            var configuration = ServingConfiguration()
            configuration.threads = 1
            var logger = Logger(label: "serving-tests")
            logger.logLevel = .critical
            scheduler = Scheduler(configuration, store: store, logger: logger)
        }

        deinit { try? FileManager.default.removeItem(at: folder) }
    }

    @Test func `it answers, runs and leaves`() async throws {
        let nest = try Nest()
        let answer = try await nest.scheduler.ask("Hello", model: "chick")
        #expect(answer.failure == nil && !answer.content.isEmpty)
        #expect(answer.thinking.isEmpty)
        let running = await nest.scheduler.running()
        #expect(running.map(\.model.name.display) == ["chick:latest"])
        #expect(running.allSatisfy { $0.model.isEmbedded && $0.size > 0 })
        var request = GenerationRequest.completion("", model: "chick")
        request.keepAlive = .seconds(0)
        guard case .unloaded = try await nest.scheduler.generate(request) else {
            Issue.record("not unloaded")
            return
        }
        #expect(await nest.scheduler.running().isEmpty)
        await nest.scheduler.shutdown()
    }

    @Test func `a stored copy says the same`() async throws {
        let nest = try Nest()
        let name = try #require(ModelName("copy"))
        try nest.store.copy(try #require(ModelName("chick")), to: name)
        let embedded = try await nest.scheduler.ask("Hello", model: "chick")
        let stored = try await nest.scheduler.ask("Hello", model: "copy")
        #expect(embedded.content == stored.content)
        #expect(await nest.scheduler.running().count == 2)
        await nest.scheduler.shutdown()
    }

    @Test func `it thinks on request only`() async throws {
        let nest = try Nest()
        let model = try nest.store.model(try #require(ModelName("chick")))
        #expect(nest.scheduler.capabilities(of: model) == ["completion", "thinking"])
        var request = GenerationRequest.chat([Message(role: "user", content: "a")], model: "chick")
        #expect(try await nest.scheduler.rendered(request) == "<user>a")
        request.think = .on
        #expect(try await nest.scheduler.rendered(request) == "<user>a<think>")
        request.think = .off
        #expect(try await nest.scheduler.rendered(request) == "<user>a")
        // So does a copy, by what its config says.
        try nest.store.copy(model.name, to: try #require(ModelName("copy")))
        request.think = nil
        request.model = try #require(ModelName("copy"))
        #expect(try await nest.scheduler.rendered(request) == "<user>a")
        await nest.scheduler.shutdown()
    }

    @Test func `a model that thinks by default does`() async throws {
        let nest = try Nest(thinksByDefault: true)
        let request = GenerationRequest.chat([Message(role: "user", content: "a")], model: "chick")
        #expect(try await nest.scheduler.rendered(request) == "<user>a<think>")
        await nest.scheduler.shutdown()
    }
}
