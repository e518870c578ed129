import Testing

@testable import API

@Suite("Reading Anthropic's requests")
struct MessagesRequestTests {
    private func read(_ text: String) throws -> MessagesRequest {
        try MessagesRequest(body: try JSONValue(parsing: text))
    }

    @Test("results of tools stand before the text beside them and name their call")
    func toolResults() throws {
        let request = try read(
            #"{"model":"m","max_tokens":5,"system":[{"type":"text","text":"a"},{"type":"text","text":"b"}],"messages":[{"role":"assistant","content":[{"type":"thinking","thinking":"t"},{"type":"tool_use","id":"1","name":"f","input":{"x":1}}]},{"role":"user","content":[{"type":"text","text":"then"},{"type":"tool_result","tool_use_id":"1","content":[{"type":"text","text":"20"}]},{"type":"text","text":" this"}]}]}"#
        )
        #expect(request.messages.map(\.role) == ["system", "assistant", "tool", "user"])
        #expect(request.messages.map(\.content) == ["ab", "", "20", "then this"])
        #expect(request.messages[1].thinking == "t")
        #expect(request.messages[1].toolCalls[0].arguments == ["x": 1])
        #expect(request.messages[2].toolName == "f")
        #expect(request.messages[2].toolCallID == "1")
    }

    @Test(
        "options in native names",
        arguments: [
            ("", #"{"num_predict":5}"#),
            (#","temperature":0.5,"top_k":3"#, #"{"temperature":0.5,"top_k":3,"num_predict":5}"#),
            (#","stop_sequences":["x"]"#, #"{"stop":["x"],"num_predict":5}"#),
        ])
    func options(extra: String, expected: String) throws {
        let request = try read(
            #"{"model":"m","max_tokens":5,"messages":[{"role":"user","content":"x"}]\#(extra)}"#)
        #expect(JSONValue.object(request.options).serialized == expected)
    }

    @Test(
        "thinking and effort",
        arguments: [
            (#""thinking":{"type":"enabled","budget_tokens":9}"#, Think.on),
            (#""thinking":{"type":"disabled"},"output_config":{"effort":"low"}"#, .off),
            (#""output_config":{"effort":"xhigh"}"#, .level("high")), (#""top_k":1"#, nil),
            (#""thinking":{"type":"adaptive"},"output_config":{"effort":"low"}"#, .level("low")),
        ] as [(String, Think?)])
    func think(field: String, expected: Think?) throws {
        let request = try read(
            #"{"model":"m","max_tokens":5,"messages":[{"role":"user","content":"x"}],\#(field)}"#)
        #expect(request.think == expected)
    }

    @Test("a schema for the answer, by its newer and its older name")
    func format() throws {
        func read(_ field: String) throws -> JSONValue? {
            try self.read(
                #"{"model":"m","max_tokens":5,"messages":[{"role":"user","content":"x"}],\#(field)}"#
            ).native.format
        }
        let written = #"{"type":"json_schema","schema":{"type":"integer"}}"#
        #expect(try read(#""output_config":{"format":\#(written)}"#) == ["type": "integer"])
        #expect(try read(#""output_format":\#(written)"#) == ["type": "integer"])
        #expect(try read(#""output_config":{"format":null}"#) == nil)
        #expect(
            throws: APIError(400, "output_config.format must be a json_schema with a schema")
        ) {
            try read(#""output_config":{"format":{"type":"json_schema"}}"#)
        }
    }

    @Test("tools in the native form")
    func tools() throws {
        let request = try read(
            #"{"model":"m","max_tokens":5,"messages":[{"role":"user","content":"x"}],"tools":[{"name":"f","description":"d","input_schema":{"type":"object","properties":{"a":{"type":"string"}},"required":["a"]}}],"tool_choice":{"type":"tool","name":"f"}}"#
        )
        #expect(
            JSONValue.object(request.tools[0].raw).serialized
                == #"{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object","required":["a"],"properties":{"a":{"type":"string"}}}}}"#
        )
        #expect(request.ignored == [])
        #expect(request.toolChoice == .named("f"))
    }

    @Test("tools that a server would run are offered by name and refused")
    func serverTools() throws {
        let request = try read(
            #"{"model":"m","max_tokens":5,"messages":[{"role":"user","content":"x"}],"tools":[{"type":"custom","name":"f","input_schema":{"type":"object"}},{"type":"bash_20250124","name":"bash"}]}"#
        )
        #expect(request.tools.map(\.name) == ["f", "bash"])
        #expect(request.refusedTool?.status == 501)
        #expect(request.refusedTool?.message.contains("\"bash_20250124\"") == true)
    }

    @Test(
        "fields that cannot be honoured",
        arguments: [
            (
                #""thinking":{"type":"deep"}"#,
                "thinking.type: \"deep\" is not supported, only enabled, disabled and adaptive are"
            ),
            (
                #""output_config":{"effort":"little"}"#,
                "output_config.effort: \"little\" is not supported, only low, medium, high, xhigh "
                    + "and max are"
            ),
            (
                #""thinking":{"type":"enabled","budget_tokens":"x"}"#,
                "json: cannot unmarshal string into Go struct field Thinking.thinking.budget_tokens "
                    + "of type int"
            ),
            (
                #""mcp_servers":[{"name":"s"}]"#,
                "mcp_servers is not supported: tools of other servers are the client's to call"
            ),
        ])
    func refusedFields(field: String, expected: String) throws {
        #expect(throws: APIError(400, expected)) {
            try read(
                #"{"model":"m","max_tokens":5,"messages":[{"role":"user","content":"x"}],\#(field)}"#
            )
        }
    }

    @Test(
        "bad blocks",
        arguments: [
            (
                #"{"type":"document","source":{"type":"text","data":"x"}}"#,
                "blocks of type \"document\" are not supported"
            ),
            (#"{"type":"image"}"#, "invalid image source"),
            (
                #"{"type":"image","source":{"type":"url","url":"http://x"}}"#,
                "invalid image source type: url. Only base64 images are supported."
            ),
            (
                #"{"type":"image","source":{"type":"base64","data":"!!"}}"#,
                "invalid base64 image data: illegal base64 data at input byte 0"
            ),
            (
                #"{"type":"tool_use","name":"f","input":{}}"#,
                "tool_use block missing required 'id' field"
            ),
            (
                #"{"type":"tool_use","id":"1","input":{}}"#,
                "tool_use block missing required 'name' field"
            ),
        ])
    func badBlocks(block: String, expected: String) throws {
        #expect(throws: APIError(400, expected)) {
            try read(
                #"{"model":"m","max_tokens":5,"messages":[{"role":"user","content":[\#(block)]}]}"#)
        }
    }
}
