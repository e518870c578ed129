import API
import Foundation
import GGUF
import Prompting
import Testing

@testable import ModelStore

/// Prompts as the training's own writer of conversations prints them.
@Suite struct FledglingTemplateTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var input: PromptInput
        var prompt: String
        var testDescription: String { name }
    }

    static let weather: JSONObject = [
        "type": "function",
        "function": [
            "name": "get_weather", "description": "Weather of a city",
            "parameters": [
                "type": "object", "required": ["city"],
                "properties": [
                    "unit": ["type": "string", "description": "C or F"],
                    "city": ["type": "string", "description": "城市"],
                ],
            ],
        ],
    ]
    static let now: JSONObject = [
        "type": "function",
        "function": [
            "name": "now", "description": "The time",
            "parameters": ["type": "object", "properties": [:]],
        ],
    ]
    static let weatherText =
        #"{"type":"function","function":{"name":"get_weather","description":"Weather of a city","#
        + #""parameters":{"type":"object","required":["city"],"properties":{"city":{"type":"#
        + #""string","description":"城市"},"unit":{"type":"string","description":"C or F"}}}}}"#
    static let nowText =
        #"{"type":"function","function":{"name":"now","description":"The time","#
        + #""parameters":{"type":"object","properties":{}}}}"#

    static func input(
        _ messages: [(String, String)], tools: [JSONObject] = [], think: Think? = nil
    ) -> PromptInput {
        var input = PromptInput()
        input.messages = messages.map { Message(role: $0.0, content: $0.1) }
        input.tools = tools.map { Tool(raw: $0) }
        input.think = think
        return input
    }

    static func calling(_ cities: [String], content: String = "") -> Message {
        var message = Message(role: "assistant", content: content)
        message.toolCalls = cities.map {
            ToolCall(name: "get_weather", arguments: ["city": .string($0)])
        }
        return message
    }

    static let cases: [Case] = {
        var twoCalls = input(
            [("system", "Be kind."), ("user", "Weather?")], tools: [weather, now])
        twoCalls.messages += [
            calling(["Paris", "北京"]), Message(role: "tool", content: "sunny"),
            Message(role: "tool", content: "rain"),
        ]
        var goesOn = input([("user", "Weather?")], tools: [weather])
        goesOn.messages += [
            calling(["Paris"], content: "Let me look."), Message(role: "tool", content: "sunny"),
            Message(role: "assistant", content: "Sunny."),
            Message(role: "user", content: "Thanks."),
        ]
        var endsInCall = input([("user", "Weather?")])
        endsInCall.messages.append(calling(["Paris"]))
        return [
            Case(
                name: "two turns",
                input: input([
                    ("user", "Hi"), ("assistant", "Hello."), ("user", "Who are you?"),
                ]),
                prompt: "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\nHello.<|im_end|>\n"
                    + "<|im_start|>user\nWho are you?<|im_end|>\n<|im_start|>assistant\n"),
            Case(
                name: "system text",
                input: input([("system", "You are Tom."), ("user", "你是谁?")]),
                prompt:
                    "<|im_start|>system\nYou are Tom.<|im_end|>\n<|im_start|>user\n你是谁?<|im_end|>"
                    + "\n<|im_start|>assistant\n"),
            Case(
                name: "thinking", input: input([("user", "1+1?")], think: .on),
                prompt: "<|im_start|>user\n1+1?<|im_end|>\n<|im_start|>assistant\n<think>\n"),
            Case(
                name: "thinking turned off", input: input([("user", "1+1?")], think: .off),
                prompt: "<|im_start|>user\n1+1?<|im_end|>\n<|im_start|>assistant\n"),
            Case(
                name: "tools without a system text",
                input: input([("user", "Weather?")], tools: [weather]),
                prompt: "<|im_start|>system\n# Tools\n\(weatherText)<|im_end|>\n"
                    + "<|im_start|>user\nWeather?<|im_end|>\n<|im_start|>assistant\n"),
            Case(
                name: "two calls and their results", input: twoCalls,
                prompt:
                    "<|im_start|>system\nBe kind.\n\n# Tools\n\(weatherText)\n\(nowText)<|im_end|>\n"
                    + "<|im_start|>user\nWeather?<|im_end|>\n<|im_start|>assistant\n<tool_call>\n"
                    + #"{"name":"get_weather","arguments":{"city":"Paris"}}"#
                    + "\n</tool_call>\n<tool_call>\n"
                    + #"{"name":"get_weather","arguments":{"city":"北京"}}"#
                    + "\n</tool_call><|im_end|>\n<|im_start|>user\n<tool_response>\nsunny\n"
                    + "</tool_response>\n<tool_response>\nrain\n</tool_response><|im_end|>\n"
                    + "<|im_start|>assistant\n"),
            Case(
                name: "a conversation that goes on after a call with words", input: goesOn,
                prompt: "<|im_start|>system\n# Tools\n\(weatherText)<|im_end|>\n"
                    + "<|im_start|>user\nWeather?<|im_end|>\n<|im_start|>assistant\nLet me look.\n"
                    + "<tool_call>\n" + #"{"name":"get_weather","arguments":{"city":"Paris"}}"#
                    + "\n</tool_call><|im_end|>\n<|im_start|>user\n<tool_response>\nsunny\n"
                    + "</tool_response><|im_end|>\n<|im_start|>assistant\nSunny.<|im_end|>\n"
                    + "<|im_start|>user\nThanks.<|im_end|>\n<|im_start|>assistant\n"),
            Case(
                name: "a call at the end", input: endsInCall,
                prompt: "<|im_start|>user\nWeather?<|im_end|>\n<|im_start|>assistant\n<tool_call>\n"
                    + #"{"name":"get_weather","arguments":{"city":"Paris"}}"#
                    + "\n</tool_call><|im_end|>\n<|im_start|>assistant\n"),
            Case(
                name: "an answer to continue",
                input: input([("user", "Count."), ("assistant", "1, 2,")]),
                prompt: "<|im_start|>user\nCount.<|im_end|>\n<|im_start|>assistant\n1, 2,"),
        ]
    }()

    @Test(arguments: cases) func `the Go template prints it`(_ item: Case) throws {
        let template = try GoTemplate(EmbeddedModel.fledglingTemplate)
        #expect(try template.render(item.input) == item.prompt)
    }

    /// The Jinja template that the training writes into the model's file.
    static func jinja() throws -> String {
        var folder = URL(filePath: #filePath)
        for _ in 0..<4 { folder.deleteLastPathComponent() }
        let file = folder.appending(path: "Training/fledgling/chat_template.jinja")
        var source = try String(contentsOf: file, encoding: .utf8)
        while source.utf8.last == UInt8(ascii: "\n") { source.removeLast() }
        return source
    }

    @Test(arguments: cases) func `the file's Jinja template prints it`(_ item: Case) throws {
        let template = try JinjaTemplate(Self.jinja())
        #expect(try template.render(item.input, specialTokens: [:]) == item.prompt)
    }

    @Test func `the Jinja template says what the model can do`() throws {
        let template = try JinjaTemplate(Self.jinja())
        #expect(template.showsTools && template.showsThinking && template.hasToolRoundTrip)
        let tags = try #require(template.thinkingTags)
        #expect(tags.open == "<think>" && tags.close == "</think>")
    }

    @Test(.enabled(if: EmbeddedModel.fledgling != nil))
    func `the embedded file has the training's template`() throws {
        let model = try #require(EmbeddedModel.fledgling)
        let metadata = try WeightSource.embedded(model.weights).open().metadata
        // While one builds, another file may stand in for the model.
        guard try metadata.string("general.name") == "fledgling" else { return }
        #expect(try metadata.string("tokenizer.chat_template") == Self.jinja())
    }

    @Test func `text around a gap`() throws {
        var input = PromptInput()
        input.prompt = "func a() {"
        input.suffix = "}"
        #expect(
            try GoTemplate(EmbeddedModel.fledglingTemplate).render(input)
                == "<|fim_prefix|>func a() {<|fim_suffix|>}<|fim_middle|>")
    }

    @Test func `past thinking is shown as it was written`() throws {
        var input = Self.input([("user", "1+1?"), ("assistant", "2"), ("user", "Sure?")])
        input.messages[1].thinking = "One and one."
        #expect(
            try GoTemplate(EmbeddedModel.fledglingTemplate).render(input)
                == "<|im_start|>user\n1+1?<|im_end|>\n<|im_start|>assistant\n<think>\nOne and one.\n"
                + "</think>\n\n2<|im_end|>\n<|im_start|>user\nSure?<|im_end|>\n"
                + "<|im_start|>assistant\n")
    }

    @Test func `what the server looks for is found`() throws {
        let template = try GoTemplate(EmbeddedModel.fledglingTemplate)
        let tags = try #require(template.thinkingTags)
        #expect(tags.open == "<think>" && tags.close == "</think>")
        #expect(template.toolCallTag == "<tool_call>")
        #expect(template.hasToolRoundTrip)
        #expect(template.variables.isSuperset(of: ["tools", "suffix", "messages"]))
    }
}
