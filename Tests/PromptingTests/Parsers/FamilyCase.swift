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
    /// What the template puts in front of calls, for families without marks.
    var tag = "{"
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

    static let further: [FamilyCase] = [
        .init(
            family: "hermes", template: "<tool_call>",
            answer:
                "<tool_call>\nnot JSON\n</tool_call>\n<tool_call>\n{\"name\": \"add\", \"arguments\": \"{\\\"a\\\": 2}\"}\n</tool_call>",
            calls: [#"add{"a":2}"#], content: "<tool_call>\nnot JSON\n</tool_call>\n"),
        .init(
            family: "qwen3-coder", template: "<tool_call> <function= <parameter=",
            answer:
                "I will.\n<tool_call>\n<function=add>\n<parameter=code>\nif a < b {\n  \"x\"\n}\n</parameter>\n</function>\n"
                + "</tool_call>\n<tool_call>\n<function=weather>\n<parameter=city>\n東京\n</parameter>\n</function>\n</tool_call>",
            calls: [
                #"add{"code":"if a \u003c b {\n  \"x\"\n}"}"#, #"weather{"city":"東京"}"#,
            ], content: "I will.\n"),
        .init(
            family: "qwen3-coder", template: "<seed:tool_call> <function= <parameter=",
            answer:
                "<seed:tool_call>\n<function=weather>\n<parameter=days>7</parameter>\n</function>\n</seed:tool_call>",
            calls: [#"weather{"days":7}"#]),
        .init(
            family: "llama3", template: "<|python_tag|>",
            answer: "<function=weather>{\"city\": \"New York\"}</function>",
            calls: [#"weather{"city":"New York"}"#]),
        .init(
            family: "llama3", template: "<|python_tag|>",
            answer:
                "{\"type\": \"function\", \"function\": {\"name\": \"add\", \"parameters\": {\"a\": {\"b\": []}}}}",
            calls: [#"add{"a":{"b":[]}}"#]),
        .init(
            family: "llama3", template: "<|python_tag|>", answer: "The answer is {\"name\": 1}.",
            calls: [], content: "The answer is {\"name\": 1}."),
        .init(
            family: "mistral", template: "[TOOL_CALLS] [ARGS]",
            answer: "[TOOL_CALLS]add[ARGS]{\"text\": \"[TOOL_CALLS] }\"}[TOOL_CALLS]add[ARGS]{}",
            calls: [#"add{"text":"[TOOL_CALLS] }"}"#, "add{}"]),
        .init(
            family: "deepseek", template: "<｜tool▁calls▁begin｜>",
            answer:
                "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>weather<｜tool▁sep｜>{\"city\": \"北京\"}<｜tool▁call▁end｜>"
                + "<｜tool▁call▁begin｜>add<｜tool▁sep｜>{}<｜tool▁call▁end｜><｜tool▁calls▁end｜>",
            calls: [#"weather{"city":"北京"}"#, "add{}"]),
        .init(
            family: "gemma", template: "<|tool_call>",
            answer:
                "<|tool_call>call:add{a:[1,-2.5e3],b:{},c:<|\"|><|\"|>}<tool_call|><|tool_call>call:add{}<tool_call|>",
            calls: [#"add{"a":[1,-2.5e3],"b":{},"c":""}"#, "add{}"]),
        .init(
            family: "granite", template: "<|tool_call|>",
            answer:
                "<|tool_call|>[{\"name\": \"weather\", \"arguments\": {\"city\": \"a]b\"}}, {\"name\": \"add\", \"arguments\": {}}]",
            calls: [#"weather{"city":"a]b"}"#, "add{}"]),
        .init(
            family: "command-r", template: "<|START_ACTION|>",
            answer:
                "<|START_ACTION|>[\n    {\"tool_call_id\": \"0\", \"tool_name\": \"weather\", \"parameters\": {\"city\": \"x\"}},\n"
                + "    {\"tool_call_id\": \"1\", \"tool_name\": \"add\", \"parameters\": {}}\n]<|END_ACTION|>",
            calls: [#"weather{"city":"x"}"#, "add{}"]),
        .init(
            family: "glm", template: "<tool_call> <arg_key>",
            answer:
                "<tool_call>add\n<arg_key>a</arg_key>\n<arg_value>line 1\nline 2 </arg></arg_value>\n</tool_call>\n"
                + "<tool_call>add\n</tool_call>",
            calls: [#"add{"a":"line 1\nline 2 \u003c/arg\u003e"}"#, "add{}"]),
        .init(
            family: "kimi", template: "<|tool_calls_section_begin|>",
            answer:
                "Ok.<|tool_calls_section_begin|><|tool_call_begin|>functions.add:0<|tool_call_argument_begin|>{}<|tool_call_end|>"
                + "<|tool_call_begin|>functions.weather:1<|tool_call_argument_begin|>{\"city\": \"Łódź\"}<|tool_call_end|>"
                + "<|tool_calls_section_end|>",
            calls: ["add{}", #"weather{"city":"Łódź"}"#], content: "Ok."),
        .init(
            family: "generic", template: "",
            answer:
                "So: <TOOLCALL>[{\"name\": \"add\", \"arguments\": {\"a\": 1}}, {\"name\": \"weather\", \"arguments\": {}}]</TOOLCALL>",
            calls: [#"add{"a":1}"#, "weather{}"], content: "So: ", tag: "<TOOLCALL>["),
        .init(
            family: "generic", template: "", answer: "CALL: add {\"a\": 1} CALL: other {}",
            calls: [#"add{"a":1}"#], content: "CALL: other {}", tag: "CALL:"),
        .init(
            family: "harmony", template: "",
            answer:
                "<|channel|>commentary to=functions.add <|constrain|>json<|message|>{\"a\": 1}<|call|>"
                + "<|start|>assistant<|channel|>commentary to=functions.weather<|message|>{\"city\": \"<|end\"}<|call|>"
                + "<|start|>assistant<|channel|>final<|message|>Good.",
            calls: [#"add{"a":1}"#, #"weather{"city":"\u003c|end"}"#], content: "Good."),
        .init(
            family: "harmony", template: "",
            answer: "<|channel|>commentary to=functions.add<|message|>{\"a\": <|call|>", calls: [],
            content: "{\"a\": "),
        .init(
            family: "thinking", template: "", answer: "<think>a </think\n></think>b</think>",
            calls: [], content: "b</think>", thinking: "a </think\n>"),
        .init(
            family: "thought", template: "", answer: "\nhm <channel|>Yes.", calls: [],
            content: "Yes.", thinking: "hm "),
        .init(
            family: "response", template: "", answer: "\n<response>Yes </res</response> ",
            calls: [], content: "Yes </res "),
        .init(
            family: "response", template: "", answer: " <respons>Yes</response>", calls: [],
            content: " <respons>Yes</response>"),
    ]

    func parser() -> any OutputParser {
        switch family {
        case "harmony": HarmonyParser(parsesCalls: true)
        case "thinking": ThinkingParser(open: "<think>", close: "</think>", startsInside: false)
        case "thought":
            ThinkingParser(open: "<|channel>thought", close: "<channel|>", startsInside: true)
        case "response": AnswerTagParser(open: "<response>", close: "</response>")
        default:
            ToolCallParser(
                format: ToolCallFormats.format(ofTemplate: template, tag: tag), tools: Self.tools)
        }
    }
}
