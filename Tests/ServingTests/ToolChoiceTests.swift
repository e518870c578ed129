import API
import Engine
import ModelStore
import Prompting
import Testing
import Tokenization

@testable import Serving

@Suite struct ToolChoiceTests {
    private static let weather = Tool(raw: [
        "type": "function",
        "function": [
            "name": "weather",
            "parameters": [
                "type": "object",
                "properties": ["unit": ["type": "string", "enum": ["c", "f"]]],
                "required": ["unit"],
            ],
        ],
    ])
    private static let stop = Tool(raw: [
        "type": "function",
        "function": ["name": "stop", "parameters": ["type": "object", "properties": [:]]],
    ])
    private static let template = """
        {{ range .Messages }}{{ .Role }}: {{ if .Thinking }}<think>{{ .Thinking }}</think>{{ end }}\
        {{ .Content }}{{ range .ToolCalls }}<tool_call>{"name": {{ .Function.Name }}}</tool_call>\
        {{ end }}{{ end }}{{ .Tools }}
        """

    private func ask(_ choice: ToolChoice) async throws -> Answer {
        let kitchen = try Kitchen()
        try kitchen.addTiny { $0.template = Self.template }
        return try await kitchen.scheduler.ask("hello", tokens: 200) {
            $0.input = .chat(
                messages: [Message(role: "user", content: "hello")],
                tools: [Self.weather, Self.stop])
            $0.toolChoice = choice
            $0.parallelToolCalls = false
            $0.think = .off
        }
    }

    @Test func `a named tool is called with arguments of its schema`() async throws {
        let answer = try await ask(.named("weather"))
        #expect(answer.toolCalls.map(\.name) == ["weather"])
        #expect(["c", "f"].contains(answer.toolCalls.first?.arguments["unit"]?.string))
        #expect(answer.content == "")
        #expect(answer.toolCalls.first?.id.hasPrefix("call_") == true)
    }

    @Test func `a required call is one of the tools`() async throws {
        let answer = try await ask(.required)
        #expect(answer.toolCalls.count == 1)
        #expect(["weather", "stop"].contains(answer.toolCalls.first?.name))
    }

    @Test func `a tool that is not there is refused`() async throws {
        let error = await #expect(throws: APIError.self) { try await ask(.named("nobody")) }
        #expect(error?.status == 400)
    }

    @Test func `a spent budget ends the thought`() async throws {
        let kitchen = try Kitchen()
        try kitchen.addTiny { $0.template = Self.template + "<think>" }
        let answer = try await kitchen.scheduler.ask("hello", tokens: 30) {
            $0.think = .on
            $0.thinkingBudget = 5
            $0.format = ["type": "boolean"]
        }
        #expect(answer.failure == nil)
        #expect(!answer.thinking.isEmpty)
        #expect(["true", "false"].contains(answer.content))
    }

