public import API

/// A rendering described by one JSON object, as debugging tools and golden files have it.
///
/// Members: `kind` (`go` or `jinja`), `template`, `messages`, `tools`; for Go also `system`,
/// `prompt`, `suffix`, `think`; for Jinja `special_tokens`, `now` (an ISO date and time) and any
/// further variables of the template.
public enum TemplateCase {
    /// - Throws: ``TemplateError`` as the template's own type does, and with code `syntax` for an
    ///   object that is not a case.
    public static func render(_ object: JSONObject) throws(TemplateError) -> String {
        guard let source = object["template"]?.string else {
            throw TemplateError(.syntax, "case has no template")
        }
        switch object["kind"]?.string {
        case "go": return try GoTemplate(source).render(input(object))
        case "jinja": return try JinjaTemplate(source).render(context(object), now: now(object))
        case let kind?: throw TemplateError(.syntax, "unknown template kind \"\(kind)\"")
        case nil: throw TemplateError(.syntax, "case has no kind")
        }
    }

    private static func now(_ object: JSONObject) -> String? { object["now"]?.string }

    private static func context(_ object: JSONObject) -> JSONObject {
        var context = object["special_tokens"]?.object ?? [:]
        let own: Set = ["kind", "template", "special_tokens", "now"]
        for (name, value) in object where !own.contains(name) { context[name] = value }
        return context
    }

    private static func input(_ object: JSONObject) -> PromptInput {
        var input = PromptInput()
        if let system = object["system"]?.string, !system.isEmpty {
            input.messages.append(Message(role: "system", content: system))
        }
        input.messages += (object["messages"]?.array ?? []).map(message)
        input.tools = (object["tools"]?.array ?? []).compactMap { $0.object.map(Tool.init(raw:)) }
        input.prompt = object["prompt"]?.string ?? ""
        input.suffix = object["suffix"]?.string ?? ""
        if input.suffix.isEmpty, object["messages"] == nil {
            input.messages.append(Message(role: "user", content: input.prompt))
        }
        if let response = object["response"]?.string, !response.isEmpty {
            input.messages.append(Message(role: "assistant", content: response))
        }
        switch object["think"] {
        case .bool(let isOn): input.think = isOn ? .on : .off
        case .string(let level): input.think = .level(level)
        default: break
        }
        return input
    }

    /// A message in the native form; arguments of tool calls may also be a string of JSON.
    static func message(_ value: JSONValue) -> Message {
        var message = Message(
            role: value["role"]?.string ?? "", content: value["content"]?.string ?? "")
        message.thinking = value["thinking"]?.string ?? ""
        message.toolName = value["tool_name"]?.string ?? value["name"]?.string ?? ""
        message.toolCallID = value["tool_call_id"]?.string ?? ""
        for call in value["tool_calls"]?.array ?? [] {
            let arguments = call["function"]?["arguments"]
            let parsed = arguments?.string.flatMap { try? JSONValue(parsing: $0) } ?? arguments
            message.toolCalls.append(
                ToolCall(
                    id: call["id"]?.string ?? "",
                    index: call["function"]?["index"]?.integer ?? 0,
                    name: call["function"]?["name"]?.string ?? "",
                    arguments: parsed?.object ?? [:]))
        }
        return message
    }
}
