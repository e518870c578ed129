import API
import TestSupport
import Testing

@testable import Prompting

/// What the templates of known models say about their answers.
@Suite(.enabled(if: Golden.isPresent, "the golden data is not there"))
struct FamilyMarkTests {
    private func template(_ name: String) throws -> JinjaTemplate {
        let root = try JSONValue(parsing: Golden.data("templates/jinja/\(name).cases.json"))
        return try JinjaTemplate(try #require(root["template"]?.string))
    }

    @Test(arguments: [
        ("Apertus-8B-Instruct", "<|inner_prefix|>", "<|inner_suffix|>"),
        (
            "CohereForAI-c4ai-command-r7b-12-2024-tool_use", "<|START_THINKING|>",
            "<|END_THINKING|>"
        ),
        ("GLM-4.6", "<think>", "</think>"), ("HuggingFaceTB-SmolLM3-3B", "<think>", "</think>"),
        ("NVIDIA-Nemotron-3-Nano-30B-A3B-BF16", "<think>", "</think>"),
        ("Qwen-QwQ-32B", "<think>", "</think>"), ("Qwen-Qwen3-0.6B", "<think>", "</think>"),
        ("Qwen3.5-4B", "<think>", "</think>"),
        ("deepseek-ai-DeepSeek-R1-Distill-Llama-8B", "<think>", "</think>"),
        ("deepseek-ai-DeepSeek-V3.1", "<think>", "</think>"),
        ("google-gemma-4-31B-it", "<|channel>thought", "<channel|>"),
        ("ibm-granite-granite-3.3-2B-Instruct", "<think>", "</think>"),
    ])
    func `models that think show between which tags`(
        _ name: String, _ open: String, _ close: String
    ) throws {
        let template = try template(name)
        let tags = try #require(template.thinkingTags)
        #expect(tags == (open, close))
        #expect(template.showsThinking)
    }

    @Test(arguments: [
        "Kimi-K2-Instruct", "LFM2-8B-A1B", "Mistral-Small-3.2-24B-Instruct-2506",
        "NousResearch-Hermes-2-Pro-Llama-3-8B-tool_use", "Qwen-Qwen2.5-7B-Instruct",
        "Qwen3-Coder", "google-gemma-2-2b-it", "ibm-granite-granite-4.0",
        "meta-llama-Llama-3.1-8B-Instruct", "meta-llama-Llama-3.2-3B-Instruct",
        "microsoft-Phi-3.5-mini-instruct", "mistralai-Mistral-Nemo-Instruct-2407",
    ])
    func `models that do not think show no tags`(_ name: String) throws {
        let template = try template(name)
        #expect(template.thinkingTags == nil)
        #expect(!template.showsThinking)
    }

    @Test func `think reaches the template under the name that it knows`() throws {
        var input = PromptInput()
        input.messages = [Message(role: "user", content: "hello")]
        for name in ["deepseek-ai-DeepSeek-V3.1", "Qwen3.5-4B"] {
            let template = try template(name)
            func prompt(_ think: Think) throws -> String {
                input.think = think
                return try template.render(input, specialTokens: ["bos_token": ""])
            }
            let (on, off) = (try prompt(.on), try prompt(.off))
            #expect(on.trimmingWhiteSpace().utf8.reversed().starts(with: "<think>".utf8.reversed()))
            #expect(
                off.trimmingWhiteSpace().utf8.reversed().starts(with: "</think>".utf8.reversed()))
        }
    }

    @Test(arguments: [
        ("Apertus-8B-Instruct", "apertus"),
        ("CohereForAI-c4ai-command-r7b-12-2024-tool_use", "command-r"), ("GLM-4.6", "glm"),
        ("Kimi-K2-Instruct", "kimi"),
        ("LFM2-8B-A1B", "lfm2"), ("Mistral-Small-3.2-24B-Instruct-2506", "mistral"),
        ("NVIDIA-Nemotron-3-Nano-30B-A3B-BF16", "qwen3-coder"),
        ("NousResearch-Hermes-2-Pro-Llama-3-8B-tool_use", "hermes"), ("Qwen-QwQ-32B", "hermes"),
        ("Qwen-Qwen2.5-7B-Instruct", "hermes"), ("Qwen-Qwen3-0.6B", "hermes"),
        ("Qwen3-Coder", "qwen3-coder"), ("Qwen3.5-4B", "qwen3-coder"),
        ("deepseek-ai-DeepSeek-R1-Distill-Llama-8B", "deepseek"),
        ("deepseek-ai-DeepSeek-V3.1", "deepseek"), ("google-gemma-4-31B-it", "gemma"),
        ("ibm-granite-granite-3.3-2B-Instruct", "granite"),
        ("ibm-granite-granite-4.0", "hermes"), ("meta-llama-Llama-3.1-8B-Instruct", "llama3"),
        ("meta-llama-Llama-3.2-3B-Instruct", "llama3"),
        ("mistralai-Mistral-Nemo-Instruct-2407", "mistral"),
    ])
    func `the template says which family's calls its model writes`(
        _ name: String, _ family: String
    ) throws {
        let source = try template(name).source
        let known = ToolCallFormats.known.first { _, marks, _ in
            marks.allSatisfy { source.containsBytes(of: $0) }
        }
        #expect(known?.name == family)
    }

