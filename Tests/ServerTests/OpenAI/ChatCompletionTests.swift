import API
import HTTPTypes
import Serving
import Testing

@testable import Server

@Suite("POST /v1/chat/completions")
struct ChatCompletionTests {
    private static let path = "/v1/chat/completions"

    @Test(
        "refusals",
        arguments: [
            ("", 400, "EOF", "invalid_request_error"),
            ("{", 400, "unexpected EOF", "invalid_request_error"),
            ("{}", 400, "[] is too short - 'messages'", "invalid_request_error"),
            (
                #"{"messages":[{"content":5}]}"#, 400, "invalid message content type: float64",
                "invalid_request_error"
            ),
            (
                #"{"messages":[{"content":"x"}],"n":17}"#, 400,
                "n must be between 1 and 16, but is 17",
                "invalid_request_error"
            ),
            (
                #"{"model":"m","messages":[{"content":"x"}],"temperature":"hot"}"#, 400,
                "json: cannot unmarshal string into Go struct field "
                    + "ChatCompletionRequest.temperature of type float64", "invalid_request_error"
            ),
        ])
    func refusals(body: String, status: Int, message: String, type: String) async throws {
        let server = try ServerUnderTest()
        defer { server.remove() }
        let answer = try await server.ask("POST", Self.path, body)
        #expect(answer.status == status)
        #expect(answer.headers[.contentType] == "application/json; charset=utf-8")
        let expected: JSONValue = [
            "error": [
                "message": .string(message), "type": .string(type), "param": nil, "code": nil,
            ]
        ]
        #expect(answer.body == expected.serialized)
    }

    @Test(
        "failures of the core",
        arguments: [
            (#"{"messages":[{"content":"x"}]}"#, 400, "model is required"),
            (
                #"{"model":"m","messages":[{"content":"x"}],"top_logprobs":21}"#, 400,
                "top_logprobs must be between 0 and 20"
            ),
            (
                #"{"model":"m","messages":[{"content":"x"}],"stream":true}"#, 404,
                "model 'm' not found"
            ),
            (
                #"{"model":"tiny","messages":[{"content":"x"}],"response_format":{"type":"json_schema","json_schema":{"schema":{"type":"nonsense"}}}}"#,
                400, "invalid format: the schema type 'nonsense' is not known"
            ),
        ])
    func failures(body: String, status: Int, message: String) async throws {
        let server = try ServerUnderTest()
        defer { server.remove() }
        try server.addTiny()
        let answer = try await server.ask("POST", Self.path, body)
        #expect(answer.status == status)
        #expect(answer.headers[.contentType] == "application/json")
        #expect(answer.body.hasSuffix("}\n"))
        #expect(try JSONValue(parsing: answer.body)["error"]?["message"] == .string(message))
    }

    @Test("a stream says what the whole answer says")
    func streamAndWhole() async throws {
        let server = try ServerUnderTest()
        defer { server.remove() }
        try server.addTiny()
        let request =
            #""model":"tiny","messages":[{"role":"user","content":"Hi"}],"temperature":0,"max_tokens":8"#
        let whole = try await server.ask("POST", Self.path, "{\(request)}")
        #expect(whole.status == 200)
        #expect(whole.headers[.contentType] == "application/json")
        let answer = try JSONValue(parsing: whole.body)
        #expect(
            answer.object?.keys.elements == [
                "id", "object", "created", "model", "system_fingerprint", "choices", "usage",
            ])
        let choice = try #require(answer["choices"]?[0])
        #expect(choice["finish_reason"] == "length")
        #expect(answer["usage"]?["completion_tokens"] == 8)
        let prompt = try #require(answer["usage"]?["prompt_tokens"]?.integer)
        #expect(answer["usage"]?["total_tokens"]?.integer == prompt + 8)

        let stream = try await server.ask(
            "POST", Self.path,
            "{\(request),\"stream\":true,\"stream_options\":{\"include_usage\":true}}")
        #expect(stream.headers[.contentType] == "text/event-stream")
        let (objects, isDone) = try events(stream.body)
        #expect(isDone)
        #expect(Set(objects.map { $0["id"] }).count == 1)
        #expect(Set(objects.map { $0["created"] }).count == 1)
        let deltas = objects.map { $0["choices"]?[0]?["delta"] }
        #expect(deltas.first??["role"] == "assistant")
        #expect(deltas.dropFirst().allSatisfy { $0?["role"] == nil })
        #expect(
            deltas.compactMap { $0?["content"]?.string }.joined()
                == choice["message"]?["content"]?.string)
        #expect(objects.dropLast(2).allSatisfy { $0["choices"]?[0]?["finish_reason"] == .null })
        #expect(
            objects[objects.count - 2]["choices"]
                == [["index": 0, "delta": [:], "finish_reason": "length"]])
        #expect(objects.last?["choices"] == [])
        #expect(objects.last?["usage"] == answer["usage"])
        #expect(objects.dropLast().allSatisfy { $0["usage"] == nil })
    }

    @Test("limits, stops and log-probabilities")
    func options() async throws {
        let server = try ServerUnderTest()
        defer { server.remove() }
        try server.addTiny()
        func ask(_ extra: String) async throws -> JSONValue {
            let answer = try await server.ask(
                "POST", Self.path,
                #"{"model":"tiny","messages":[{"role":"user","content":"Hi"}],"temperature":0,\#(extra)}"#
            )
            #expect(answer.status == 200)
            return try JSONValue(parsing: answer.body)
        }
        #expect(try await ask(#""max_completion_tokens":3"#)["usage"]?["completion_tokens"] == 3)
        #expect(
            try await ask(#""max_tokens":2,"max_completion_tokens":3"#)["usage"]?[
                "completion_tokens"] == 2)
        let logprobs = try await ask(#""max_tokens":2,"logprobs":true,"top_logprobs":1"#)
        let tokens = try #require(logprobs["choices"]?[0]?["logprobs"]?["content"]?.array)
        #expect(tokens.count == 2)
        #expect(tokens.allSatisfy { $0["top_logprobs"]?.array?.count == 1 })

        let long = try await ask(#""max_tokens":30"#)
        let text = try #require(long["choices"]?[0]?["message"]?["content"]?.string)
        let stop = try #require(
            text.unicodeScalars.dropFirst().first { $0.properties.isAlphabetic })
        let stopped = try await ask(
            "\"max_tokens\":30,\"stop\":[5,\(JSONValue.string(String(stop)).serialized)]")
        let expected = String(text.unicodeScalars.prefix { $0 != stop })
        #expect(stopped["choices"]?[0]?["message"]?["content"]?.string == expected)
        #expect(stopped["choices"]?[0]?["finish_reason"] == "stop")
    }

    @Test("the prompt alone")
    func rendered() async throws {
        let server = try ServerUnderTest()
        defer { server.remove() }
        try server.addTiny()
        let answer = try await server.ask(
            "POST", Self.path,
            #"{"model":"tiny","messages":[{"role":"user","content":"Hi"}],"_debug_render_only":true}"#
        )
        let json = try JSONValue(parsing: answer.body)
        #expect(
            json["_debug_info"]?["rendered_template"]
                == "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n")
        #expect(json["choices"]?[0]?["finish_reason"] == .null)
    }

    @Test("what does not fit is an error with its status, streamed or not")
    func tooLong() async throws {
        let server = try ServerUnderTest()
        defer { server.remove() }
        try server.addTiny()
        let text = String(repeating: "a b ", count: 400)
        for stream in ["true", "false"] {
            let answer = try await server.ask(
                "POST", Self.path,
                #"{"model":"tiny","messages":[{"role":"user","content":"\#(text)"}],"stream":\#(stream)}"#
            )
            #expect(answer.status == 400)
            #expect(answer.headers[.contentType] == "application/json")
            let message = try JSONValue(parsing: answer.body)["error"]?["message"]?.string
            #expect(message?.contains("exceeds the available context size") == true)
        }
    }
}

