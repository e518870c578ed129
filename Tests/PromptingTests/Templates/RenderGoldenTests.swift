import API
import Foundation
import TestSupport
import Testing

@testable import Prompting

/// The exact prompts that the reference made, rendered straight through this module.
@Suite("Recorded prompts", .enabled(if: Golden.isPresent))
struct RenderGoldenTests {
    struct Model {
        var template: String?
        var system: String?
        var messages: [Message] = []
    }

    private func models() throws -> [String: Model] {
        var models: [String: Model] = [:]
        let root = try JSONValue(parsing: Golden.data("ollama/models.json"))
        for value in root["cases"]!.array! {
            guard let body = value["request"]?["body"], let name = body["model"]?.string else {
                continue
            }
            var model = body["from"]?.string.flatMap { models[$0] } ?? Model()
            model.template = body["template"]?.string ?? model.template
            model.system = body["system"]?.string ?? model.system
            if let messages = body["messages"]?.array {
                model.messages = messages.map(TemplateCase.message)
            }
            models[name] = model
        }
        return models
    }

    /// Why a recorded case is not this module's business.
    private func isForeign(_ name: String, _ body: JSONValue, _ rendered: String?) -> Bool {
        if rendered == nil { return true }  // refused before rendering
        if name.contains("trunc") { return true }  // counting tokens
        if body["raw"]?.bool == true { return true }  // no template
        if body["context"]?.array?.isEmpty == false { return true }  // detokenised text in front
        if body["messages"]?.array?.contains(where: { $0["images"] != nil }) == true {
            return true
        }
        return body["images"] != nil
    }

    /// On the OpenAI endpoint every part of a content is a message of its own.
    private func messages(_ value: JSONValue) -> [Message] {
        var message = TemplateCase.message(value)
        message.role = message.role.lowercased()
        guard let parts = value["content"]?.array else { return [message] }
        return parts.map { part in
            message.content = part["text"]?.string ?? ""
            return message
        }
    }

    private func input(_ body: JSONValue, _ model: Model) -> PromptInput {
        var input = PromptInput()
        input.tools = (body["tools"]?.array ?? []).compactMap { $0.object.map(Tool.init(raw:)) }
        switch body["think"] {
        case .bool(let isOn): input.think = isOn ? .on : .off
        case .string(let level): input.think = .level(level)
        default: break
        }
        if let messages = body["messages"]?.array {
            input.messages = model.messages + messages.flatMap(self.messages)
            if let system = model.system, messages.first?["role"]?.string?.lowercased() != "system"
            {
                input.messages.insert(Message(role: "system", content: system), at: 0)
            }
            return input
        }
        input.prompt = body["prompt"]?.string ?? ""
        input.suffix = body["suffix"]?.string ?? ""
        guard input.suffix.isEmpty else { return input }
        let given = body["system"]?.string ?? ""
        let system = given.isEmpty ? model.system ?? "" : given
        if !system.isEmpty { input.messages.append(Message(role: "system", content: system)) }
        if body["context"]?.array == nil { input.messages += model.messages }
        input.messages.append(Message(role: "user", content: input.prompt))
        return input
    }

    /// The snapshot prints a tool's function as a dump of its struct, which is no JSON; published
    /// templates count on JSON, so that the dump is spelled out here.
    private func dumpingFunctions(_ source: String) -> String {
        source.replacingOccurrences(
            of: "{{ .Function }}",
            with:
                "{{ with .Function }}{{ `{` }}{{ .Name }} {{ .Description }} {{ with .Parameters }}"
                + "{{ `{` }}{{ .Type }} <nil> <nil> {{ .Required }} {{ .Properties }}"
                + "{{ `}}` }}{{ end }}{{ end }}")
    }

    @Test("renders what the reference rendered")
    func prompts() throws {
        let models = try models()
        let jinja = try JinjaTemplate(
            String(
                decoding: Golden.data("models/tiny-chat/hf/chat_template.jinja"), as: UTF8.self))
        let root = try JSONValue(parsing: Golden.data("ollama/render.json"))
        var rendered = 0
        var skipped: [String] = []
        for value in root["cases"]!.array! {
            let name = value["name"]!.string!
            let body = value["request"]!["body"]!
            let response = try JSONValue(parsing: value["response"]!["body"]!.string!)
            let expected = response["_debug_info"]?["rendered_template"]?.string
            if isForeign(name, body, expected) {
                skipped.append(name)
                continue
            }
            let model = try #require(models[body["model"]!.string!])
            var input = input(body, model)
            let source = body["template"]?.string ?? model.template
            let result: String
            if let source = source.map(dumpingFunctions) {
                let template = try GoTemplate(source)
                if template.thinkingTags != nil, input.think == nil { input.think = .on }
                result = try template.render(input)
            } else {
                result = try jinja.render(input, specialTokens: [:])
            }
            rendered += 1
            #expect(
                result.utf8.elementsEqual(expected!.utf8),
                "\(name): got \(result.debugDescription), expected \(expected!.debugDescription)")
        }
        print("rendered \(rendered), skipped \(skipped.count): \(skipped)")
        #expect(rendered > 250)
    }
}
