import API
import Testing

@testable import Prompting

@Suite struct ToolHistoryTests {
    private func history() -> PromptInput {
        var call = Message(role: "assistant", content: "")
        call.toolCalls = [ToolCall(id: "call_abc", name: "f", arguments: ["a": 1])]
        var result = Message(role: "tool", content: "2")
        result.toolCallID = "call_abc"
        var input = PromptInput()
        input.messages = [Message(role: "user", content: "q"), call, result]
        return input
    }

    @Test(arguments: [
        "{{ c.function.arguments | tojson }}", "{{ c.function.arguments }}",
        "{% for k, v in c.function.arguments.items() %}{\"{{ k }}\":{{ v }}}{% endfor %}",
    ])
    func `arguments come as the template needs them`(_ body: String) throws {
        let template = try JinjaTemplate(
            "{% for m in messages %}{% for c in m.tool_calls or [] %}\(body){% endfor %}{% endfor %}"
        )
        let text = try template.render(history(), specialTokens: [:])
        #expect(text.filter { $0 != " " } == "{\"a\":1}")
    }

    @Test func `ids have nine characters where the template demands it`() throws {
        let template = try JinjaTemplate(
            """
            {% for m in messages %}{% for c in m.tool_calls or [] %}{% if c.id|length != 9 %}\
            {{ raise_exception('id') }}{% endif %}{{ c.id }} {% endfor %}{% if m.role == 'tool' %}\
            {{ m.tool_call_id }}{% endif %}{% endfor %}
            """)
        let ids = try template.render(history(), specialTokens: [:]).split(separator: " ")
        #expect(ids.count == 2)
        #expect(ids[0] == ids[1])
        #expect(ids[0].utf8.count == 9)
    }
}
