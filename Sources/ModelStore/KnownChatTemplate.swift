import Prompting

/// A chat template of a GGUF file that is recognised, and what takes its place.
struct KnownChatTemplate {
    var name: String
    /// As model files carry it.
    var jinja: String
    /// The same format as a Go template.
    var go: String
    var stop: [String]

    static let all: [KnownChatTemplate] = [
        KnownChatTemplate(
            name: "chatml",
            jinja: """
                {% for message in messages %}{{'<|im_start|>' + message['role'] + '\\n' + \
                message['content'] + '<|im_end|>' + '\\n'}}{% endfor %}\
                {% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}
                """,
            go: """
                {{- range .Messages }}<|im_start|>{{ .Role }}
                {{ .Content }}<|im_end|>
                {{ end }}<|im_start|>assistant

                """,
            stop: ["<|im_start|>", "<|im_end|>"]),
    ]

    /// The known template that `jinja` is, give or take 99 edits.
    static func nearest(to jinja: String) -> KnownChatTemplate? {
        KnownTemplates.nearest(to: jinja, in: all.map { (name: $0.name, template: $0.jinja) })
            .flatMap { name in all.first { $0.name == name } }
    }
}
