import API
import Foundation
import ModelStore
import TestSupport
import Testing

@testable import Serving

/// A recorded request of the reference with its answer.
struct Recording: Sendable, CustomTestStringConvertible {
    var name: String
    var path: String
    var body: JSONObject
    var status: Int
    /// The answer's objects: one, or one a line.
    var objects: [JSONObject]
    /// The text is the same in any correct engine.
    var isExact: Bool
    var isStream: Bool

    var testDescription: String { name }
    var error: String? { objects.first?["error"]?.string }

    /// Cases of a file whose request and answer are JSON.
    static func load(_ file: String) throws -> [Recording] {
        let whole = try JSONValue(parsing: Golden.data("ollama/\(file).json"))
        return (whole["cases"]?.array ?? []).compactMap { entry in
            guard let request = entry["request"], let body = request["body"]?.object,
                let response = entry["response"]
            else { return nil }
            let lines =
                response["lines"]?.array?.compactMap(\.string)
                ?? [response["body"]?.string].compactMap { $0 }
            let margin = entry["min_margin"]?.double ?? 0
            return Recording(
                name: entry["name"]?.string ?? "", path: request["path"]?.string ?? "", body: body,
                status: response["status"]?.integer ?? 0,
                objects: lines.compactMap { try? JSONValue(parsing: $0).object },
                isExact: entry["text"]?.string == "greedy" && margin > 0.5,
                isStream: response["lines"] != nil)
        }
    }

    /// The request as the server hands it on; nil for what the server answers by itself.
    var generationRequest: GenerationRequest? {
        guard path == "/api/chat" || path == "/api/generate",
            let requested = body["model"]?.string, let name = ModelName(requested)
        else { return nil }
        let images: (JSONValue?) -> [[UInt8]] = { value in
            (value?.array ?? []).map { Array(Data(base64Encoded: $0.string ?? "") ?? Data()) }
        }
        let input: GenerationRequest.Input
        if path == "/api/chat" {
            var messages: [Message] = []
            for value in body["messages"]?.array ?? [] {
                var message = Message(
                    role: (value["role"]?.string ?? "").lowercased(),
                    content: value["content"]?.string ?? "")
                message.thinking = value["thinking"]?.string ?? ""
                message.images = images(value["images"])
                message.toolName = value["tool_name"]?.string ?? ""
                message.toolCallID = value["tool_call_id"]?.string ?? ""
                message.toolCalls = (value["tool_calls"]?.array ?? []).map { call in
                    ToolCall(
                        id: call["id"]?.string ?? "",
                        index: call["function"]?["index"]?.integer ?? 0,
                        name: call["function"]?["name"]?.string ?? "",
                        arguments: call["function"]?["arguments"]?.object ?? [:])
                }
                messages.append(message)
            }
            input = .chat(
                messages: messages,
                tools: (body["tools"]?.array ?? []).map { Tool(raw: $0.object ?? [:]) })
        } else {
            input = .completion(
                prompt: body["prompt"]?.string ?? "", suffix: body["suffix"]?.string ?? "",
                system: body["system"]?.string, template: body["template"]?.string,
                context: body["context"]?.array.map { $0.compactMap(\.integer) },
                raw: body["raw"]?.bool ?? false, images: images(body["images"]))
        }
        var request = GenerationRequest(requestedModel: requested, model: name, input: input)
        request.options = body["options"]?.object ?? [:]
        request.format = body["format"]
        request.truncate = body["truncate"]?.bool
        request.shift = body["shift"]?.bool
        request.logprobs = body["logprobs"]?.bool ?? false
        request.topLogprobs = body["top_logprobs"]?.integer ?? 0
        request.renderOnly = body["_debug_render_only"]?.bool ?? false
        switch body["think"] {
        case .bool(let think)?: request.think = think ? .on : .off
        case .string(let level)? where ["low", "medium", "high", "max"].contains(level):
            request.think = .level(level)
        case nil, .null?: break
        default: return nil
        }
        switch body["keep_alive"] {
        case nil, .null?: break
        case .number(let number)?:
            request.keepAlive = number.double < 0 ? .forever : .seconds(number.double)
        default: return nil
        }
        return request
    }

    /// What the reference says, without the engine's envelope around it.
    static func plain(_ error: String) -> String {
        guard let brace = error.firstIndex(of: "{"),
            let inner = try? JSONValue(parsing: String(error[brace...])),
            let message = inner["error"]?["message"]?.string
        else { return error }
        return error[..<brace] + message
    }
}

/// The models that the recordings use, in one store, with one scheduler.
enum RecordedKitchen {
    static let shared: Kitchen? = {
        guard Golden.isPresent else { return nil }
        do {
            let kitchen = try Kitchen()
            try fill(kitchen)
            return kitchen
        } catch {
            Issue.record(error)
            return nil
        }
    }()

    private static func fill(_ kitchen: Kitchen) throws {
        let whole = try JSONValue(parsing: Golden.data("ollama/models.json"))
        var known: Set<String> = []
        for entry in whole["cases"]?.array ?? [] {
            guard let name = entry["name"]?.string else { continue }
            if name.hasPrefix("upload ") {
                let url = Golden.url(String(name.dropFirst("upload ".count)))
                let blob = try kitchen.store.newBlob()
                try Data(contentsOf: url).withUnsafeBytes { try blob.write($0) }
                _ = try blob.finish(expected: nil)
                continue
            }
            guard let body = entry["request"]?["body"]?.object else { continue }
            var request = CreateRequest()
            request.name = body["model"]?.string ?? ""
            request.from = body["from"]?.string
            request.files = body["files"]?.object?.map { ($0.key, $0.value.string ?? "") }
            request.template = body["template"]?.string
            request.system = body["system"]?.string
            request.parameters = body["parameters"]?.object
            request.licenses = (body["license"]?.array ?? []).compactMap(\.string)
            request.messages = (body["messages"]?.array ?? []).map {
                Message(role: $0["role"]?.string ?? "", content: $0["content"]?.string ?? "")
            }
            try kitchen.store.create(request) { _ in }
            known.insert(request.name)
        }
    }
}
