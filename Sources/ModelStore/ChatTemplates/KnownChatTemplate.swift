import API
import Prompting

/// A chat format that is recognised in the Jinja template of a model, as a Go template.
///
/// Recognised is what a template does: it renders a small conversation, and what comes out, white space
/// aside, must be what the templates in circulation for the format make of it. Its length must be near
/// theirs as well: longer ones do more than the conversation shows, for example with tools, and serve
/// better as they are.
struct KnownChatTemplate: Sendable {
    let name: String
    /// The format over `.Messages`.
    let go: String
    let stop: [String]
    /// Fingerprints of what templates of the format render, with the lengths of those templates in
    /// Unicode scalars.
    let renderings: [String: [Int]]
    /// Lengths of templates that are taken for the format differ from those by less than this.
    var nearness = 50

    /// Longer ones are not looked at; the longest template of a format has some 5,000 scalars.
    private static let longest = 10_000

    /// The format of `jinja`; nil when it is none of those.
    ///
    /// - Complexity: renders the template twice, within the budget of templates.
    static func matching(_ jinja: String) -> KnownChatTemplate? {
        let length = jinja.unicodeScalars.count
        guard length < longest else { return nil }
        if let template = try? JinjaTemplate(jinja) {
            let fingerprint = fingerprint(of: template)
            let known = all.first { known in
                known.renderings[fingerprint]?.contains { abs($0 - length) < known.nearness }
                    ?? false
            }
            if let known { return known }
        }
        // Variants of the plainest format are told by edits, as in the reference. Short templates of other
        // formats are few edits away, too, and are taken for it there and here.
        let isNear = KnownTemplates.nearest(
            to: jinja, in: [(name: chatml.name, template: plainest)])
        return isNear == nil ? nil : chatml
    }

    private static let plainest = """
        {% for message in messages %}{{'<|im_start|>' + message['role'] + '\\n' + \
        message['content'] + '<|im_end|>' + '\\n'}}{% endfor %}\
        {% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}
        """

    /// First 16 digits of the SHA-256 of what the template renders without and with a system text,
    /// white space dropped, a line each; `-` where it refuses.
    static func fingerprint(of template: JinjaTemplate) -> String {
        let turns = [("user", "question"), ("assistant", "answer"), ("user", "rejoinder")]
        let lines = [turns, [("system", "instruction")] + turns].map { turns in
            let messages = turns.map { turn -> JSONValue in
                ["role": .string(turn.0), "content": .string(turn.1)]
            }
            let text = try? template.render([
                "messages": .array(messages), "add_generation_prompt": true, "bos_token": "",
                "eos_token": "",
            ])
            let kept = text?.utf8.filter { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }
            return kept.map { String(decoding: $0, as: UTF8.self) } ?? "-"
        }
        return String(Digest(of: Array(lines.joined(separator: "\n").utf8)).hex.prefix(16))
    }
}
