import API
import Testing

@testable import Prompting

@Suite("Budgets of templates")
struct TemplateBudgetTests {
    private func code(_ kind: String, _ template: String) -> TemplateError.Code? {
        do throws(TemplateError) {
            _ = try TemplateCase.render([
                "kind": .string(kind), "template": .string(template), "messages": [],
            ])
            return nil
        } catch {
            return error.code
        }
    }

    private func nested(_ open: String, _ inner: String, _ close: String) -> String {
        String(repeating: open, count: 5_500) + inner + String(repeating: close, count: 5_500)
    }

    @Test("refuses deep nesting of Go templates")
    func goDepth() {
        #expect(code("go", nested("{{ if true }}", "x", "{{ end }}")) == .budget)
        #expect(code("go", "{{ " + nested("(", "1", ")") + " }}") == .budget)
        #expect(
            code("go", "{{ define \"a\" }}{{ template \"a\" . }}{{ end }}{{ template \"a\" . }}")
                == .budget)
    }

    @Test("refuses deep nesting of Jinja templates")
    func jinjaDepth() {
        #expect(code("jinja", nested("{% if true %}", "x", "{% endif %}")) == .budget)
        #expect(code("jinja", "{{ " + nested("(", "1", ")") + " }}") == .budget)
        #expect(code("jinja", "{{ " + nested("[", "", "]") + " }}") == .budget)
        #expect(code("jinja", "{{ " + nested("not ", "x", "") + " }}") == .budget)
        #expect(code("jinja", "{{ " + nested("- ", "1", "") + " }}") == .budget)
        #expect(code("jinja", "{{ a" + nested(".a", "", "") + " }}") == .budget)
        #expect(code("jinja", "{{ a" + nested("|trim", "", "") + " }}") == .budget)
        #expect(code("jinja", "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}") == .budget)
    }

    @Test("sums of any length are flat")
    func longSums() throws {
        let sum = "{{ 0" + String(repeating: " + 1", count: 5_500) + " }}"
        #expect(try TemplateCase.render(["kind": "jinja", "template": .string(sum)]) == "5500")
    }

    @Test("refuses giant lists and texts")
    func size() {
        #expect(code("jinja", "{{ range(10**9) }}") == .budget)
        #expect(code("jinja", "{{ 'x' * 10**9 }}") == .budget)
        #expect(code("jinja", "{{ [1] * 10**12 }}") == .budget)
        #expect(code("jinja", "{{ '%1000000000d' % 1 }}") == .budget)
        #expect(code("go", "{{ range 1000000000 }}{{ end }}") == .budget)
        #expect(
            code(
                "jinja",
                "{% set a = ['x' * 1000000] %}{% for i in range(99) %}{{ a[0] }}{% endfor %}")
                == .budget)
    }

    @Test("stops endless work")
    func steps() {
        let loop =
            "{% for i in range(1000000) %}{% for j in range(1000000) %}{% endfor %}{% endfor %}"
        #expect(code("jinja", loop) == .budget)
    }
}
