import API
import Testing

@testable import Prompting

/// An answer of a family and what is in it.
struct FamilyCase: Sendable, CustomStringConvertible {
    let family: String
    /// Marks of the family's template.
    let template: String
    let answer: String
    let calls: [String]
    var content = ""
    var thinking = ""
    var description: String { "\(family): \(answer)" }

    static let tools: [Tool] = [
        Tool(raw: [
            "type": "function",
            "function": [
                "name": "weather",
                "parameters": [
                    "type": "object",
                    "properties": ["city": ["type": "string"], "days": ["type": "integer"]],
                    "required": ["city"],
                ],
            ],
        ]),
        Tool(raw: ["type": "function", "function": ["name": "add"]]),
    ]

    static let all: [FamilyCase] = [
        .init(
            family: "hermes", template: "<tool_call>",
            answer:
                "Let me see.\n<tool_call>\n{\"name\": \"weather\", \"arguments\": {\"city\": \"Łódź } {\"}}\n"
                + "</tool_call>\n<tool_call>\n{\"name\": \"add\", \"arguments\": {\"a\": [1, 2]}}\n</tool_call>",
            calls: [#"weather{"city":"Łódź } {"}"#, #"add{"a":[1,2]}"#], content: "Let me see.\n"),
        .init(
            family: "hermes", template: "<tool_call>",
            answer: "<tool_call>{\"name\": \"add\", \"arguments\": {\"code\": \"a\n\tb\"}}",
            calls: [#"add{"code":"a\n\tb"}"#]),
        .init(
            family: "qwen3-coder", template: "<tool_call> <function= <parameter=",
            answer:
                "<tool_call>\n<function=weather>\n<parameter=city>\n<b>Paris</b>\n</parameter>\n"
                + "<parameter=days>\n3\n</parameter>\n</function>\n</tool_call>",
            calls: [#"weather{"city":"\u003cb\u003eParis\u003c/b\u003e","days":3}"#]),
        .init(
            family: "llama3", template: "<|python_tag|>",
            answer: "{\"name\": \"weather\", \"parameters\": {\"city\": \"Paris\"}}; "
                + "{\"name\": \"add\", \"parameters\": {}}",
            calls: [#"weather{"city":"Paris"}"#, "add{}"]),
        .init(
            family: "llama3", template: "<|python_tag|>",
            answer: "<|python_tag|>{\"name\": \"add\", \"parameters\": {\"a\": 1}}",
            calls: [#"add{"a":1}"#]),
        .init(
            family: "llama3", template: "<|python_tag|>",
            answer: "{\"name\": \"nobody\", \"parameters\": {\"a\": 1}}",
            calls: [], content: "{\"name\": \"nobody\", \"parameters\": {\"a\": 1}}"),
        .init(
            family: "mistral", template: "[TOOL_CALLS]",
            answer:
                "[TOOL_CALLS] [{\"name\": \"add\", \"arguments\": {\"a\": 1}, \"id\": \"abcdefghi\"}, "
                + "{\"name\": \"weather\", \"arguments\": {\"city\": \"x\"}}]",
            calls: [#"add{"a":1}"#, #"weather{"city":"x"}"#]),
        .init(
            family: "mistral", template: "[TOOL_CALLS] [ARGS]",
            answer:
                "Well. [TOOL_CALLS]add[CALL_ID]abcdefghi[ARGS]{\"a\": 1}[TOOL_CALLS]weather{\"city\": \"x\"}",
            calls: [#"add{"a":1}"#, #"weather{"city":"x"}"#], content: "Well. "),
        .init(
            family: "deepseek", template: "<｜tool▁calls▁begin｜> ```json",
            answer:
                "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>add\n```json\n{\"a\": 1}\n"
                + "```<｜tool▁call▁end｜>\n<｜tool▁call▁begin｜>function<｜tool▁sep｜>weather\n```json\n"
                + "{\"city\":\"x\"}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>",
            calls: [#"add{"a":1}"#, #"weather{"city":"x"}"#]),
        .init(
            family: "deepseek", template: "<｜tool▁calls▁begin｜>",
            answer: "Yes<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>add<｜tool▁sep｜>{\"a\": 1}"
                + "<｜tool▁call▁end｜><｜tool▁calls▁end｜>",
            calls: [#"add{"a":1}"#], content: "Yes"),
        .init(
            family: "gemma", template: "<|tool_call>",
            answer:
                "<|tool_call>call:weather{city:<|\"|>New, }York<|\"|>,days:3,deep:{<|\"|>k<|\"|>:[true,1.5]}}<tool_call|>",
            calls: [#"weather{"city":"New, }York","days":3,"deep":{"k":[true,1.5]}}"#]),
        .init(
            family: "gemma", template: "<start_function_call>",
            answer:
                "<start_function_call>call:weather{city:<escape>Paris<escape>}<end_function_call>",
            calls: [#"weather{"city":"Paris"}"#]),
        .init(
            family: "granite", template: "<|tool_call|>",
            answer: "<|tool_call|>[{\"name\": \"add\", \"arguments\": {\"a\": 1}}]",
            calls: [#"add{"a":1}"#]),
        .init(
            family: "command-r", template: "<|START_ACTION|>",
            answer:
                "<|START_ACTION|>[\n  {\"tool_call_id\": \"0\", \"tool_name\": \"add\", \"parameters\": {\"a\": 1}}\n]<|END_ACTION|>",
            calls: [#"add{"a":1}"#]),
        .init(
            family: "apertus", template: "<|tools_prefix|>",
            answer: "<|tools_prefix|>[{\"add\": {\"a\": 1}}]<|tools_suffix|>",
            calls: [#"add{"a":1}"#]),
        .init(
            family: "glm", template: "<tool_call> <arg_key>",
            answer: "<tool_call>weather\n<arg_key>city</arg_key>\n<arg_value>Paris</arg_value>\n"
                + "<arg_key>days</arg_key>\n<arg_value>2</arg_value>\n</tool_call>\n",
            calls: [#"weather{"city":"Paris","days":2}"#]),
        .init(
            family: "lfm2", template: "<|tool_call_start|>",
            answer:
                "<|tool_call_start|>[weather(city=\"Paris\", days=2), add(a=[1, None], b={'k': True})]<|tool_call_end|>ok",
            calls: [#"weather{"city":"Paris","days":2}"#, #"add{"a":[1,null],"b":{"k":true}}"#],
            content: "ok"),
        .init(
            family: "olmo3", template: "<function_calls>",
            answer: "<function_calls>\nweather(city='it\\'s')\nadd()\n</function_calls>",
            calls: [#"weather{"city":"it's"}"#, "add{}"]),
        .init(
            family: "kimi", template: "<|tool_calls_section_begin|>",
            answer:
                "<|tool_calls_section_begin|><|tool_call_begin|>functions.add:0<|tool_call_argument_begin|>"
                + "{\"a\": 1}<|tool_call_end|><|tool_calls_section_end|>",
            calls: [#"add{"a":1}"#]),
        .init(
            family: "generic", template: "",
            answer: " {\"name\": \"add\", \"arguments\": {\"a\": 1}}", calls: [#"add{"a":1}"#]),
        .init(
            family: "harmony", template: "",
            answer:
                "<|channel|>analysis<|message|>We need it.<|end|><|start|>assistant<|channel|>commentary"
                + "<|message|>I look.<|end|><|start|>assistant<|channel|>commentary to=functions.weather "
                + "<|constrain|>json<|message|>{\"city\": \"Paris\"}<|call|>",
            calls: [#"weather{"city":"Paris"}"#], content: "I look.", thinking: "We need it."),
        .init(
            family: "harmony", template: "",
            answer: " to=functions.add<|channel|>commentary json<|message|>{\"a\": \"x\ny\"}",
            calls: [#"add{"a":"x\ny"}"#]),
        .init(
            family: "harmony", template: "",
            answer: "<|channel|>final<|message|>Done <|x|> here.<|return|>", calls: [],
            content: "Done <|x|> here."),
        .init(
            family: "thinking", template: "", answer: " <think>\nhm</think>\n\nYes", calls: [],
            content: "Yes", thinking: "hm"),
    ]

    func parser() -> any OutputParser {
        switch family {
        case "harmony": HarmonyParser(parsesCalls: true)
        case "thinking": ThinkingParser(open: "<think>", close: "</think>", startsInside: false)
        default:
            ToolCallParser(
                format: ToolCallFormats.format(ofTemplate: template, tag: "{"), tools: Self.tools)
        }
    }
}

/// What a parser found, and all text that it gave back.
struct Findings: Equatable {
    var calls: [String] = []
    var content = ""
    var thinking = ""
    var text = ""

    init(_ one: FamilyCase, _ parts: [String]) {
        var parser = one.parser()
        for piece in parts.flatMap({ parser.consume($0) }) + parser.finish() {
            switch piece {
            case .content(let piece):
                content += piece
                text += piece
            case .thinking(let piece):
                thinking += piece
                text += piece
            case .markup(let piece): text += piece
            case .toolCall(let call):
                calls.append(call.name + JSONValue.object(call.arguments).serialized)
            }
        }
    }
}

/// Numbers that are the same in every run.
private struct Seeded: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

private func string(_ scalars: some Sequence<Unicode.Scalar>) -> String {
    var view = String.UnicodeScalarView()
    view.append(contentsOf: scalars)
    return String(view)
}

private func isSame(_ left: String, _ right: String) -> Bool {
    left.utf8.elementsEqual(right.utf8)
}

@Suite struct FamilyTests {
    @Test(arguments: FamilyCase.all)
    func `every family's answers are understood`(_ one: FamilyCase) {
        let found = Findings(one, [one.answer])
        #expect(found.calls == one.calls)
        #expect(found.content == one.content)
        #expect(found.thinking == one.thinking)
        #expect(isSame(found.text, one.answer))
    }

    @Test(arguments: FamilyCase.all)
    func `every way of cutting the stream gives the same`(_ one: FamilyCase) {
        let scalars = Array(one.answer.unicodeScalars)
        let whole = Findings(one, [one.answer])
        #expect(Findings(one, scalars.map { string([$0]) }) == whole)
        for cut in 0...scalars.count {
            #expect(Findings(one, [string(scalars[..<cut]), string(scalars[cut...])]) == whole)
        }
    }

    @Test(arguments: FamilyCase.all)
    func `a cut answer loses no text`(_ one: FamilyCase) {
        let scalars = Array(one.answer.unicodeScalars)
        for end in 0...scalars.count {
            let text = string(scalars[..<end])
            let whole = Findings(one, [text])
            #expect(isSame(whole.text, text))
            #expect(Findings(one, scalars[..<end].map { string([$0]) }) == whole)
        }
    }

    @Test(arguments: FamilyCase.all)
    func `ten thousand damaged answers lose no text`(_ one: FamilyCase) {
        var random = Seeded(state: UInt64(one.answer.utf8.count))
        let scalars = Array(one.answer.unicodeScalars)
        for _ in 0..<10_000 {
            var damaged = scalars
            for _ in 0..<Int.random(in: 1...3, using: &random) where !damaged.isEmpty {
                let place = Int.random(in: 0..<damaged.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: damaged.remove(at: place)
                case 1: damaged[place] = Unicode.Scalar(UInt8.random(in: 0...127, using: &random))
                case 2:
                    let from = Int.random(in: 0..<scalars.count, using: &random)
                    damaged.insert(contentsOf: scalars[from...].prefix(12), at: place)
                default: damaged.removeSubrange(place..<min(damaged.count, place + 5))
                }
            }
            let text = string(damaged)
            let whole = Findings(one, [text])
            guard isSame(whole.text, text) else {
                Issue.record("lost text of \(text.debugDescription): \(whole)")
                return
            }
            var parts: [String] = []
            var rest = damaged[...]
            while !rest.isEmpty {
                let size = Int.random(in: 1...9, using: &random)
                parts.append(string(rest.prefix(size)))
                rest = rest.dropFirst(size)
            }
            guard Findings(one, parts) == whole else {
                Issue.record("cuts change \(text.debugDescription): \(whole)")
                return
            }
        }
    }

    @Test func `the template's marks choose the family`() {
        for one in FamilyCase.all where !one.template.isEmpty {
            let known = ToolCallFormats.known.first { _, marks, _ in
                marks.allSatisfy { one.template.containsBytes(of: $0) }
            }
            #expect(known?.name == one.family)
        }
    }
}
