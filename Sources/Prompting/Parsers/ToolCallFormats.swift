/// The formats by name, and the marks in a template by which they are told.
public enum ToolCallFormats {
    /// The first whose marks all stand in the template is its format.
    static let known:
        [(name: String, marks: [String], make: @Sendable (String) -> any ToolCallReader)] = [
            ("deepseek", ["<｜tool▁calls▁begin｜>"], { DeepSeekCalls(template: $0) }),
            ("kimi", ["<|tool_calls_section_begin|>"], { _ in KimiCalls() }),
            ("command-r", ["<|START_ACTION|>"], { _ in ListCalls.commandR }),
            ("apertus", ["<|tools_prefix|>"], { _ in ListCalls.apertus }),
            ("lfm2", ["<|tool_call_start|>"], { _ in PythonCalls.lfm2 }),
            ("lfm2", ["<|tool_list_start|>"], { _ in PythonCalls.lfm2 }),
            ("olmo3", ["<function_calls>"], { _ in PythonCalls.olmo }),
            ("gemma", ["<|tool_call>"], { GemmaCalls(template: $0) }),
            ("gemma", ["<start_function_call>"], { GemmaCalls(template: $0) }),
            ("glm", ["<tool_call>", "<arg_key>"], { _ in GLMCalls() }),
            ("qwen3-coder", ["<function=", "<parameter="], { _ in FunctionTagCalls() }),
            ("mistral", ["[TOOL_CALLS]"], { MistralCalls(template: $0) }),
            ("granite", ["<|tool_call|>"], { _ in ListCalls.granite }),
            ("hermes", ["<tool_call>"], { _ in HermesCalls() }),
            ("llama3", ["<|python_tag|>"], { _ in LlamaCalls() }),
            ("llama3", ["<|start_header_id|>", "\"parameters\""], { _ in LlamaCalls() }),
        ]

    /// The format of a template's calls.
    ///
    /// - Parameter tag: what the template puts in front of calls, for templates without known marks.
    public static func format(ofTemplate source: String, tag: String) -> any ToolCallFormat {
        for (_, marks, make) in known
        where marks.allSatisfy({ source.containsBytes(of: $0) }) {
            return make(source)
        }
        return GenericCalls(tag: tag)
    }
}
