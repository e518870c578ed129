import API
import Foundation
import Prompting
import TestSupport
import Testing

@testable import ModelStore

@Suite struct KnownChatTemplateTests {
    /// Ours, in the shape of many a template of the format.
    static let chatml = """
        {% for turn in messages %}{{ '<|im_start|>' + turn['role'] + '\\n' + turn['content'] \
        + '<|im_end|>' + '\\n' }}{% endfor %}{% if add_generation_prompt %}\
        {{ '<|im_start|>assistant\\n' }}{% endif %}
        """

    @Test func `a template is known by what it renders`() {
        #expect(KnownChatTemplate.matching(Self.chatml)?.name == "chatml")
        #expect(KnownChatTemplate.matching("{{ bos_token }}" + Self.chatml)?.name == "chatml")
        let renamed = Self.chatml.replacingOccurrences(of: "turn", with: "m")
        #expect(KnownChatTemplate.matching(renamed)?.name == "chatml")
    }

    @Test(arguments: [
        "", "{% if %}", "{{ raise_exception('no') }}", "{{ messages }}", "<|im_start|>",
        // More than the conversation shows.
        chatml + "{% if tools %}" + String(repeating: "t", count: 400) + "{% endif %}",
        "{% for i in range(1000000000) %}x{% endfor %}",
    ])
    func `another template is not`(jinja: String) {
        #expect(KnownChatTemplate.matching(jinja) == nil)
    }

    /// As the reference does, which counts edits.
    @Test func `short templates pass for the plainest`() {
        let other = Self.chatml.replacingOccurrences(of: "im_start", with: "turn_start")
        #expect(KnownChatTemplate.matching(other)?.name == "chatml")
    }

    /// The Go template would leave that text out.
    @Test func `a system text of its own keeps a template`() {
        let own = """
            {% if messages[0]['role'] != 'system' %}{{ '<|im_start|>system\\n\
            You are a helpful assistant.<|im_end|>\\n' }}{% endif %}
            """
        #expect(KnownChatTemplate.matching(own + Self.chatml) == nil)
    }

    @Test func `names and templates are as they should be`() throws {
        let names = KnownChatTemplate.all.map(\.name)
        #expect(names == names.sorted() && Set(names).count == names.count)
        for known in KnownChatTemplate.all {
            #expect(try GoTemplate(known.go).variables.contains("messages"), "\(known.name)")
            #expect(!known.stop.isEmpty && !known.renderings.isEmpty)
        }
    }

    @Test(.enabled(if: Golden.isPresent), arguments: ["index", "named.cases"])
    func `the templates in circulation get their names`(_ file: String) throws {
        let list = try JSONValue(parsing: Golden.data("templates/go/\(file).json")).array ?? []
        #expect(list.count > 30)
        for item in list {
            let jinja = try #require((item["chat_template"] ?? item["template"])?.string)
            let name = try #require((item["expected_name"] ?? item["name"])?.string)
            #expect(KnownChatTemplate.matching(jinja)?.name == name, "\(jinja.prefix(200))")
        }
    }

    @Test(.enabled(if: Golden.isPresent), arguments: KnownChatTemplate.all.map(\.name))
    func `prompts are the recorded ones`(_ name: String) throws {
        let known = try #require(KnownChatTemplate.all.first { $0.name == name })
        let file = try JSONValue(parsing: Golden.data("templates/go/\(name).cases.json"))
        #expect(file["parameters"]?["stop"]?.array?.compactMap(\.string) == known.stop)
        let template = try GoTemplate(known.go)
        let cases = try #require(file["cases"]?.array)
        #expect(!cases.isEmpty)
        for item in cases {
            var input = PromptInput()
            input.messages = MessageList(json: item["messages"] ?? []).messages
            var text = try template.render(input)
            if file["strip_one_trailing_space"] == true, text.hasSuffix(" ") { text.removeLast() }
            #expect(text == item["expected"]?.string)
        }
    }

    /// Templates of other models, tools and all, are used as they are.
    @Test(.enabled(if: Golden.isPresent))
    func `no template is taken for one that it is not`() throws {
        let folder = Golden.url("templates/jinja")
        var count = 0
        for file in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
            let json = try JSONValue(parsing: Golden.data("templates/jinja/\(file)"))
            guard let jinja = json["template"]?.string else { continue }
            count += 1
            guard let known = KnownChatTemplate.matching(jinja) else { continue }
            #expect(
                ["google-gemma-2-2b-it", "meta-llama-Llama-3.1-8B-Instruct"].contains {
                    file.hasPrefix($0)
                }, "\(file) is taken for \(known.name)")
        }
        #expect(count > 20)
    }
}
