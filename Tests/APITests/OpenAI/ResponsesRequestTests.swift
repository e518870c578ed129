import Testing

@testable import API

@Suite("Reading requests for responses")
struct ResponsesRequestTests {
    private func read(_ text: String) throws -> ResponsesRequest {
        try ResponsesRequest(body: try JSONValue(parsing: text))
    }

    @Test("items become messages")
    func items() throws {
        let request = try read(
            #"{"model":"m","instructions":"s","input":[{"role":"user","content":[{"type":"input_text","text":"a"},{"type":"input_text","text":"b"}]},{"type":"reasoning","encrypted_content":"t"},{"type":"function_call","call_id":"1","name":"f","arguments":"{}"},{"type":"function_call","call_id":"2","name":"g","arguments":"{\"x\":1}"},{"role":"assistant","content":"c"},{"type":"function_call_output","call_id":"2","output":"20"},{"type":"reasoning","encrypted_content":"last"}]}"#
        )
        #expect(
            request.messages.map(\.role) == ["system", "user", "assistant", "tool", "assistant"])
        #expect(request.messages.map(\.content) == ["s", "ab", "c", "20", ""])
        #expect(request.messages.map(\.thinking) == ["", "", "t", "", "last"])
        #expect(request.messages[2].toolCalls.map(\.name) == ["f", "g"])
        #expect(request.messages[2].toolCalls.map(\.index) == [0, 1])
        #expect(request.messages[3].toolName == "g")
    }

    @Test("functions of a name space carry its name")
    func tools() throws {
        let request = try read(
            #"{"tools":[{"type":"function","name":"f","parameters":{"type":"object"}},{"type":"namespace","name":"n","tools":[{"type":"function","name":"g"}]}]}"#
        )
        #expect(request.tools.map(\.name) == ["f", "n.g"])
    }

    @Test("tools that a server would run are offered by name and refused")
    func serverTools() throws {
        let request = try read(#"{"tools":[{"type":"web_search"}]}"#)
        #expect(request.tools.map(\.name) == ["web_search"])
        #expect(
            request.refusedTool
                == APIError(
                    501, "tools of type \"web_search\" are not supported by this version of apus"))
    }

    @Test("truncation decides whether old messages may be dropped")
    func truncation() throws {
        #expect(try read("{}").native.truncate == nil)
        #expect(try read(#"{"truncation":"auto"}"#).native.truncate == true)
        #expect(try read(#"{"truncation":"disabled"}"#).native.truncate == false)
    }

    @Test(
        "refusals",
        arguments: [
            (#"{"input":[{"foo":1}]}"#, 400, "input[0]: input item missing required 'type' field"),
            (#"{"input":[{"type":"x"}]}"#, 400, "input[0]: unknown input item type: \"x\""),
            (
                #"{"input":[{"role":"user","content":[{"type":"z"}]}]}"#, 400,
                "input[0]: content[0]: unknown content type: z"
            ),
            (
                #"{"truncation":"middle"}"#, 400,
                "truncation: \"middle\" is not supported, only auto and disabled are"
            ),
            (
                #"{"prompt":{"id":"p"}}"#, 400,
                "prompt is not supported: there are no stored prompts"
            ),
        ])
    func refusals(body: String, status: Int, expected: String) throws {
        #expect(throws: APIError(status, expected)) { try read(body) }
    }
}
