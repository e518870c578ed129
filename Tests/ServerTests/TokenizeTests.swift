import API
import Testing

@testable import Server

@Suite("Tokens of texts and prompts")
struct TokenizeTests {
    @Test("texts become tokens and come back")
    func roundTrip() async throws {
        let server = try ServerUnderTest()
        defer { server.remove() }
        try server.addTiny()
        for name in ["prompt", "content"] {
            let answer = try await server.ask(
                "POST", "/api/tokenize", #"{"model":"tiny","\#(name)":"ab c"}"#)
            let tokens = try #require(try JSONValue(parsing: answer.body)["tokens"])
            #expect(tokens.array?.isEmpty == false)
            let back = try await server.ask(
                "POST", "/api/detokenize", #"{"model":"tiny","tokens":\#(tokens.serialized)}"#)
            #expect(back.body == #"{"content":"ab c"}"#)
        }
        let empty = try await server.ask("POST", "/api/tokenize", #"{"model":"tiny"}"#)
        #expect(empty.body == #"{"tokens":[]}"#)
    }

    @Test(
        "refusals",
        arguments: [
            ("/api/tokenize", "{}", 400, "model is required"),
            ("/api/tokenize", #"{"model":"nope"}"#, 404, "model 'nope' not found"),
            (
                "/api/detokenize", #"{"model":"tiny","tokens":[-1]}"#, 400,
                "token -1 is outside the vocabulary of"
            ),
            (
                "/api/detokenize", #"{"model":"tiny","tokens":["a"]}"#, 400,
                "json: cannot unmarshal string into Go struct field"
            ),
        ])
    func refusals(path: String, body: String, status: Int, message: String) async throws {
        let server = try ServerUnderTest()
        defer { server.remove() }
        try server.addTiny()
        let answer = try await server.ask("POST", path, body)
        #expect(answer.status == status)
        #expect(try JSONValue(parsing: answer.body)["error"]?.string?.hasPrefix(message) == true)
    }

    @Test("counted tokens are those that an answer reports")
    func count() async throws {
        let server = try ServerUnderTest()
        defer { server.remove() }
        try server.addTiny()
        let body =
            #""model":"tiny","system":"Be brief.","messages":[{"role":"user","content":"Hi"}]"#
        let counted = try await server.ask("POST", "/v1/messages/count_tokens", "{\(body)}")
        #expect(counted.status == 200)
        let answer = try await server.ask("POST", "/v1/messages", "{\(body),\"max_tokens\":2}")
        let usage = try JSONValue(parsing: answer.body)["usage"]
        #expect(try JSONValue(parsing: counted.body)["input_tokens"] == usage?["input_tokens"])
        let bad = try await server.ask("POST", "/v1/messages/count_tokens", #"{"model":"tiny"}"#)
        #expect(bad.status == 400)
        #expect(bad.body.contains("messages is required"))
    }
}
