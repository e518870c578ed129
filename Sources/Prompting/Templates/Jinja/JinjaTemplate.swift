public import API

/// A chat template in the Jinja subset that model files carry.
public struct JinjaTemplate: Sendable {
    public let source: String
    public init(_ source: String) throws(TemplateError) { fatalError("stub") }
    /// Renders over a context of variables (messages, tools, add_generation_prompt, bos_token, ...).
    public func render(_ context: JSONObject, now: String? = nil) throws(TemplateError) -> String {
        fatalError("stub")
    }
}
