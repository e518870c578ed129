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

    // MARK: Encoders

    @Test func `an encoder's vectors are the same alone and in a list`() async throws {
        let kitchen = try Kitchen()
        try kitchen.addTinyBert("vec")
        let texts = ["hello world", "a", "", "zebra.", "hello world hello world", "a"]
            .flatMap { [$0, $0 + " x"] }
        let list = try await kitchen.scheduler.embed(Self.request(texts))
        #expect(list.vectors.count == texts.count)
        var tokens = 0
        for (text, vector) in zip(texts, list.vectors) {
            let alone = try await kitchen.scheduler.embed(Self.request([text]))
            #expect(alone.vectors == [vector])
            tokens += alone.promptEvalCount
        }
        #expect(list.promptEvalCount == tokens)
        #expect(list.vectors[0] != list.vectors[1] && list.vectors[2] == list.vectors[10])
    }

    @Test func `requests of many at once get what is theirs`() async throws {
        let kitchen = try Kitchen()
        try kitchen.addTinyBert("vec")
        let scheduler = kitchen.scheduler
        let words = (0..<40).map { "hello " + String(repeating: "x", count: $0) }
        var expected: [[Float]] = []
        for word in words {
            expected.append(try await scheduler.embed(Self.request([word])).vectors[0])
        }
        let found = try await withThrowingTaskGroup(of: (Int, [Float]).self) { group in
            for (index, word) in words.enumerated() {
                group.addTask {
                    (index, try await scheduler.embed(Self.request([word])).vectors[0])
                }
            }
            var found = words.map { _ in [Float]() }
            for try await (index, vector) in group { found[index] = vector }
            return found
        }
        #expect(found == expected)
    }

    @Test func `long texts are cut between class and separator`() async throws {
        let kitchen = try Kitchen()
        try kitchen.addTinyBert("vec")
        let long = Array(repeating: "a", count: 200).joined(separator: " ")
        var request = Self.request([long])
        let cut = try await kitchen.scheduler.embed(request)
        #expect(cut.promptEvalCount == 64)
        let fitting = Array(repeating: "a", count: 62).joined(separator: " ")
        let whole = try await kitchen.scheduler.embed(Self.request([fitting]))
        #expect(whole.vectors == cut.vectors && whole.promptEvalCount == 64)
        request.options = ["num_ctx": 16]
        #expect(try await kitchen.scheduler.embed(request).promptEvalCount == 16)
        request.truncate = false
        await #expect(throws: APIError(400, "the input length exceeds the context length")) {
            try await kitchen.scheduler.embed(request)
        }
    }

    @Test func `an encoder generates nothing`() async throws {
        let kitchen = try Kitchen()
        try kitchen.addTinyBert("vec")
        let refusal = await kitchen.scheduler.refusal(.completion("hello", model: "vec"))
        #expect(refusal?.status == 400)
        _ = try await kitchen.scheduler.embed(Self.request(["hello"]))
        #expect(await kitchen.scheduler.running().count == 1)
        // Without a pooling type it looks like a text model, and fails as one.
        try kitchen.addTinyBert("none", pooling: nil)
        let none = await kitchen.scheduler.refusal(.completion("hello", model: "none"))
        #expect(none?.status == 500)
        #expect(none?.message.contains("bert models make embeddings and no text") == true)
    }
}