    @Test func `every family's required calls are calls that its parser reads`() throws {
        let templates = [
            "<tool_call>", "<tool_call> <function= <parameter=", "<|python_tag|>", "[TOOL_CALLS]",
            "[TOOL_CALLS] [ARGS]", "<｜tool▁calls▁begin｜>", "<｜tool▁calls▁begin｜> ```json",
            "<|tool_call>", "<start_function_call>", "<|tool_call|>", "<|START_ACTION|>",
            "<|tools_prefix|>", "<tool_call> <arg_key>", "<|tool_call_start|>",
            "<function_calls>", "<|tool_calls_section_begin|>", "",
            "<|start|> <|channel|> <|message|>",
        ]
        for source in templates {
            let template = TemplateChoice.jinja(try JinjaTemplate(source))
            let rules = try #require(
                try CallRules(
                    .named("weather"), tools: [Self.weather], several: false, template: template))
            // Where there is a choice the letter f, else the smallest byte, is taken.
            var matcher = GrammarMatcher(rules.grammar)
            var text: [UInt8] = []
            while !matcher.isComplete, text.count < 2000 {
                let byte = try #require(
                    matcher.accepts(0x66)
                        ? 0x66 : (0...255).map { UInt8($0) }.first { matcher.accepts($0) })
                let isRead = matcher.advance([byte])
                #expect(isRead)
                text.append(byte)
            }
            var splitter = OutputSplitter(
                choice: template, prompt: "", think: nil, tools: [Self.weather])
            let pieces = splitter.consume(String(decoding: text, as: UTF8.self)) + splitter.finish()
            let calls = pieces.compactMap { piece in
                if case .toolCall(let call) = piece { call } else { nil }
            }
            #expect(
                calls.map(\.name) == ["weather"],
                "\(source): \(String(decoding: text, as: UTF8.self))")
            #expect(calls.first?.arguments["unit"] == "f", "\(source)")
        }
    }

    @Test(arguments: [
        #"{"name":"stop","arguments":{}}"#, #"{"name": "stop", "arguments": {}}"#,
        "{\n\"name\": \"stop\",\n\"arguments\":{}\n}",
    ])
    func `a call is spaced as the model likes it`(_ call: String) throws {
        let template = TemplateChoice.jinja(try JinjaTemplate("<tool_call>"))
        let rules = try #require(
            try CallRules(.auto, tools: [Self.stop], several: true, template: template))
        var matcher = GrammarMatcher(rules.grammar)
        let isRead = matcher.advance("\n\(call)\n</tool_call>".utf8)
        #expect(isRead)
    }

    @Test func `with a format the answer is a call or of that format`() throws {
        let words = [
            "<tool_call>", "\n", "{\"name\": \"", "stop", "\", \"arguments\": ", "{}", "}",
            "</tool_call>", "true", "Hello",
        ]
        let vocabulary = GrammarVocabulary(tokens: words.map { Array($0.utf8) }, endTokens: [])
        let template = TemplateChoice.jinja(try JinjaTemplate("<tool_call>"))
        let rules = try #require(
            try CallRules(
                .auto, tools: [Self.stop], several: true, template: template, hasFormat: true))
        #expect(rules.kind == .besideFormat)
        let format = try Grammar(jsonSchema: Array(#"{"type":"boolean"}"#.utf8))
        func allowed(after said: [Int]) -> [String] {
            var constraint = AnswerConstraint(format, vocabulary)
            constraint.allow(rules.grammar, vocabulary)
            for index in said { constraint.accept(Token(index), Array(words[index].utf8)) }
            var logits = [Float](repeating: 0, count: words.count)
            logits.withUnsafeMutableBufferPointer { _ = constraint.restrict($0) }
            return words.indices.filter { logits[$0] == 0 }.map { words[$0] }
        }
        #expect(allowed(after: []) == ["<tool_call>", "true"])
        #expect(allowed(after: [8]) == [])
        #expect(allowed(after: [0]) == ["\n", "{\"name\": \""])
        #expect(allowed(after: [0, 2, 3, 4, 5, 6]) == ["\n", "</tool_call>"])
        // Another call may follow.
        #expect(allowed(after: [0, 2, 3, 4, 5, 6, 7]) == ["<tool_call>", "\n"])
    }

    @Test func `a model that is offered tools and a format keeps to one of them`() async throws {
        let kitchen = try Kitchen()
        try kitchen.addTiny { $0.template = Self.template }
        for seed in 0..<3 {
            let answer = try await kitchen.scheduler.ask("hello", tokens: 300) {
                $0.input = .chat(
                    messages: [Message(role: "user", content: "hello")], tools: [Self.stop])
                $0.format = ["type": "boolean"]
                $0.think = .off
                $0.options["temperature"] = 1
                $0.options["seed"] = .number(JSONNumber(seed))
            }
            #expect(answer.failure == nil)
            #expect(
                answer.toolCalls.isEmpty == ["true", "false"].contains(answer.content),
                "\(answer)")
        }
    }

    @Test func `a call that the model begins is held to its tool and then let go`() throws {
        let words = [
            "<tool_call>", "\n", "{\"name\": \"", "stop", "weather", "x", "\", \"arguments\": ",
            "{", "}", "</tool_call>",
        ]
        let vocabulary = GrammarVocabulary(tokens: words.map { Array($0.utf8) }, endTokens: [])
        let template = TemplateChoice.jinja(try JinjaTemplate("<tool_call>"))
        let rules = try #require(
            try CallRules(.auto, tools: [Self.stop], several: true, template: template))
        var constraint = AnswerConstraint(whole: nil, vocabulary: vocabulary)
        constraint.holdCalls(
            to: rules.grammar, behind: try #require(rules.trigger), isBare: false, vocabulary)
        func allowed() -> Int {
            var logits = [Float](repeating: 0, count: words.count)
            logits.withUnsafeMutableBufferPointer { _ = constraint.restrict($0) }
            return logits.filter { $0 == 0 }.count
        }
        #expect(allowed() == words.count)
        for index in [5, 0, 2] { constraint.accept(Token(index), Array(words[index].utf8)) }
        #expect(allowed() == 1)
        for index in [3, 6, 7] { constraint.accept(Token(index), Array(words[index].utf8)) }
        for index in [8, 8, 9] { constraint.accept(Token(index), Array(words[index].utf8)) }
        #expect(allowed() == words.count)
    }
}
