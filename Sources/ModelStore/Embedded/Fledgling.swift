import API
import CFledgling

extension EmbeddedModel {
    /// The models within this executable; empty when it was built without them.
    public static let all: [EmbeddedModel] = fledgling.map { [$0] } ?? []

    /// A tiny model for a first try and for tests of clients; nil when the executable was built
    /// without its file.
    public static let fledgling: EmbeddedModel? = {
        guard let start = fledgling_bytes(), fledgling_length() > 0,
            let name = ModelName("fledgling")
        else { return nil }
        return fledgling(
            name,
            EmbeddedWeights(
                staticBytes: UnsafeRawBufferPointer(start: start, count: fledgling_length()),
                label: "fledgling.gguf"))
    }()

    /// The description of fledgling around any weights.
    static func fledgling(_ name: ModelName, _ weights: EmbeddedWeights) -> EmbeddedModel {
        var model = EmbeddedModel(name: name, weights: weights)
        model.template = fledglingTemplate
        // Temperature 0: people test their programs with it, and one question has one answer.
        model.parameters = ["stop": ["<|im_start|>", "<|im_end|>"], "temperature": 0]
        model.license = fledglingLicense
        model.thinksByDefault = false
        // 23 November 2026, 0:00 UTC: when the weights were made.
        model.modified = 1_795_392_000
        return model
    }

    /// The form of the conversations that the model was trained on: ChatML with the tools in the
    /// system turn, neighbouring tool results in one user turn, and the text around a gap.
    static let fledglingTemplate = """
        {{- if .Suffix }}<|fim_prefix|>{{ .Prompt }}<|fim_suffix|>{{ .Suffix }}<|fim_middle|>
        {{- else }}
        {{- if or .System .Tools }}<|im_start|>system
        {{ if .System }}{{ .System }}{{ if .Tools }}

        {{ end }}{{ end }}{{ if .Tools }}# Tools
        {{- range .Tools }}
        {{ . }}
        {{- end }}{{ end }}<|im_end|>
        {{ end }}
        {{- $inResults := false }}
        {{- $isOpen := false }}
        {{- range $i, $message := .Messages }}
        {{- $isOpen = false }}
        {{- if and $inResults (ne .Role "tool") }}<|im_end|>
        {{ $inResults = false }}
        {{- end }}
        {{- if eq .Role "tool" }}
        {{- if not $inResults }}<|im_start|>user
        {{ else }}
        {{ end }}<tool_response>
        {{ .Content }}
        </tool_response>
        {{- $inResults = true }}
        {{- else if eq .Role "assistant" }}<|im_start|>assistant
        {{ if .Thinking }}<think>
        {{ .Thinking }}
        </think>

        {{ end }}{{ .Content }}
        {{- if .ToolCalls }}
        {{- range $j, $call := .ToolCalls }}
        {{- if or $message.Content $j }}
        {{ end }}<tool_call>
        {"name":"{{ .Function.Name }}","arguments":{{ .Function.Arguments }}}
        </tool_call>
        {{- end }}
        {{- end }}
        {{- $isOpen = and (eq (len (slice $.Messages $i)) 1) (not .ToolCalls) }}
        {{- if not $isOpen }}<|im_end|>
        {{ end }}
        {{- else if ne .Role "system" }}<|im_start|>{{ .Role }}
        {{ .Content }}<|im_end|>
        {{ end }}
        {{- end }}
        {{- if $inResults }}<|im_end|>
        {{ end }}
        {{- if not $isOpen }}<|im_start|>assistant
        {{ if .Think }}<think>
        {{ end }}
        {{- end }}
        {{- end }}
        """

    private static let fledglingLicense = """
        MIT License

        Copyright (c) 2026 The Apus developers

        Permission is hereby granted, free of charge, to any person obtaining a copy
        of this software and associated documentation files (the "Software"), to deal
        in the Software without restriction, including without limitation the rights
        to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
        copies of the Software, and to permit persons to whom the Software is
        furnished to do so, subject to the following conditions:

        The above copyright notice and this permission notice shall be included in all
        copies or substantial portions of the Software.

        THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
        IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
        FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
        AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
        LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
        OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
        SOFTWARE.
        """
}
