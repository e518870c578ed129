import API
import HTTPTypes
import Testing

@testable import Server

@Suite("OpenAI's other endpoints")
struct OpenAITests {
    @Test("completions: whole, streamed, and only loading")
    func completions() async throws {
        let server = try ServerUnderTest()
        defer { server.remove() }
        try server.addTiny()
        let request = #""model":"tiny","prompt":"Hi","temperature":0,"max_tokens":5"#
        let answer = try await server.ask("POST", "/v1/completions", "{\(request)}")
        let whole = try JSONValue(parsing: answer.body)
        #expect(whole["object"] == "text_completion")
        #expect(whole["choices"]?[0]?["finish_reason"] == "length")
        #expect(whole["usage"]?["completion_tokens"] == 5)

        let stream = try await server.ask(
            "POST", "/v1/completions",
            "{\(request),\"stream\":true,\"stream_options\":{\"include_usage\":true}}")
        #expect(stream.headers[.contentType] == "text/event-stream")
        let (objects, isDone) = try events(stream.body)
        #expect(isDone)
        #expect(
            objects.first?.object?.keys.elements == [
                "id", "object", "created", "choices", "model", "system_fingerprint", "usage",
            ])
        let texts = objects.compactMap { $0["choices"]?[0]?["text"]?.string }
        #expect(texts.joined() == whole["choices"]?[0]?["text"]?.string)
        #expect(texts.last == "")
        #expect(objects.first?["usage"]?["total_tokens"] == 0)
        #expect(objects.last?["usage"] == whole["usage"])

        let load = try await server.ask("POST", "/v1/completions", #"{"model":"tiny"}"#)
        let loaded = try JSONValue(parsing: load.body)
        #expect(loaded["choices"] == [["text": "", "index": 0, "finish_reason": "load"]])
    }

    @Test(
        "completions: refusals",
        arguments: [
            (#"{"stop":[5]}"#, 400, "invalid type for 'stop' field: float64"),
            (
                #"{"best_of":2}"#, 400, "best_of must equal n: answers are not ranked"
            ),
            ("{}", 404, "model '' not found"),
        ])
    func completionRefusals(body: String, status: Int, message: String) async throws {
        let server = try ServerUnderTest()
        defer { server.remove() }
        let answer = try await server.ask("POST", "/v1/completions", body)
        #expect(answer.status == status)
        #expect(try JSONValue(parsing: answer.body)["error"]?["message"] == .string(message))
    }

    @Test("embeddings as numbers and as base64 are the same")
    func embeddings() async throws {
        let server = try ServerUnderTest()
        defer { server.remove() }
        try server.addTiny("embed", pooling: 1)
        func ask(_ extra: String) async throws -> JSONValue {
            let answer = try await server.ask(
                "POST", "/v1/embeddings", #"{"model":"embed","input":["a","bc"]\#(extra)}"#)
            #expect(answer.status == 200)
            return try JSONValue(parsing: answer.body)
        }
        let floats = try await ask("")
        let coded = try await ask(#","encoding_format":"BASE64","dimensions":4"#)
        #expect(floats["data"]?.array?.count == 2)
        #expect(floats["data"]?[1]?["index"] == 1)
        #expect(floats["usage"]?["prompt_tokens"] == floats["usage"]?["total_tokens"])
        let short = try await ask(#","dimensions":4"#)
        for index in 0..<2 {
            let text = try #require(coded["data"]?[index]?["embedding"]?.string)
            let bytes = try Base64.decode(text).get()
            let values = stride(from: 0, to: bytes.count, by: 4).map { start in
                Float(
                    bitPattern: (0..<4).reduce(0) {
                        $0 | UInt32(bytes[start + $1]) << UInt32(8 * $1)
                    })
            }
            let expected = short["data"]?[index]?["embedding"]?.array?.map { Float($0.double ?? 0) }
            #expect(values == expected)
            #expect(values.count == 4)
        }
    }

    @Test(
        "embeddings: refusals",
        arguments: [
            (#"{"model":"m"}"#, 400, "invalid input"),
            (#"{"model":"m","input":[]}"#, 400, "invalid input"),
            (#"{"model":"m","input":[[1]]}"#, 400, "invalid input type"),
            (
                #"{"model":"m","input":"a","encoding_format":"int8"}"#, 400,
                "Invalid value for 'encoding_format' = int8. Supported values: ['float', 'base64']."
            ),
            (
                #"{"model":"m","input":""}"#, 404,
                "model \"m\" not found, try pulling it first"
            ),
        ])
    func embeddingRefusals(body: String, status: Int, message: String) async throws {
        let server = try ServerUnderTest()
        defer { server.remove() }
        let answer = try await server.ask("POST", "/v1/embeddings", body)
        #expect(answer.status == status)
        #expect(try JSONValue(parsing: answer.body)["error"]?["message"] == .string(message))
    }

    @Test("models")
    func models() async throws {
        let server = try ServerUnderTest()
        defer { server.remove() }
        #expect(
            try await server.ask("GET", "/v1/models", "").body
                == "{\"object\":\"list\",\"data\":null}\n")
        try server.addTiny("team/tiny:v1")
        try server.addTiny("tiny")
        let list = try JSONValue(parsing: try await server.ask("GET", "/v1/models", "").body)
        let entries = list["data"]?.array ?? []
        #expect(Set(entries.map { $0["id"] }) == ["team/tiny:v1", "tiny:latest"])
        #expect(Set(entries.map { $0["owned_by"] }) == ["team", "library"])
        let one = try await server.ask("GET", "/v1/models/TINY", "")
        #expect(try JSONValue(parsing: one.body)["id"] == "TINY")
        #expect(
            try await server.ask("GET", "/v1/models/other", "").body
                == #"{"error":{"message":"model 'other:latest' not found","#
                + #""type":"not_found_error","param":null,"code":null}}"# + "\n")
        #expect(try await server.ask("HEAD", "/v1/models", "").status == 405)
    }

    @Test("bodies in zstd are refused, in the native envelope")
    func zstd() async throws {
        let server = try ServerUnderTest()
        defer { server.remove() }
        let junk = try await server.ask(
            "POST", "/v1/embeddings", headers: [.contentEncoding: "zstd"], body: [1, 2])
        #expect(junk.status == 400)
        #expect(junk.body == #"{"error":"invalid input: magic number mismatch"}"#)
        let real = try await server.ask(
            "POST", "/v1/embeddings", headers: [.contentEncoding: "zstd"],
            body: [0x28, 0xB5, 0x2F, 0xFD, 0])
        #expect(real.status == 415)
    }
}
