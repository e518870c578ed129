import API
import Serving
import Testing

@testable import Server

@Suite("Several answers to one request")
struct ChoicesTests {
    private static func ask(
        _ server: ServerUnderTest, _ extra: String, path: String = "/v1/chat/completions"
    ) async throws -> (status: Int, json: JSONValue, body: String) {
        let input =
            path == "/v1/completions"
            ? #""prompt":"Hi""# : #""messages":[{"role":"user","content":"Hi"}]"#
        let answer = try await server.ask(
            "POST", path, #"{"model":"tiny",\#(input),"max_tokens":6,\#(extra)}"#)
        return (answer.status, (try? JSONValue(parsing: answer.body)) ?? .null, answer.body)
    }

    @Test("each has the seed of its place, and the prompt counts once")
    func seeds() async throws {
        let server = try ServerUnderTest()
        defer { server.remove() }
        try server.addTiny()
        let three = try await Self.ask(server, #""n":3,"seed":5"#).json
        #expect(three["choices"]?.array?.map { $0["index"]?.integer } == [0, 1, 2])
        var prompt: Int?
        var written = 0
        for index in 0..<3 {
            let one = try await Self.ask(server, #""seed":\#(5 + index)"#).json
            #expect(
                one["choices"]?[0]?["message"]?["content"]
                    == three["choices"]?[index]?["message"]?["content"])
            prompt = one["usage"]?["prompt_tokens"]?.integer
            written += one["usage"]?["completion_tokens"]?.integer ?? 0
        }
        #expect(three["usage"]?["prompt_tokens"]?.integer == prompt)
        #expect(three["usage"]?["completion_tokens"]?.integer == written)
    }

    @Test("a stream interleaves them and ends once")
    func stream() async throws {
        let server = try ServerUnderTest()
        defer { server.remove() }
        try server.addTiny()
        let whole = try await Self.ask(server, #""n":2,"seed":1"#).json
        let body = try await Self.ask(
            server, #""n":2,"seed":1,"stream":true,"stream_options":{"include_usage":true}"#
        ).body
        let (objects, isDone) = try events(body)
        #expect(isDone)
        for index in 0..<2 {
            let choices = objects.compactMap { $0["choices"]?[0] }
                .filter { $0["index"]?.integer == index }
            #expect(choices.first?["delta"]?["role"] == "assistant")
            #expect(choices.filter { $0["finish_reason"] != .null }.count == 1)
            #expect(
                choices.compactMap { $0["delta"]?["content"]?.string }.joined()
                    == whole["choices"]?[index]?["message"]?["content"]?.string)
        }
        #expect(objects.filter { $0["usage"] != nil }.count == 1)
        #expect(objects.last?["usage"] == whole["usage"])
    }

    @Test("text completions: n, echo and log-probabilities in lists")
    func completions() async throws {
        let server = try ServerUnderTest()
        defer { server.remove() }
        try server.addTiny()
        let path = "/v1/completions"
        let plain = try await Self.ask(server, #""temperature":0"#, path: path).json
        let text = try #require(plain["choices"]?[0]?["text"]?.string)
        let two = try await Self.ask(
            server, #""temperature":0,"n":2,"best_of":2,"echo":true"#, path: path
        ).json
        #expect(
            two["choices"]?.array?.map { $0["text"] }
                == ["Hi" + text, "Hi" + text].map { .string($0) })
        let scored = try await Self.ask(server, #""temperature":0,"logprobs":2"#, path: path).json
        let lists = try #require(scored["choices"]?[0]?["logprobs"])
        let tokens = lists["tokens"]?.array?.compactMap(\.string) ?? []
        #expect(tokens.joined() == text)
        #expect(lists["token_logprobs"]?.array?.count == tokens.count)
        #expect(lists["text_offset"]?[1]?.integer == tokens[0].unicodeScalars.count)
        let body = try await Self.ask(
            server, #""temperature":0,"echo":true,"stream":true"#, path: path
        ).body
        let (objects, isDone) = try events(body)
        #expect(isDone)
        #expect(objects.compactMap { $0["choices"]?[0]?["text"]?.string }.joined() == "Hi" + text)
    }

    @Test("a bias bans a token, forces another, and names what is none")
    func bias() async throws {
        let server = try ServerUnderTest()
        defer { server.remove() }
        try server.addTiny()
        let tokens = try await server.ask(
            "POST", "/api/tokenize", #"{"model":"tiny","content":"a"}"#)
        let token = try #require(try JSONValue(parsing: tokens.body)["tokens"]?[0]?.integer)
        let forced = try await Self.ask(
            server, #""temperature":0,"logit_bias":{"\#(token)":100}"#
        ).json
        #expect(forced["choices"]?[0]?["message"]?["content"] == "aaaaaa")
        let plain = try await Self.ask(server, #""temperature":0,"logprobs":true"#).json
        let first = try #require(
            plain["choices"]?[0]?["logprobs"]?["content"]?[0]?["token"]?.string)
        let word = try await server.ask(
            "POST", "/api/tokenize",
            #"{"model":"tiny","content":\#(JSONValue.string(first).serialized)}"#)
        if let ids = try JSONValue(parsing: word.body)["tokens"]?.array, ids.count == 1,
            let banned = ids[0].integer
        {
            let other = try await Self.ask(
                server, #""temperature":0,"logprobs":true,"logit_bias":{"\#(banned)":-100}"#
            ).json
            #expect(
                other["choices"]?[0]?["logprobs"]?["content"]?[0]?["token"]?.string != first)
        }
        for (biases, message) in [
            (#"{"x":1}"#, #"logit_bias: "x" is no token number"#),
            (#"{"5":101}"#, "logit_bias: the bias of token 5 is no number between -100 and 100"),
        ] {
            let refused = try await Self.ask(server, #""logit_bias":\#(biases)"#)
            #expect(refused.status == 400)
            #expect(refused.json["error"]?["message"] == .string(message))
        }
        let outside = try await Self.ask(server, #""logit_bias":{"99999999":1}"#)
        #expect(outside.status == 400)
        #expect(outside.body.contains("logit_bias: token 99999999 is outside the vocabulary"))
    }

    @Test("a grammar holds the answer of every form; with a format it is refused")
    func grammar() async throws {
        let server = try ServerUnderTest()
        defer { server.remove() }
        try server.addTiny()
        let grammar = #""grammar":"root ::= \"yes\" | \"no\"""#
        let chat = try await Self.ask(server, grammar).json
        #expect(["yes", "no"].contains(chat["choices"]?[0]?["message"]?["content"]?.string))
        let text = try await Self.ask(server, grammar, path: "/v1/completions").json
        #expect(["yes", "no"].contains(text["choices"]?[0]?["text"]?.string))
        let native = try await server.ask(
            "POST", "/api/generate",
            #"{"model":"tiny","prompt":"x","stream":false,\#(grammar)}"#)
        #expect(["yes", "no"].contains(try JSONValue(parsing: native.body)["response"]?.string))
        let both = try await server.ask(
            "POST", "/api/chat",
            #"{"model":"tiny","messages":[{"role":"user","content":"x"}],"format":"json",\#(grammar)}"#
        )
        #expect(both.status == 400)
        #expect(both.body == #"{"error":"format and grammar cannot both hold an answer"}"#)
        let bad = try await Self.ask(server, #""grammar":"root ::= (""#)
        #expect(bad.status == 400)
        #expect(bad.json["error"]?["message"]?.string?.hasPrefix("invalid grammar: ") == true)
    }
}