    /// Calls as the templates write them into a history are calls when a model writes them.
    @Test(arguments: [
        "Apertus-8B-Instruct", "CohereForAI-c4ai-command-r7b-12-2024-tool_use", "GLM-4.6",
        "Kimi-K2-Instruct", "Mistral-Small-3.2-24B-Instruct-2506",
        "NVIDIA-Nemotron-3-Nano-30B-A3B-BF16",
        "NousResearch-Hermes-2-Pro-Llama-3-8B-tool_use", "Qwen-QwQ-32B",
        "Qwen-Qwen2.5-7B-Instruct", "Qwen-Qwen3-0.6B", "Qwen3-Coder", "Qwen3.5-4B",
        "deepseek-ai-DeepSeek-R1-Distill-Llama-8B", "deepseek-ai-DeepSeek-V3.1",
        "google-gemma-4-31B-it", "ibm-granite-granite-4.0", "meta-llama-Llama-3.1-8B-Instruct",
        "meta-llama-Llama-3.2-3B-Instruct", "mistralai-Mistral-Nemo-Instruct-2407",
        "openai-gpt-oss-120b",
    ])
    func `a call in the history is read back`(_ name: String) throws {
        let template = try template(name)
        let tool = Tool(raw: [
            "type": "function",
            "function": [
                "name": "weather", "description": "Says it",
                "parameters": [
                    "type": "object", "properties": ["city": ["type": "string"]],
                    "required": ["city"],
                ],
            ],
        ])
        var input = PromptInput()
        input.messages = [Message(role: "user", content: "And now?")]
        input.tools = [tool]
        let tokens: JSONObject = ["bos_token": "", "eos_token": ""]
        input.messages.append(Message(role: "assistant", content: "ANSWER"))
        let before = try template.render(input, specialTokens: tokens)
        input.messages.removeLast()
        var call = Message(role: "assistant", content: "")
        call.toolCalls = [ToolCall(id: "call_0001", name: "weather", arguments: ["city": "Łódź"])]
        input.messages.append(call)
        let whole = try template.render(input, specialTokens: tokens, addGenerationPrompt: false)
        let shared = zip(before.unicodeScalars, whole.unicodeScalars).prefix { $0 == $1 }.count
        var answer = String.UnicodeScalarView()
        answer.append(contentsOf: whole.unicodeScalars.dropFirst(shared))
        var parser: any OutputParser =
            name.utf8.starts(with: "openai".utf8)
            ? HarmonyParser(parsesCalls: true)
            : ToolCallParser(
                format: ToolCallFormats.format(
                    ofTemplate: template.source, tag: template.toolCallTag), tools: input.tools)
        let pieces = parser.consume(String(answer)) + parser.finish()
        let calls = pieces.compactMap { piece in
            if case .toolCall(let call) = piece { call } else { nil }
        }
        #expect(calls.map(\.name) == ["weather"], "\(String(answer))")
        #expect(calls.first?.arguments == ["city": "Łódź"])
    }

    @Test func `calls of an unknown family are told by rendering one`() throws {
        let source = """
            {%- for m in messages %}[{{ m.role }}]{% if m.tool_calls %}<TOOLCALL>[\
            {%- for c in m.tool_calls %}{{ {'name': c.function.name, 'arguments': \
            c.function.arguments} | tojson }}{% endfor %}]</TOOLCALL>{% else %}{{ m.content }}\
            {% endif %}{% endfor %}{% if add_generation_prompt %}[assistant]{% endif %}
            """
        #expect(try JinjaTemplate(source).toolCallTag == "<TOOLCALL>[")
        #expect(try JinjaTemplate("{{ messages[0].content }}").toolCallTag == "{")
    }
}
