import API
import Testing

@testable import Server

@Suite("Answers that are kept")
struct ResponseStoreTests {
    private static let path = "/v1/responses"

    private func post(_ server: ServerUnderTest, _ extra: String) async throws -> JSONValue {
        let answer = try await server.ask(
            "POST", Self.path,
            #"{"model":"tiny","temperature":0,"max_output_tokens":5,\#(extra)}"#)
        return try JSONValue(parsing: answer.body)
    }

    @Test("a request goes on from an answer, without its instructions")
    func goingOn() async throws {
        let server = try ServerUnderTest()
        defer { server.remove() }
        try server.addTiny()
        let first = try await post(server, #""input":"Hi","instructions":"Be brief.""#)
        let id = try #require(first["id"]?.string)
        let text = try #require(first["output"]?[0]?["content"]?[0]?["text"])
        let second = try await post(server, #""input":"And?","previous_response_id":"\#(id)""#)
        #expect(second["previous_response_id"]?.string == id)
        let spelled = try await post(
            server,
            #""input":[{"role":"user","content":"Hi"},{"role":"assistant","content":\#(text.serialized)},{"role":"user","content":"And?"}]"#
        )
        #expect(second["usage"]?["input_tokens"] == spelled["usage"]?["input_tokens"])
        #expect(
            second["output"]?[0]?["content"]?[0]?["text"]
                == spelled["output"]?[0]?["content"]?[0]?["text"])
    }

    @Test("answers are read and forgotten; streamed ones too; store false keeps nothing")
    func readAndForgotten() async throws {
        let server = try ServerUnderTest()
        defer { server.remove() }
        try server.addTiny()
        let stream = try await server.ask(
            "POST", Self.path, #"{"model":"tiny","input":"Hi","max_output_tokens":3,"stream":true}"#
        )
        let completed = try #require(stream.body.split(separator: "\n\n").last)
        let data = completed.split(separator: "\n")[1].dropFirst("data: ".count)
        let response = try #require(try JSONValue(parsing: String(data))["response"])
        let id = try #require(response["id"]?.string)
        let read = try await server.ask("GET", "\(Self.path)/\(id)")
        #expect(read.status == 200)
        #expect(try JSONValue(parsing: read.body)["output"]?.normalized == response["output"])
        let gone = try await server.ask("DELETE", "\(Self.path)/\(id)")
        #expect(
            try JSONValue(parsing: gone.body) == [
                "id": .string(id), "object": "response", "deleted": true,
            ])
        #expect(try await server.ask("GET", "\(Self.path)/\(id)").status == 404)
        #expect(try await server.ask("DELETE", "\(Self.path)/\(id)").status == 404)
        let missing = try await post(server, #""input":"x","previous_response_id":"\#(id)""#)
        #expect(missing["error"]?["message"]?.string == "response \"\(id)\" not found")

        let secret = try await post(server, #""input":"Hi","store":false"#)
        let secretID = try #require(secret["id"]?.string)
        #expect(try await server.ask("GET", "\(Self.path)/\(secretID)").status == 404)
    }

    @Test("the least recently used go first, by count and by size")
    func bounds() throws {
        let request = try ResponsesRequest(body: ["model": "m", "input": "x"])
        let message = Message(role: "assistant", content: String(repeating: "a", count: 1000))
        let store = ResponseStore(maxCount: 2, maxBytes: 1 << 20)
        store.keep(request, "a", [:], message)
        store.keep(request, "b", [:], message)
        #expect(store["a"] != nil)
        store.keep(request, "c", [:], message)
        #expect(store["b"] == nil)
        #expect(store["a"] != nil && store["c"] != nil)

        let small = ResponseStore(maxCount: 100, maxBytes: 3000)
        for id in ["a", "b", "c"] { small.keep(request, id, [:], message) }
        #expect(small.count == 2)
        #expect(small["a"] == nil)
        #expect(small.remove("b"))
        #expect(!small.remove("b"))
        let huge = Message(role: "assistant", content: String(repeating: "a", count: 5000))
        small.keep(request, "d", [:], huge)
        #expect(small["d"] == nil && small["c"] != nil)
    }

    @Test("log-probabilities where they are asked for")
    func logprobs() async throws {
        let server = try ServerUnderTest()
        defer { server.remove() }
        try server.addTiny()
        let answer = try await post(
            server, #""input":"Hi","include":["message.output_text.logprobs"],"top_logprobs":2"#)
        let items = try #require(answer["output"]?[0]?["content"]?[0]?["logprobs"]?.array)
        #expect(!items.isEmpty)
        #expect(items.allSatisfy { $0["top_logprobs"]?.array?.count == 2 })
        #expect(answer["top_logprobs"] == 2)
    }

    @Test(
        "what is not there is refused by name",
        arguments: [
            (#"{"background":true}"#, "background is not supported"),
            (
                #"{"conversation":"c"}"#,
                "conversation is not supported: use previous_response_id"
            ),
            (
                #"{"text":{"format":{"type":"json_schema"}}}"#,
                "text.format: json_schema has no schema"
            ),
        ])
    func refusals(body: String, message: String) async throws {
        let server = try ServerUnderTest()
        defer { server.remove() }
        let answer = try await server.ask("POST", Self.path, body)
        #expect(answer.status == 400)
        #expect(try JSONValue(parsing: answer.body)["error"]?["message"]?.string == message)
    }
}