@Suite("Chunks of chat completions")
struct ChatCompletionStreamTests {
    private func chunks(_ sent: [GenerationEvent], usage: Bool = false) throws -> [JSONValue] {
        var stream = ChatCompletionStream(
            answer: OpenAIAnswer(prefix: "chatcmpl", model: "m"), includesUsage: usage)
        var bytes: [UInt8] = []
        for event in sent {
            bytes += try stream.bytes(for: Choices.Event(index: 0, event: event))
        }
        return try events(String(decoding: bytes, as: UTF8.self)).objects.map {
            $0["choices"] ?? .null
        }
    }

    @Test("thoughts and words of one moment go apart")
    func reasoning() throws {
        let chunks = try chunks([
            .chunk(content: "", thinking: "a", toolCalls: [], logprobs: []),
            .chunk(content: "c", thinking: "b", toolCalls: [], logprobs: []),
            .chunk(content: "", thinking: "", toolCalls: [], logprobs: []),
        ])
        #expect(
            chunks.map(\.serialized) == [
                #"[{"index":0,"delta":{"role":"assistant","content":"","reasoning":"a"},"finish_reason":null}]"#,
                #"[{"index":0,"delta":{"reasoning":"b"},"finish_reason":null}]"#,
                #"[{"index":0,"delta":{"content":"c"},"finish_reason":null}]"#,
            ])
    }

    @Test("calls are whole, and the reason to finish")
    func toolCalls() throws {
        let call = ToolCall(id: "call_1", index: 0, name: "f", arguments: ["a": 1])
        let chunks = try chunks([
            .chunk(content: "", thinking: "", toolCalls: [call], logprobs: []),
            .done(GenerationSummary()),
        ])
        #expect(
            chunks.map(\.serialized) == [
                #"[{"index":0,"delta":{"role":"assistant","content":"","tool_calls":[{"id":"call_1","index":0,"type":"function","function":{"name":"f","arguments":"{\"a\":1}"}}]},"finish_reason":null}]"#,
                #"[{"index":0,"delta":{},"finish_reason":"tool_calls"}]"#,
            ])
    }

    @Test("an answer without a word still has a first chunk")
    func empty() throws {
        let chunks = try chunks([.done(GenerationSummary())], usage: true)
        #expect(
            chunks.map(\.serialized) == [
                #"[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]"#,
                #"[{"index":0,"delta":{},"finish_reason":"stop"}]"#, "[]",
            ])
    }

    @Test("a failure on the way is an error object")
    func failure() {
        let stream = ChatCompletionStream(
            answer: OpenAIAnswer(prefix: "chatcmpl", model: "m"), includesUsage: false)
        #expect(
            String(decoding: stream.lastWords(APIError(500, "no")), as: UTF8.self)
                == "data: {\"error\":{\"message\":\"no\",\"type\":\"api_error\",\"param\":null,"
                + "\"code\":null}}\n\n")
    }
}

/// The data of a stream of events, and whether it ended with the mark.
func events(_ body: String) throws -> (objects: [JSONValue], isDone: Bool) {
    var objects: [JSONValue] = []
    var isDone = false
    for block in body.split(separator: "\n\n") {
        let data = String(block.dropFirst("data: ".count))
        #expect(!isDone)
        if data == "[DONE]" { isDone = true } else { objects.append(try JSONValue(parsing: data)) }
    }
    return (objects, isDone)
}
