import Testing

@testable import API

@Suite("Reading chat completion requests")
struct ChatCompletionRequestTests {
    private func read(_ text: String) throws -> ChatCompletionRequest {
        try ChatCompletionRequest(body: try JSONValue(parsing: text))
    }

    private func refusal(_ text: String) throws -> String? {
        do {
            _ = try read(text)
            return nil
        } catch let error as APIError {
            #expect(error.status == 400)
            return error.message
        }
    }

    @Test("parts of one message become messages, calls go with the last")
    func parts() throws {
        let request = try read(
            #"{"messages":[{"role":"USER","content":[{"type":"text","text":"a"},{"type":"image_url","image_url":"data:image/png;base64,AQI="},{"type":"input_audio","input_audio":{"data":"Aw=="}}],"tool_calls":[{"id":"1","function":{"name":"f","arguments":"{\"x\":1}"}}]}]}"#
        )
        #expect(request.messages.map(\.role) == ["user", "user", "user"])
        #expect(request.messages.map(\.content) == ["a", "", ""])
        #expect(request.messages.map(\.images) == [[], [[1, 2]], [[3]]])
        #expect(request.messages.map(\.toolCalls.count) == [0, 0, 1])
        #expect(request.messages[2].toolCalls[0].arguments == ["x": 1])
    }

    @Test("a tool's result takes the name of its call")
    func toolNames() throws {
        let request = try read(
            #"{"messages":[{"role":"assistant","content":null,"tool_calls":[{"id":"1","function":{"name":"f","arguments":"{}"}},{"id":"2","function":{"name":"g","arguments":"{}"}}]},{"role":"tool","tool_call_id":"2","content":"x"},{"role":"tool","tool_call_id":"1","name":"h","content":"y"},{"role":"user","tool_call_id":"1","content":"z"}]}"#
        )
        #expect(request.messages.map(\.toolName) == ["", "g", "h", ""])
        #expect(request.messages.map(\.toolCallID) == ["", "2", "1", "1"])
    }

    @Test(
        "options in native names",
        arguments: [
            ("", #"{"temperature":1,"top_p":1}"#),
            (#","temperature":0.5,"top_p":null"#, #"{"temperature":0.5,"top_p":1}"#),
            (#","stop":"x","seed":7"#, #"{"temperature":1,"top_p":1,"stop":["x"],"seed":7}"#),
            (#","stop":["x",5]"#, #"{"temperature":1,"top_p":1,"stop":["x"]}"#),
            (#","stop":[]"#, #"{"temperature":1,"top_p":1}"#),
            (#","max_completion_tokens":3"#, #"{"temperature":1,"top_p":1,"num_predict":3}"#),
            (
                #","max_tokens":2,"max_completion_tokens":3"#,
                #"{"temperature":1,"top_p":1,"num_predict":2}"#
            ),
            (
                #","presence_penalty":0.5,"options":{"num_ctx":1}"#,
                #"{"temperature":1,"top_p":1,"presence_penalty":0.5,"num_ctx":1}"#
            ),
            (#","logit_bias":{"5":1}"#, #"{"temperature":1,"top_p":1,"logit_bias":{"5":1}}"#),
            (
                #","seed":7,"options":{"temperature":0,"seed":1}"#,
                #"{"temperature":0,"top_p":1,"seed":7}"#
            ),
        ])
    func options(extra: String, expected: String) throws {
        let request = try read(#"{"messages":[{"content":"x"}]\#(extra)}"#)
        #expect(JSONValue.object(request.options).serialized == expected)
    }

    @Test(
        "effort",
        arguments: [
            (#""reasoning_effort":"none""#, Think.off),
            (#""reasoning_effort":"xhigh""#, .level("max")),
            (#""reasoning_effort":"minimal""#, .level("low")), (#""reasoning_effort":"""#, nil),
            (#""reasoning_effort":"high","reasoning":{"effort":"low"}"#, .level("low")),
            (#""reasoning_effort":"high","reasoning":{}"#, nil),
        ] as [(String, Think?)])
    func effort(field: String, expected: Think?) throws {
        #expect(try read(#"{"messages":[{"content":"x"}],\#(field)}"#).think == expected)
    }

    @Test(
        "formats",
        arguments: [
            (#"{"type":" JSON_Object "}"#, "json"), (#"{"type":"text"}"#, nil),
            (
                #"{"type":"json_schema","json_schema":{"name":"n","schema":{"type":"object"}}}"#,
                ["type": "object"]
            ),
        ] as [(String, JSONValue?)])
    func formats(field: String, expected: JSONValue?) throws {
        let request = try read(#"{"messages":[{"content":"x"}],"response_format":\#(field)}"#)
        #expect(request.format == expected)
    }

    @Test("fields without effect are named; tool_choice none takes the tools away")
    func ignored() throws {
        let tools = #""tools":[{"type":"function","function":{"name":"f"}}]"#
        let named = try read(
            #"{"messages":[{"content":"x"}],\#(tools),"tool_choice":"required","parallel_tool_calls":false,"user":"u"}"#
        )
        #expect(named.ignored == [])
        #expect(named.toolChoice == .required)
        #expect(!named.parallelToolCalls)
        #expect(named.tools.count == 1)
        let unknown = try read(
            #"{"Messages":[{"content":"x"}],"user":"u","store":true,"web_search_options":{},"audio":null,"verbosity":"low"}"#
        )
        #expect(unknown.ignored == ["web_search_options", "verbosity"])
        let none = try read(#"{"messages":[{"content":"x"}],\#(tools),"tool_choice":"none"}"#)
        #expect(none.ignored == [])
        #expect(none.tools.isEmpty)
    }

    @Test(
        "refusals",
        arguments: [
            (#"{"messages":[{"role":"user"}]}"#, "invalid message content type: <nil>"),
            (#"{"messages":[{"content":[5]}]}"#, "invalid message format"),
            (
                #"{"messages":[{"content":"x"}],"response_format":{"type":"json_schema"}}"#,
                "response_format: json_schema has no schema"
            ),
            (
                #"{"messages":[{"content":"x"}],"response_format":{"type":"yaml"}}"#,
                "response_format: type \"yaml\" is not supported, only text, json_object and "
                    + "json_schema are"
            ),
            (
                #"{"messages":[{"content":"x"}],"functions":[{"name":"f"}]}"#,
                "functions is not supported: use tools"
            ),
            (
                #"{"messages":[{"content":"x"}],"modalities":["text","audio"]}"#,
                #"modalities: "audio" is not supported, only text is"#
            ),
            (
                #"{"messages":[{"content":"x"}],"n":0}"#, "n must be between 1 and 16, but is 0"
            ),
            (
                #"{"messages":[{"content":[{"type":"input_audio","input_audio":{}}]}]}"#,
                "invalid input_audio format: missing data"
            ),
            (
                #"{"messages":[{"content":[{"type":"image_url","image_url":"data:image/png;base64,!"}]}]}"#,
                "invalid image input"
            ),
            (
                #"{"messages":[{"tool_calls":[{"function":{"name":"f","arguments":"[1]"}}]}]}"#,
                "invalid tool call arguments"
            ),
            (
                #"{"messages":[{"role":5}]}"#,
                "json: cannot unmarshal number into Go struct field Message.messages.role of type string"
            ),
            (
                "[]",
                "json: cannot unmarshal array into Go value of type openai.ChatCompletionRequest"
            ),
        ])
    func refusals(body: String, expected: String) throws {
        #expect(try refusal(body) == expected)
    }
}
