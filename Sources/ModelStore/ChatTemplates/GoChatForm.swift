/// Texts around the turns of a chat, of which a Go template is made.
struct GoChatForm {
    /// What stands before and after a turn's content.
    typealias Frame = (before: String, after: String)

    /// Before the first turn.
    var start = ""
    /// A turn of any role: before the role, between role and content, after the content.
    var anyRole: (before: String, between: String, after: String)?
    var system: Frame = ("", "")
    var user: Frame = ("", "")
    var assistant: Frame = ("", "")
    /// Where the model's answer begins.
    var answer = ""

    /// The template; texts must not contain braces of Go.
    var template: String {
        if let (before, between, after) = anyRole {
            return "\(start){{ range $turn := .Messages }}\(before){{ $turn.Role }}\(between)"
                + "{{ $turn.Content }}\(after){{ end }}\(answer)"
        }
        let turns = [("system", system), ("user", user), ("assistant", assistant)]
            .map { role, frame in
                "if eq $turn.Role \"\(role)\" }}\(frame.before){{ $turn.Content }}\(frame.after){{ "
            }
            .joined(separator: "else ")
        return "\(start){{ range $turn := .Messages }}{{ \(turns)end }}{{ end }}\(answer)"
    }
}
