import API
import ModelStore
import TestSupport
import Testing

@testable import Serving

@Suite struct EmbeddingTests {
    static func request(_ inputs: [String], model: String = "vec") -> EmbeddingRequest {
        EmbeddingRequest(requestedModel: model, model: ModelName(model)!, inputs: inputs)
    }

    @Test func `every input gets a vector, alone or in a list`() async throws {
        let kitchen = try Kitchen()
        try kitchen.addTiny("vec", pooling: 1)
        let both = try await kitchen.scheduler.embed(Self.request(["hello", "you"]))
        let alone = try await kitchen.scheduler.embed(Self.request(["you"]))
        #expect(both.vectors.count == 2)
        #expect(both.vectors[1] == alone.vectors[0])
        #expect(both.vectors[0] != both.vectors[1])
        #expect(both.vectors[0].count == 32)
        #expect(both.promptEvalCount > alone.promptEvalCount)
    }

    @Test func `no input loads the model`() async throws {
        let kitchen = try Kitchen()
        try kitchen.addTiny("vec", pooling: 1)
        let result = try await kitchen.scheduler.embed(Self.request([]))
        #expect(result.vectors.isEmpty)
        #expect(await kitchen.scheduler.running().count == 1)
    }

    @Test func `dimensions keep the front of the vector`() async throws {
        let kitchen = try Kitchen()
        try kitchen.addTiny("vec", pooling: 1)
        var request = Self.request(["hello"])
        let whole = try await kitchen.scheduler.embed(request).vectors[0]
        for (dimensions, count) in [(8, 8), (0, 32), (-1, 32), (1000, 32)] {
            request.dimensions = dimensions
            let vector = try await kitchen.scheduler.embed(request).vectors[0]
            #expect(vector == Array(whole.prefix(count)))
        }
    }

    @Test func `long inputs are cut, or refused`() async throws {
        let kitchen = try Kitchen()
        try kitchen.addTiny("vec", pooling: 1)
        var request = Self.request([String(repeating: "x", count: 100)])
        request.options = ["num_ctx": 16]
        #expect(try await kitchen.scheduler.embed(request).promptEvalCount == 16)
        request.truncate = false
        await #expect(throws: APIError(400, "the input length exceeds the context length")) {
            try await kitchen.scheduler.embed(request)
        }
    }

    @Test func `a text model makes no embeddings`() async throws {
        let kitchen = try Kitchen()
        try kitchen.addTiny("tiny")
        await #expect(
            throws: APIError(
                501, "This server does not support embeddings. Start it with `--embeddings`")
        ) {
            try await kitchen.scheduler.embed(Self.request(["a"], model: "tiny"))
        }
        #expect(
            try await kitchen.scheduler.embed(Self.request([], model: "tiny")).vectors.isEmpty)
    }
}
