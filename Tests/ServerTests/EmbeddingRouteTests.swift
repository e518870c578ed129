import API
import Testing

@testable import Server

@Suite("Embeddings of an encoder")
struct EmbeddingRouteTests {
    static let long = String(repeating: "a ", count: 63)
    static let cases: [(path: String, body: String, status: Int, answer: String)] = [
        ("/api/embed", #"{"model":"e"}"#, 200, #"{"model":"e","embeddings":[]}"#),
        ("/api/embed", #"{"model":"e","input":""}"#, 200, #"{"model":"e","embeddings":[]}"#),
        ("/api/embeddings", #"{"model":"e"}"#, 200, #"{"embedding":[]}"#),
        (
            "/v1/embeddings", #"{"model":"e","input":"hello","dimensions":1}"#, 200,
            #"{"object":"list","data":[{"object":"embedding","embedding":[-1],"index":0}],"#
                + #""model":"e","usage":{"prompt_tokens":3,"total_tokens":3}}"# + "\n"
        ),
        (
            "/v1/embeddings",
            #"{"model":"e","input":["hello","A"],"dimensions":1,"encoding_format":"base64"}"#, 200,
            #"{"object":"list","data":[{"object":"embedding","embedding":"AACAvw==","index":0},"#
                + #"{"object":"embedding","embedding":"AACAvw==","index":1}],"#
                + #""model":"e","usage":{"prompt_tokens":6,"total_tokens":6}}"# + "\n"
        ),
        (
            "/api/embed", #"{"model":"e","input":"\#(long)","truncate":false}"#, 400,
            #"{"error":"the input length exceeds the context length"}"#
        ),
        (
            "/api/embeddings", #"{"model":"e","prompt":"\#(long)"}"#, 500,
            #"{"error":"the input length exceeds the context length"}"#
        ),
        (
            "/api/generate", #"{"model":"e","prompt":"a"}"#, 400,
            #"{"error":"\"e\" does not support generate"}"#
        ),
    ]

    @Test("answers", arguments: cases.indices)
    func answers(_ index: Int) async throws {
        let server = try ServerUnderTest()
        defer { server.remove() }
        try server.addTinyBert("e")
        let (path, body, status, expected) = Self.cases[index]
        let answer = try await server.ask("POST", path, body)
        #expect(answer.status == status)
        #expect(answer.body == expected)
    }

    @Test("vectors have length 1, here and in the older form")
    func lengths() async throws {
        let server = try ServerUnderTest()
        defer { server.remove() }
        try server.addTinyBert("e")
        func length(_ vector: JSONValue?) -> Double {
            (vector?.array ?? []).reduce(0) { $0 + ($1.double ?? 0) * ($1.double ?? 0) }
        }
        let answer = try JSONValue(
            parsing: await server.ask(
                "POST", "/api/embed", #"{"model":"e","input":["Hello, Wörld.","x"]}"#
            ).body)
        #expect(answer["embeddings"]?.array?.count == 2)
        #expect(answer["embeddings"]?[0]?.array?.count == 32)
        // [CLS] hello [UNK] wor ld . [SEP]; [CLS] x [SEP]
        #expect(answer["prompt_eval_count"] == 10)
        #expect(abs(length(answer["embeddings"]?[0]) - 1) < 1e-5)
        let older = try JSONValue(
            parsing: await server.ask(
                "POST", "/api/embeddings", #"{"model":"e","prompt":"x"}"#
            ).body)
        #expect(abs(length(older["embedding"]) - 1) < 1e-5)
        #expect(older["embedding"]?.array?.count == 32)
    }

    @Test("show names what the model does")
    func capabilities() async throws {
        let server = try ServerUnderTest()
        defer { server.remove() }
        try server.addTinyBert("e")
        let show = try JSONValue(
            parsing: await server.ask("POST", "/api/show", #"{"model":"e"}"#).body)
        #expect(show["capabilities"] == ["embedding"])
        #expect(show["details"]?["family"] == "bert")
    }
}
