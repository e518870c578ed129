import API
import Hummingbird

/// `GET /openapi.json`: all routes, as OpenAPI 3.1 describes them.
enum OpenAPI {
    static var routes: [Route] {
        [Route(.get, "/openapi.json") { exchange in document(exchange.services.configuration) }]
    }

    private static func document(_ configuration: ServerConfiguration) -> Response {
        Reply.json(document(version: configuration.version))
    }

    /// The whole document.
    static func document(version: String) -> JSONValue {
        var paths = JSONObject()
        for operation in OpenAPIOperation.all {
            let path = operation.templatedPath
            var item = paths[path]?.object ?? [:]
            item[operation.method.rawValue.lowercased()] = operation.json
            paths[path] = .object(item)
        }
        return [
            "openapi": "3.1.0",
            "info": [
                "title": "Apus", "version": .string(version),
                "summary": "Runs language models; speaks the APIs of Ollama, OpenAI and Anthropic.",
            ],
            "servers": [["url": "/"]],
            "paths": .object(paths),
            "components": ["schemas": .object(schemas)],
        ]
    }

    /// Every schema by its name.
    static let schemas: JSONObject = {
        var schemas = JSONObject()
        for text in [
            nativeSchemas, modelSchemas, openAISchemas, responsesSchemas, anthropicSchemas,
        ] {
            // Our own text: a mistake in it is a mistake in the program, which a test finds.
            guard let part = try? JSONValue(parsing: text).object else {
                preconditionFailure("a schema of the API's description is no JSON")
            }
            schemas.merge(part) { _, later in later }
        }
        return schemas
    }()
}

/// One method of one path.
struct OpenAPIOperation: Sendable {
    /// The form of the failures.
    enum Errors: String, Sendable {
        case native = "Error"
        case openAI = "OpenAIError"
        case anthropic = "AnthropicError"
    }

    let method: HTTPRequest.Method
    /// As the router writes it, with `:name`.
    let path: String
    let summary: String
    var request: String?
    /// Schema of the whole answer; nil: no body.
    var answer: String?
    var status = 200
    /// Content type of the pieces, where the answer may be a stream, and their schema.
    var stream: (type: String, schema: String)?
    var errors = Errors.native
    /// Content type of the answer.
    var type = "application/json"
    /// The mistakes of a request that are answered with 500, because Ollama's clients know it so.
    var mistakesWith500: String?

    /// With `{name}` for `:name`.
    var templatedPath: String {
        path.split(separator: "/", omittingEmptySubsequences: false)
            .map { $0.utf8.first == UInt8(ascii: ":") ? "{\($0.dropFirst())}" : String($0) }
            .joined(separator: "/")
    }

    private var parameters: [String] {
        path.split(separator: "/").filter { $0.utf8.first == UInt8(ascii: ":") }
            .map { String($0.dropFirst()) }
    }

    private static func reference(_ schema: String) -> JSONValue {
        ["$ref": .string("#/components/schemas/\(schema)")]
    }

    var json: JSONValue {
        var object: JSONObject = ["summary": .string(summary)]
        let family =
            switch errors {
            case .native: "native"
            case .openAI: "openai"
            case .anthropic: "anthropic"
            }
        object["tags"] = [.string(family)]
        if !parameters.isEmpty {
            object["parameters"] = .array(
                parameters.map {
                    [
                        "name": .string($0), "in": "path", "required": true,
                        "schema": ["type": "string", "minLength": 1],
                    ]
                })
        }
        if let request {
            let isUpload = request == "Blob"
            object["requestBody"] = [
                "required": true,
                "content": [
                    isUpload ? "application/octet-stream" : "application/json": [
                        "schema": Self.reference(request)
                    ]
                ],
            ]
        }
        var success: JSONObject = ["description": "The answer."]
        var content = JSONObject()
        if let answer { content[type] = ["schema": Self.reference(answer)] }
        if let stream { content[stream.type] = ["schema": Self.reference(stream.schema)] }
        if !content.isEmpty { success["content"] = .object(content) }
        var failure: JSONObject = ["description": "What went wrong."]
        if method != .head {
            failure["content"] = [
                "application/json": ["schema": Self.reference(errors.rawValue)],
                "text/plain": ["schema": ["type": "string"]],
            ]
        }
        var responses: JSONObject = ["\(status)": .object(success)]
        if let mistakesWith500 {
            var mistake = failure
            mistake["description"] = .string(mistakesWith500)
            responses["500"] = .object(mistake)
        }
        responses["default"] = .object(failure)
        object["responses"] = .object(responses)
        return .object(object)
    }
}
