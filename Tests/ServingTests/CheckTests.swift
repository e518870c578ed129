import API
import Foundation
import ModelStore
import TestSupport
import Testing

@testable import Serving

/// What is refused, in which words and in which order.
@Suite struct CheckTests {
    static func question(_ model: String = "tiny") -> GenerationRequest {
        .chat([Message(role: "user", content: "x")], model: model)
    }

    @Test func `a model that is not there is a 404`() async throws {
        let kitchen = try Kitchen()
        #expect(
            await kitchen.scheduler.refusal(Self.question("nope"))
                == APIError(404, "model 'nope' not found"))
        let embedding = EmbeddingRequest(
            requestedModel: "nope", model: ModelName("nope")!, inputs: ["a"])
        await #expect(throws: APIError(404, "model \"nope\" not found, try pulling it first")) {
            try await kitchen.scheduler.embed(embedding)
        }
    }

    @Test func `abilities that the model lacks are named`() async throws {
        let kitchen = try Kitchen()
        try kitchen.addTiny()
        try kitchen.addTiny("me/vec:v1", pooling: 1)
        var think = Self.question()
        think.think = .on
        #expect(
            await kitchen.scheduler.refusal(think)
                == APIError(400, "\"tiny\" does not support thinking"))
        think.think = .off
        #expect(await kitchen.scheduler.refusal(think) == nil)
        let tool = Tool(raw: ["type": "function", "function": ["name": "f"]])
        #expect(
            await kitchen.scheduler.refusal(
                .chat([Message(role: "user", content: "x")], tools: [tool]))
                == APIError(400, "registry.ollama.ai/library/tiny:latest does not support tools"))
        #expect(
            await kitchen.scheduler.refusal(.completion("a", suffix: "b", raw: true))
                == APIError(400, "registry.ollama.ai/library/tiny:latest does not support insert"))
        #expect(
            await kitchen.scheduler.refusal(Self.question("me/vec:v1"))
                == APIError(400, "\"me/vec:v1\" does not support chat"))
        #expect(
            await kitchen.scheduler.refusal(.completion("", model: "me/vec:v1"))
                == APIError(400, "\"me/vec:v1\" does not support generate"))
    }

    @Test func `raw excludes template, system and context`() async throws {
        let kitchen = try Kitchen()
        try kitchen.addTiny()
        let refusal = APIError(400, "raw mode does not support template, system, or context")
        for request in [
            GenerationRequest.completion("x", raw: true, system: "s"),
            .completion("x", raw: true, template: "t"),
            .completion("x", raw: true, context: [1]),
        ] {
            #expect(await kitchen.scheduler.refusal(request) == refusal)
        }
        #expect(await kitchen.scheduler.refusal(.completion("x", raw: true, context: [])) == nil)
    }

    @Test(arguments: [
        (#""xml""#, #"invalid format: "\"xml\""; expected "json" or a valid JSON Schema object"#),
        ("5", #"invalid format: "5"; expected "json" or a valid JSON Schema object"#),
        ("[1]", #"invalid format: "[1]"; expected "json" or a valid JSON Schema object"#),
        ("true", #"invalid format: "true"; expected "json" or a valid JSON Schema object"#),
    ])
    func `formats that are none are refused`(format: String, message: String) async throws {
        let kitchen = try Kitchen()
        try kitchen.addTiny()
        var request = Self.question()
        request.format = try JSONValue(parsing: format)
        #expect(await kitchen.scheduler.refusal(request) == APIError(500, message))
    }

    @Test func `a schema that cannot be honoured is refused by name, no format is fine`()
        async throws
    {
        let kitchen = try Kitchen()
        try kitchen.addTiny()
        var request = Self.question()
        let refused: [(JSONValue, String)] = [
            (["type": "nonsense"], "nonsense"),
            (["type": "array", "uniqueItems": true], "uniqueItems"),
            (["type": "object", "not": ["type": "null"]], "not"),
            (["type": "string", "pattern": "(?=a)"], "pattern"),
        ]
        for (format, name) in refused {
            request.format = format
            let refusal = await kitchen.scheduler.refusal(request)
            #expect(refusal?.status == 400)
            #expect(refusal?.message.contains(name) == true, "\(String(describing: refusal))")
        }
        for format: JSONValue in ["", nil] {
            request.format = format
            #expect(await kitchen.scheduler.refusal(request) == nil)
        }
    }

    @Test func `images are refused on text models, in the words of each path`() async throws {
        let kitchen = try Kitchen()
        try kitchen.addTiny()
        try kitchen.addTiny("go") { $0.template = "{{ .Prompt }}" }
        var message = Message(role: "user", content: "x")
        message.images = [[1]]
        #expect(
            await kitchen.scheduler.refusal(.chat([message]))
                == APIError(
                    500,
                    "image input is not supported - hint: if this is unexpected, you may need to "
                        + "provide the mmproj"))
        let plain = APIError(
            400, "Multimodal data provided, but model does not support multimodal requests.")
        #expect(await kitchen.scheduler.refusal(.chat([message], model: "go")) == plain)
        #expect(await kitchen.scheduler.refusal(.completion("x", images: [[]])) == plain)
    }

    @Test func `what the engine refuses is the first event, and the model is free then`()
        async throws
    {
        let kitchen = try Kitchen()
        try kitchen.addTiny()
        var request = Self.question()
        request.options = ["repeat_penalty": 0]
        request.keepAlive = .seconds(0)
        guard case .stream(let stream) = try await kitchen.scheduler.generate(request) else {
            Issue.record("no stream")
            return
        }
        var events: [GenerationEvent] = []
        for await event in stream { events.append(event) }
        #expect(events.count == 1)
        guard case .failed(let error)? = events.first else {
            Issue.record("no failure")
            return
        }
        #expect(error.status == 400)
        #expect(await kitchen.scheduler.running().isEmpty)

        var message = Message(role: "user", content: "x")
        message.images = [[1]]
        var picture = GenerationRequest.chat([message])
        picture.renderOnly = true
        await #expect(throws: APIError.self) { try await kitchen.scheduler.generate(picture) }
    }

    @Test func `bad options come before the load, bad sampler values after`() async throws {
        let kitchen = try Kitchen()
        try kitchen.addTiny()
        var request = Self.question()
        request.options = ["num_ctx": "x"]
        #expect(
            await kitchen.scheduler.refusal(request)
                == APIError(500, "option \"num_ctx\" must be of type integer"))
        #expect(await kitchen.scheduler.running().isEmpty)
        request.options = ["repeat_penalty": 0]
        #expect(await kitchen.scheduler.refusal(request)?.status == 400)
        #expect(await kitchen.scheduler.running().count == 1)
    }

    @Test func `a bad template override is a 500 and the model stays usable`() async throws {
        let kitchen = try Kitchen()
        try kitchen.addTiny()
        let error = await kitchen.scheduler.refusal(.completion("x", template: "{{ .Prompt"))
        #expect(error == APIError(500, "template: :1: unclosed action"))
        #expect(try await kitchen.scheduler.ask("x", tokens: 2).summary != nil)
    }

    @Test func `an unreadable weights file is a load error`() async throws {
        let kitchen = try Kitchen()
        try kitchen.addTiny()
        let path = try kitchen.weightsPath("tiny")
        try FileManager.default.removeItem(atPath: path)
        #expect(
            await kitchen.scheduler.refusal(Self.question())
                == APIError(404, "model \"tiny\" not found, try pulling it first"))
        try Data("no model".utf8).write(to: URL(filePath: path))
        let error = await kitchen.scheduler.refusal(Self.question())
        #expect(error?.status == 500)
        #expect(error?.message.hasPrefix("error loading model") == true)
    }

    @Test func `capabilities and templates are told apart by their source`() async throws {
        let kitchen = try Kitchen()
        try kitchen.addTiny()
        try kitchen.addTiny("fim") {
            $0.template = "{{ if .Suffix }}{{ .Suffix }}{{ else }}{{ .Prompt }}{{ end }}"
        }
        try kitchen.addTiny("vec", pooling: 1)
        func capabilities(_ name: String) throws -> [String] {
            kitchen.scheduler.capabilities(of: try kitchen.store.model(ModelName(name)!))
        }
        #expect(try capabilities("tiny") == ["completion"])
        #expect(try capabilities("fim") == ["completion", "insert"])
        #expect(try capabilities("vec") == ["embedding"])
        let tiny = try kitchen.store.model(ModelName("tiny")!)
        #expect(kitchen.scheduler.shownTemplate(of: tiny) == TinyModel.template)
    }
}
