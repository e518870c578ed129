import API
import Testing

@Suite("Requests")
struct RequestTests {
    @Test(
        "mistakes of a chat request",
        arguments: [
            (
                #"{"stream":0}"#,
                "json: cannot unmarshal number into Go struct field ChatRequest.stream of type bool"
            ),
            (
                #"{"messages":[5]}"#,
                "json: cannot unmarshal number into Go struct field ChatRequest.messages of type api.Alias"
            ),
            (
                #"{"messages":[{"content":[]}]}"#,
                "json: cannot unmarshal array into Go struct field ChatRequest.messages.content of type string"
            ),
            (
                #"{"tools":[5]}"#,
                "json: cannot unmarshal number into Go struct field ChatRequest.tools of type api.Tool"
            ),
            (
                #"{"tools":[{"function":{"name":5}}]}"#,
                "json: cannot unmarshal number into Go struct field ToolFunction.tools.function.name of type string"
            ),
            (
                #"{"tools":[{"function":{"parameters":{"properties":[]}}}]}"#,
                "Value looks like object, but can't find closing '}' symbol"
            ),
            (#"{"messages":[{"images":["!"]}]}"#, "illegal base64 data at input byte 0"),
            (#"{"top_logprobs":21}"#, "top_logprobs must be between 0 and 20"),
            (#"{"keep_alive":true}"#, "Unsupported type: 'bool'"),
            (
                #"{"think":"very"}"#,
                #"invalid think value: "very" (must be "high", "medium", "low", "max", true, or false)"#
            ),
            // The first mismatch is told, but what Go's own decoders refuse comes before it.
            (
                #"{"stream":0,"shift":1}"#,
                "json: cannot unmarshal number into Go struct field ChatRequest.stream of type bool"
            ),
            (#"{"stream":0,"keep_alive":"x"}"#, #"time: invalid duration "x""#),
            ("[]", "json: cannot unmarshal array into Go value of type api.ChatRequest"),
        ])
    func mistakes(text: String, message: String) throws {
        let body = try JSONValue(parsing: text)
        #expect(throws: APIError(400, message)) { try ChatRequest(body: body) }
    }

    @Test("names match ignoring case, null counts as absent, the last one wins")
    func names() throws {
        let body = try JSONValue(
            parsing:
                #"{"MODEL":"a","model":"b","Prompt":"p","stream":null,"context":[],"ſuffix":"s","format":null}"#
        )
        let request = try GenerateRequest(body: body)
        #expect(request.model == "b")
        #expect(request.prompt == "p")
        #expect(request.suffix == "s")
        #expect(request.stream == nil)
        #expect(request.context == [])
        #expect(try GenerateRequest(body: .null).model == "")
    }

    @Test("tools are re-emitted in the order of their fields, other keywords behind them")
    func tools() throws {
        let body = try JSONValue(
            parsing: #"""
                {"tools":[{"function":{"parameters":{"properties":{"z":{"enum":["b"],"type":["string"],
                "default":1,"title":"Z","description":"d"},"a":{"type":["string","null"],"items":{"type":"x","a":1.0}}},
                "type":"object","required":["z"],"additionalProperties":false},"name":"f","strict":true},
                "type":"function"}]}
                """#)
        let tool = try #require(try ChatRequest(body: body).tools.first)
        #expect(
            JSONValue.object(tool.raw).serialized
                == #"{"type":"function","function":{"name":"f","parameters":{"type":"object","required":["z"],"properties":{"z":{"type":"string","description":"d","enum":["b"],"default":1},"a":{"type":["string","null"],"items":{"a":1,"type":"x"}}},"additionalProperties":false}}}"#
        )
    }

    @Test("arguments that refer to definitions bring them along")
    func definitions() throws {
        let body = try JSONValue(
            parsing: #"""
                {"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object",
                "$defs":{"p":{"type":"integer"}},"properties":{"a":{"type":"string"},
                "b":{"type":"array","items":{"$ref":"#/$defs/p"}},"c":{"$ref":"#/$defs/p"}}}}}]}
                """#)
        let tool = try #require(try ChatRequest(body: body).tools.first)
        #expect(
            JSONValue.object(tool.argumentSchemas).serialized
                == ##"{"a":{"type":"string"},"b":{"type":"array","items":{"$ref":"#/$defs/p"},"$defs":{"p":{"type":"integer"}}},"c":{"$ref":"#/$defs/p","$defs":{"p":{"type":"integer"}}}}"##
        )
    }

    @Test("messages keep tool calls and lower the case of roles")
    func messages() throws {
        let body = try JSONValue(
            parsing:
                #"{"messages":[{"role":"Assistant","tool_calls":[{"id":"c","function":{"name":"f","index":2,"arguments":{"b":1,"a":2}}}]}]}"#
        )
        let message = try #require(try ChatRequest(body: body).messages.first)
        #expect(message.role == "assistant")
        #expect(
            message.json.serialized
                == #"{"role":"assistant","content":"","tool_calls":[{"id":"c","function":{"index":2,"name":"f","arguments":{"b":1,"a":2}}}]}"#
        )
        #expect(Message(json: message.json) == message)
    }
}

@Suite("Responses")
struct ResponseTests {
    @Test("a final object of generate, there and back")
    func generate() throws {
        let text =
            #"{"model":"m","created_at":"t","response":"","done":true,"done_reason":"stop","context":[1,2],"total_duration":9,"load_duration":1,"prompt_eval_count":2,"prompt_eval_duration":3,"eval_count":4,"eval_duration":5}"#
        #expect(GenerateResponse(json: try JSONValue(parsing: text)).json.serialized == text)
    }

    @Test("a chat chunk with log-probabilities, there and back")
    func chat() throws {
        let text =
            #"{"model":"m","created_at":"t","message":{"role":"assistant","content":"I"},"done":false,"logprobs":[{"token":"I","logprob":-0.5,"bytes":[73],"top_logprobs":[{"token":"I","logprob":-0.5,"bytes":[73]}]}]}"#
        #expect(ChatResponse(json: try JSONValue(parsing: text)).json.serialized == text)
    }

    @Test("lists, there and back")
    func lists() throws {
        let tags =
            #"{"models":[{"name":"a:latest","model":"a:latest","modified_at":"t","size":5,"digest":"d","details":{"parent_model":"","format":"gguf","family":"f","families":null,"parameter_size":"1M","quantization_level":"Q8_0","context_length":8},"capabilities":["completion"]}]}"#
        #expect(TagsResponse(json: try JSONValue(parsing: tags)).json.serialized == tags)
        let loaded =
            #"{"models":[{"name":"a:latest","model":"a:latest","size":5,"digest":"d","details":{"parent_model":"","format":"","family":"","families":["f"],"parameter_size":"","quantization_level":""},"expires_at":"t","size_vram":0,"context_length":8}]}"#
        #expect(ProcessResponse(json: try JSONValue(parsing: loaded)).json.serialized == loaded)
    }

    @Test("show, there and back")
    func show() throws {
        let text =
            #"{"license":"L","modelfile":"M","template":"T","details":{"parent_model":"","format":"","family":"","families":null,"parameter_size":"","quantization_level":""},"messages":[{"role":"user","content":"q"}],"model_info":{"a":1e-06},"tensors":[{"name":"t","type":"F32","shape":[2,3]}],"capabilities":["completion"],"modified_at":"t"}"#
        #expect(ShowResponse(json: try JSONValue(parsing: text)).json.serialized == text)
    }
}
