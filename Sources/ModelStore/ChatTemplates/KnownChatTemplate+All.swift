extension KnownChatTemplate {
    /// All formats, by name.
    static let all: [KnownChatTemplate] = [
        alfred, alpaca, chatml, chatqa, codeLlama, commandR, falcon, gemma, gemma3, granite, llama2,
        llama3, magicoder, mistral, openChat, phi3, solar, starCoder2, zephyr,
    ]

    private init(
        _ name: String, _ form: GoChatForm, stop: [String], renderings: [String: [Int]]
    ) {
        self.init(name: name, go: form.template, stop: stop, renderings: renderings)
    }

    private static let alfred = KnownChatTemplate(
        "alfred",
        GoChatForm(anyRole: ("<start_", ">", "<end_message>"), answer: "<start_assistant>"),
        stop: ["<start_system>", "<end_message>", "<start_user>", "<start_assistant>"],
        renderings: ["37911c4a5bbdb14d": [533]])

    private static let alpaca = KnownChatTemplate(
        "alpaca",
        GoChatForm(
            system: ("", "\n\n"), user: ("### Instruction:\n", "\n\n"),
            assistant: ("### Response:\n", "\n\n"), answer: "### Response:\n"),
        stop: ["### Instruction:", "### Response"],
        renderings: ["9b90d0e28496071c": [1041]])

    static let chatml = KnownChatTemplate(
        name: "chatml",
        go: """
            {{- range .Messages }}<|im_start|>{{ .Role }}
            {{ .Content }}<|im_end|>
            {{ end }}<|im_start|>assistant

            """,
        stop: ["<|im_start|>", "<|im_end|>"],
        renderings: [
            "2b73409c058e7d9a": [196, 209, 291, 306, 358, 450], "e8dd1e9f59b7f15f": [441],
            // With a system text of their own where the chat has none.
            "d5cf7fb2bf7d4d18": [328, 629], "078cdaa4f9480c2f": [327], "4bcb5a39b615cf45": [1842],
        ],
        nearness: 1)

    private static let chatqa = KnownChatTemplate(
        "chatqa",
        GoChatForm(
            system: ("System: ", "\n\n"), user: ("User: ", "\n\n"),
            assistant: ("Assistant: ", "\n\n"), answer: "Assistant:"),
        stop: ["System:", "User:", "Assistant:", "<|begin_of_text|>"],
        renderings: ["e1c4e26f612c717b": [459], "7f6da49d3432dc4d": [690]])

    private static let codeLlama = KnownChatTemplate(
        "codellama-70b-instruct",
        GoChatForm(
            anyRole: ("Source: ", "\n\n ", " <step> "),
            answer: "Source: assistant\nDestination: user\n\n "),
        stop: ["Source:", "Destination:", "<step>"],
        renderings: ["b75b20842467db87": [531]])

    private static let commandR = KnownChatTemplate(
        "command-r",
        GoChatForm(
            system: ("<|START_OF_TURN_TOKEN|><|SYSTEM_TOKEN|>", "<|END_OF_TURN_TOKEN|>"),
            user: ("<|START_OF_TURN_TOKEN|><|USER_TOKEN|>", "<|END_OF_TURN_TOKEN|>"),
            assistant: ("<|START_OF_TURN_TOKEN|><|CHATBOT_TOKEN|>", "<|END_OF_TURN_TOKEN|>"),
            answer: "<|END_OF_TURN_TOKEN|><|START_OF_TURN_TOKEN|><|CHATBOT_TOKEN|>\n"),
        stop: ["<|START_OF_TURN_TOKEN|>", "<|END_OF_TURN_TOKEN|>"],
        renderings: ["e3bcba1a69489e48": [1204]])

    private static let falcon = KnownChatTemplate(
        "falcon-instruct",
        GoChatForm(
            system: ("System: ", "\n"), user: ("User:\n", "\n"), assistant: ("Falcon:\n", "\n"),
            answer: "Falcon:\n"),
        stop: ["User:", "Assistant:"],
        renderings: ["730daa09cd865993": [340, 356]])

    /// The system text opens the user's next turn.
    private static let gemma = KnownChatTemplate(
        name: "gemma-instruct",
        go: """
            {{ $pending := "" }}{{ range $turn := .Messages }}{{ if eq $turn.Role "system" -}}
            {{ $pending = $turn.Content }}{{ else if eq $turn.Role "user" }}<start_of_turn>user
            {{ with $pending }}{{ . }}
            {{ $pending = "" }}{{ end }}{{ $turn.Content }}<end_of_turn>
            {{ else }}<start_of_turn>model
            {{ $turn.Content }}<end_of_turn>
            {{ end }}{{ end }}<start_of_turn>model

            """,
        stop: ["<start_of_turn>", "<end_of_turn>"],
        renderings: ["29c3b8d83c8cf4bc": [591]])

    /// The system text opens the first turn after it.
    private static let gemma3 = KnownChatTemplate(
        name: "gemma3-instruct",
        go: """
            {{ range $place, $turn := .Messages }}{{ if eq $turn.Role "user" }}<start_of_turn>user
            {{ if eq $place 1 }}{{ with $.System }}{{ . }}

            {{ end }}{{ end }}{{ $turn.Content }}<end_of_turn>
            {{ else if eq $turn.Role "assistant" }}<start_of_turn>model
            {{ $turn.Content }}<end_of_turn>
            {{ end }}{{ end }}{{ if .Messages }}<start_of_turn>model
            {{ end }}

            """,
        stop: ["<end_of_turn>"],
        renderings: ["0a706a7213a05edc": [1532]])

    private static let granite = KnownChatTemplate(
        "granite-instruct",
        GoChatForm(
            system: ("System:\n", "\n\n"), user: ("Question:\n", "\n\n"),
            assistant: ("Answer:\n", "\n\n"), answer: "Answer:\n"),
        stop: ["System:", "Question:", "Answer:"],
        renderings: ["e48ccd70d53e9b19": [376]])

    /// The system text stands between marks in the user's next turn.
    private static let llama2 = KnownChatTemplate(
        name: "llama2-chat",
        go: """
            {{ $pending := "" }}[INST] {{ range $turn := .Messages -}}
            {{ if eq $turn.Role "system" }}{{ $pending = $turn.Content -}}
            {{ else if eq $turn.Role "user" }}<<SYS>>{{ with $pending }}
            {{ . }}
            {{ end }}{{ $pending = "" }}<</SYS>>

            {{ $turn.Content }} [/INST]{{ else if eq $turn.Role "assistant" }} {{ $turn.Content -}}
            </s><s>[INST] {{ end }}{{ end }}
            """,
        stop: ["[INST]", "[/INST]", "<<SYS>>", "<</SYS>>"],
        renderings: ["110bb87694e0834b": [813, 815]])

    private static let llama3 = KnownChatTemplate(
        "llama3-instruct",
        GoChatForm(
            anyRole: ("<|start_header_id|>", "<|end_header_id|>\n\n", "<|eot_id|>"),
            answer: "<|start_header_id|>assistant<|end_header_id|>\n\n"),
        stop: ["<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"],
        renderings: ["e3342e5d3efd997e": [389], "3b63012fa81b6560": [4614]])

    private static let magicoder = KnownChatTemplate(
        "magicoder",
        GoChatForm(
            system: ("", "\n\n"), user: ("@@ Instruction\n", "\n\n"),
            assistant: ("@@ Response\n", "\n\n"), answer: "@@ Response\n"),
        stop: ["@@ Instruction", "@@ Response"],
        renderings: ["d073ad53640d0117": [571]])

    private static let mistral = KnownChatTemplate(
        "mistral-instruct",
        GoChatForm(
            start: "[INST] ", system: ("", "\n\n"), user: ("", "[/INST]"),
            assistant: (" ", "</s>[INST] ")),
        stop: ["<|im_start|>", "<|im_end|>"],
        renderings: ["317d6c3bcec04741": [470, 477]])

    private static let openChat = KnownChatTemplate(
        "openchat",
        GoChatForm(
            system: ("GPT4 Correct System: ", "<|end_of_turn|>"),
            user: ("GPT4 Correct User: ", "<|end_of_turn|>"),
            assistant: ("GPT4 Correct Assistant: ", "<|end_of_turn|>"),
            answer: "GPT4 Correct Assistant:"),
        stop: ["<|end_of_turn|>"],
        renderings: ["b7c21a7614cb6de7": [222]])

    private static let phi3 = KnownChatTemplate(
        "phi-3",
        GoChatForm(anyRole: ("<|", "|>\n", "<|end|>\n"), answer: "<|assistant|>\n"),
        stop: ["<|end|>", "<|system|>", "<|user|>", "<|assistant|>"],
        renderings: ["8746b0a6f25f39bb": [254, 269], "7ef37f460fd5a4ac": [218]])

    private static let solar = KnownChatTemplate(
        "solar-instruct",
        GoChatForm(
            system: ("### System:\n", "\n\n"), user: ("### User:\n", "\n\n"),
            assistant: ("### Assistant:\n", "</s>\n\n"), answer: "### Assistant:\n"),
        stop: ["### System:", "### User:", "### Assistant"],
        renderings: ["f427ff7abfccefb9": [409]])

    private static let starCoder2 = KnownChatTemplate(
        "starcoder2-instruct",
        GoChatForm(
            system: ("", "\n\n"), user: ("### Instruction\n", "\n\n"),
            assistant: ("### Response\n", "<|endoftext|>\n\n"), answer: "### Response\n"),
        stop: ["### Instruction", "### Response", "<|endoftext|>"],
        renderings: ["954ebb31ca8fb935": [574]])

    private static let zephyr = KnownChatTemplate(
        "zephyr",
        GoChatForm(anyRole: ("<|", "|>\n", "</s>\n"), answer: "<|assistant|>\n"),
        stop: ["<|system|>", "</s>", "<|user|>", "<|assistant|>"],
        renderings: ["6a38c142404594d5": [410], "50ffbd312e3121a8": [306]])
}
