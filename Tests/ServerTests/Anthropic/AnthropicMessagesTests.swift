import API
import HTTPTypes
import Serving
import Testing

@testable import Server

@Suite("POST /v1/messages")
struct AnthropicMessagesTests {
    private static let path = "/v1/messages"

    @Test("a stream says what the whole answer says")
    func streamAndWhole() async throws {
        let server = try ServerUnderTest()
        defer { server.remove() }
        try server.addTiny()
        let request =
            #""model":"tiny","messages":[{"role":"user","content":"Who are you?"}],"temperature":0,"max_tokens":8,"thinking":{"type":"enabled"}"#
        let answer = try await server.ask("POST", Self.path, "{\(request)}")
        #expect(answer.status == 200)
        let whole = try JSONValue(parsing: answer.body)
        #expect(
            whole.object?.keys.elements == [
                "id", "type", "role", "model", "content", "stop_reason", "usage",
            ])
        #expect(whole["stop_reason"] == "max_tokens")
        #expect(whole["usage"]?["output_tokens"] == 8)

        let stream = try await server.ask("POST", Self.path, "{\(request),\"stream\":true}")
        #expect(stream.headers[.contentType] == "text/event-stream")
        #expect(stream.headers[.cacheControl] == "no-cache")
        let events = try namedEvents(stream.body)
        let names = events.map(\.name)
        #expect(names.prefix(2) == ["message_start", "content_block_start"])
        #expect(names.suffix(3) == ["content_block_stop", "message_delta", "message_stop"])
        #expect(events.allSatisfy { $0.data["type"] == .string($0.name) })
        #expect(events[0].data["message"]?["usage"]?["input_tokens"] == 4)
        let text = events.compactMap { $0.data["delta"]?["text"]?.string }.joined()
        #expect(text == whole["content"]?[0]?["text"]?.string)
        #expect(events[events.count - 2].data["usage"] == whole["usage"])
    }

    @Test(
        "refusals",
        arguments: [
            ("", 400, "invalid_request_error", "EOF"),
            ("{}", 400, "invalid_request_error", "model is required"),
            (
                #"{"model":"m","messages":[{"role":"user","content":"x"}]}"#, 400,
                "invalid_request_error", "max_tokens is required and must be positive"
            ),
            (
                #"{"model":"m","max_tokens":1}"#, 400, "invalid_request_error",
                "messages is required"
            ),
            (
                #"{"model":"m","max_tokens":1,"messages":[{"role":"user","content":"x"}],"tools":[{"type":"web_search_20250305","name":"web_search"}]}"#,
                404, "not_found_error", "model 'm' not found"
            ),
            (
                #"{"model":"m","max_tokens":1,"messages":[{"role":"user","content":"x"}],"stream":true}"#,
                404, "not_found_error", "model 'm' not found"
            ),
        ])
    func refusals(body: String, status: Int, type: String, message: String) async throws {
        let server = try ServerUnderTest()
        defer { server.remove() }
        let answer = try await server.ask("POST", Self.path, body)
        #expect(answer.status == status)
        let json = try JSONValue(parsing: answer.body)
        #expect(json["type"] == "error")
        #expect(json["error"] == ["type": .string(type), "message": .string(message)])
        #expect(json["request_id"]?.string?.utf8.count == 28)
        #expect(
            answer.headers[.cacheControl] == (body.contains("\"stream\":true") ? "no-cache" : nil))
    }

    @Test("messages without content only load")
    func load() async throws {
        let server = try ServerUnderTest()
        defer { server.remove() }
        try server.addTiny()
        let answer = try await server.ask(
            "POST", Self.path,
            #"{"model":"tiny","max_tokens":1,"messages":[{"role":"user","content":[{"type":"weird"}]}]}"#
        )
        let json = try JSONValue(parsing: answer.body)
        #expect(json["content"] == .null)
        #expect(json["stop_reason"] == "stop_sequence")
    }

    @Test("blocks open and close one after the other")
    func blocks() throws {
        var stream = AnthropicStream(model: "m", estimatedTokens: 3)
        var bytes: [UInt8] = []
        let call = ToolCall(id: "t1", name: "f", arguments: ["a": 1])
        let sent: [GenerationEvent] = [
            .chunk(content: "", thinking: "a", toolCalls: [], logprobs: []),
            .chunk(content: "c", thinking: "b", toolCalls: [], logprobs: []),
            .chunk(content: "", thinking: "", toolCalls: [call], logprobs: []),
            .done(GenerationSummary()),
        ]
        for event in sent { bytes += try stream.bytes(for: event) }
        let events = try namedEvents(String(decoding: bytes, as: UTF8.self))
        let lines = events.map { event in
            var line = event.name
            if let index = event.data["index"]?.integer { line += " \(index)" }
            let inner =
                event.data["content_block"]
                ?? (event.data["index"] == nil ? nil : event.data["delta"])
            if let inner { line += " " + inner.serialized }
            return line
        }
        #expect(
            lines == [
                "message_start",
                #"content_block_start 0 {"type":"thinking","thinking":""}"#,
                #"content_block_delta 0 {"type":"thinking_delta","thinking":"a"}"#,
                #"content_block_delta 0 {"type":"thinking_delta","thinking":"b"}"#,
                "content_block_stop 0",
                #"content_block_start 1 {"type":"text","text":""}"#,
                #"content_block_delta 1 {"type":"text_delta","text":"c"}"#,
                "content_block_stop 1",
                #"content_block_start 2 {"type":"tool_use","id":"t1","name":"f","input":{}}"#,
                #"content_block_delta 2 {"type":"input_json_delta","partial_json":"{\"a\":1}"}"#,
                "content_block_stop 2",
                "message_delta",
                "message_stop",
            ])
        #expect(events[11].data["delta"]?["stop_reason"] == "tool_use")
    }

    private func namedEvents(_ body: String) throws -> [(name: String, data: JSONValue)] {
        try body.split(separator: "\n\n").map { block in
            let lines = block.split(separator: "\n")
            #expect(lines.count == 2)
            #expect(lines[0].hasPrefix("event: "))
            return (
                String(lines[0].dropFirst("event: ".count)),
                try JSONValue(parsing: String(lines[1].dropFirst("data: ".count)))
            )
        }
    }
}
