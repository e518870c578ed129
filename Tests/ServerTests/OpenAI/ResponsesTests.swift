import API
import HTTPTypes
import Serving
import Testing

@testable import Server

@Suite("POST /v1/responses")
struct ResponsesTests {
    private static let path = "/v1/responses"

    @Test("a stream says what the whole answer says")
    func streamAndWhole() async throws {
        let server = try ServerUnderTest()
        defer { server.remove() }
        try server.addTiny()
        let request =
            #""model":"tiny","input":"Hi","instructions":"Be brief.","temperature":0,"max_output_tokens":8"#
        let answer = try await server.ask("POST", Self.path, "{\(request)}")
        #expect(answer.status == 200)
        let whole = try JSONValue(parsing: answer.body)
        #expect(whole["status"] == "completed")
        #expect(whole["instructions"] == "Be brief.")
        #expect(whole["usage"]?["output_tokens"] == 8)
        let stream = try await server.ask("POST", Self.path, "{\(request),\"stream\":true}")
        #expect(stream.headers[.contentType] == "text/event-stream")
        #expect(stream.headers[.cacheControl] == "no-cache")
        let events = try Self.events(stream.body)
        #expect(events.map { $0["sequence_number"]?.integer } == events.indices.map { $0 })
        #expect(
            events.prefix(4).map { $0["type"] } == [
                "response.created", "response.in_progress", "response.output_item.added",
                "response.content_part.added",
            ])
        let text = events.filter { $0["type"] == "response.output_text.delta" }
            .compactMap { $0["delta"]?.string }.joined()
        #expect(text == whole["output"]?[0]?["content"]?[0]?["text"]?.string)
        let last = try #require(events.last)
        #expect(last["type"] == "response.completed")
        #expect(last["response"]?["output"]?[0]?["content"]?[0]?["text"]?.string == text)
        #expect(last["response"]?["usage"]?["total_tokens"] == whole["usage"]?["total_tokens"])
    }

    @Test("thoughts, then a call; what is said beside the call is dropped")
    func items() throws {
        let body = try JSONValue(parsing: #"{"model":"m","input":"x"}"#)
        var stream = ResponsesStream(try ResponsesRequest(body: body))
        let call = ToolCall(id: "call_1", name: "f", arguments: ["a": 1])
        let sent: [GenerationEvent] = [
            .chunk(content: "", thinking: "t", toolCalls: [], logprobs: []),
            .chunk(content: "", thinking: "", toolCalls: [call], logprobs: []),
            .chunk(content: "noise", thinking: "", toolCalls: [], logprobs: []),
            .done(GenerationSummary()),
        ]
        var bytes: [UInt8] = []
        for event in sent { bytes += try stream.bytes(for: event) }
        let events = try Self.events(String(decoding: bytes, as: UTF8.self))
        #expect(
            events.map { $0["type"]?.string?.dropFirst("response.".count) ?? "" } == [
                "created", "in_progress", "output_item.added", "reasoning_summary_text.delta",
                "reasoning_summary_text.done", "output_item.done", "output_item.added",
                "function_call_arguments.delta", "function_call_arguments.done",
                "output_item.done", "completed",
            ])
        #expect(events[9]["output_index"] == 1)
        let output = events.last?["response"]?["output"]?.array ?? []
        #expect(output.map { $0["type"] } == ["reasoning", "function_call"])
        #expect(output[1]["arguments"] == #"{"a":1}"#)
        #expect(output[1]["call_id"] == "call_1")
    }

    @Test("an error instead of a stream has the stream's headers")
    func failure() async throws {
        let server = try ServerUnderTest()
        defer { server.remove() }
        let answer = try await server.ask(
            "POST", Self.path, #"{"model":"m","input":"x","stream":true}"#)
        #expect(answer.status == 404)
        #expect(answer.headers[.contentType] == "application/json")
        #expect(answer.headers[.cacheControl] == "no-cache")
    }

    private static func events(_ body: String) throws -> [JSONValue] {
        try body.split(separator: "\n\n").map { block in
            let lines = block.split(separator: "\n")
            #expect(lines.count == 2)
            let data = try JSONValue(parsing: String(lines[1].dropFirst("data: ".count)))
            #expect(lines[0] == "event: \(data["type"]?.string ?? "")")
            return data
        }
    }
}
