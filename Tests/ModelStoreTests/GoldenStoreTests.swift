import API
import OrderedCollections
import Foundation
import TestSupport
import Testing

@testable import ModelStore

/// Files on disk and status lines against recordings of the reference.
@Suite(.enabled(if: Golden.isPresent)) struct GoldenStoreTests {
    private static func cases(_ file: String) throws -> [JSONValue] {
        try JSONValue(parsing: Golden.data("ollama/" + file))["cases"]?.array ?? []
    }

    /// Does what a recorded request asks; the answer's lines or error.
    private func perform(_ request: JSONValue, on store: TemporaryStore) throws -> [String] {
        let path = request["path"]?.string ?? ""
        let body = request["body"]
        do {
            switch (request["method"]?.string, path) {
            case ("POST", "/api/create"):
                let lines = try store.run(Self.createRequest(body ?? [:]))
                return lines.map { "{\"status\":\"\($0)\"}" }
            case ("POST", "/api/copy"):
                try store.store.copy(
                    #require(ModelName(body?["source"]?.string ?? "")),
                    to: #require(ModelName(body?["destination"]?.string ?? "")))
            case ("DELETE", _):
                try store.store.delete(
                    #require(ModelName((body?["model"] ?? body?["name"])?.string ?? "")))
            case ("POST", _) where path.hasPrefix("/api/blobs/"):
                let text = String(path.dropFirst("/api/blobs/".count))
                let digest = try #require(Digest(text))
                var bytes = Array((request["body_text"]?.string ?? "").utf8)
                if let file = request["body_file"]?.string {
                    bytes = try Golden.data(String(file.dropFirst("shared/fixtures/".count)))
                }
                let writer = try store.store.newBlob()
                try bytes.withUnsafeBufferPointer { try writer.write(UnsafeRawBufferPointer($0)) }
                _ = try writer.finish(expected: digest, spelling: text)
            default: break
            }
            return []
        } catch let error as StoreError {
            return [error.description]
        }
    }

    private static func createRequest(_ body: JSONValue) -> CreateRequest {
        var request = CreateRequest()
        request.name = body["model"]?.string ?? ""
        request.from = body["from"]?.string
        request.files = body["files"]?.object?.elements.map { ($0.key, $0.value.string ?? "") }
        request.adapters = body["adapters"]?.object?.elements.map {
            ($0.key, $0.value.string ?? "")
        }
        request.quantize = body["quantize"]?.string ?? ""
        request.template = body["template"]?.string
        request.system = body["system"]?.string
        request.licenses =
            body["license"]?.array?.compactMap(\.string) ?? body["license"]?.string.map { [$0] }
            ?? []
        request.parameters = body["parameters"]?.object
        request.messages = MessageList(json: body["messages"] ?? []).messages
        request.renderer = body["renderer"]?.string ?? ""
        request.parser = body["parser"]?.string ?? ""
        request.requires = body["requires"]?.string ?? ""
        request.remoteHost = body["remote_host"]?.string ?? ""
        request.info = body["info"]?.object
        return request
    }

    @Test func `the files on disk are the recorded ones`() throws {
        var compared = 0
        for item in try Self.cases("store.json") {
            let name = item["name"]?.string ?? ""
            let steps = item["steps"]?.array ?? []
            // Quantising is refused by this store.
            if steps.contains(where: { $0["request"]?["body"]?["quantize"] != nil }) { continue }
            let store = try TemporaryStore()
            for step in steps {
                let lines = try perform(#require(step["request"]), on: store)
                if let recorded = step["response"]?["lines"]?.array?.compactMap(\.string) {
                    #expect(lines == recorded, "\(name)")
                }
            }
            var wanted: [String: String] = [:]
            for file in item["tree"]?.array ?? [] {
                guard let path = file["path"]?.string, path.hasPrefix("models/"), path != "models/"
                else {
                    continue
                }
                wanted[String(path.dropFirst("models/".count))] = file["text"]?.string ?? ""
            }
            let tree = store.tree()
            #expect(tree.keys.sorted() == wanted.keys.sorted(), "\(name)")
            for (path, text) in wanted where !text.isEmpty {
                #expect(tree[path] == text, "\(name) \(path)")
            }
            compared += 1
        }
        #expect(compared > 15)
    }

    @Test func `creates answer as recorded`() throws {
        let store = try TemporaryStore()
        for item in try Self.cases("models.json") {
            let lines = try perform(#require(item["request"]), on: store)
            if let recorded = item["response"]?["lines"]?.array?.compactMap(\.string) {
                #expect(lines == recorded, "\(item["name"]?.string ?? "")")
            }
        }
        for item in try Self.cases("manage.json") + Self.cases("create.json") {
            let name = item["name"]?.string ?? ""
            for step in item["steps"]?.array ?? [item] {
                guard let request = step["request"], request["path"]?.string != "/api/generate"
                else { continue }
                let path = request["path"]?.string
                let body = request["body"]
                if path == "/api/show", step["response"]?["status"] == 200, body?["options"] == nil,
                    let model = (body?["model"] ?? body?["name"])?.string.flatMap({ ModelName($0) }
                    ),
                    store.store.contains(model)
                {
                    try compareShow(store, model, body, step["response"], name)
                }
                guard
                    path == "/api/create" || path == "/api/copy" || path == "/api/delete"
                        || path?.hasPrefix("/api/blobs/") ?? false, request["method"] != "HEAD"
                else { continue }
                if body?["quantize"]?.string.map({ !$0.isEmpty && $0 != "nonsense" }) ?? false {
                    continue
                }
                guard step["response"]?["status"] == 200 || step["response"]?["status"] == 201
                else {
                    if path == "/api/create", let text = step["response"]?["body"]?.string {
                        let error = try JSONValue(parsing: text)["error"]?.string
                        if body == nil || body?.object == nil { continue }
                        #expect(try perform(request, on: store).last == error, "\(name)")
                    }
                    continue
                }
                let lines = try perform(request, on: store)
                guard let recorded = step["response"]?["lines"]?.array?.compactMap(\.string) else {
                    continue
                }
                if let last = recorded.last, last.hasPrefix("{\"error\"") {
                    let text = try JSONValue(parsing: last)["error"]?.string?
                        .replacingOccurrences(of: "<home>/.ollama/models", with: store.root)
                    #expect(lines.last == text, "\(name)")
                } else {
                    #expect(lines == recorded, "\(name)")
                }
            }
        }
    }

    private func compareShow(
        _ store: TemporaryStore, _ name: ModelName, _ body: JSONValue?, _ response: JSONValue?,
        _ title: String
    ) throws {
        let recorded = try JSONValue(parsing: response?["body"]?.string ?? "null")
        let model = try store.store.model(name)
        let text = Modelfile.text(
            of: model, store: store.store, system: body?["system"]?.string, parameters: nil)
        let wanted = (recorded["modelfile"]?.string ?? "")
            .replacingOccurrences(of: "<home>/.ollama/models", with: store.root)
        // Parameters come in random order there.
        #expect(
            text.split(separator: "\n").sorted() == wanted.split(separator: "\n").sorted(),
            "\(title)")
        let details = store.store.details(of: model)
        let other = recorded["details"]
        #expect(details.parentModel == other?["parent_model"]?.string, "\(title)")
        #expect(details.family == other?["family"]?.string, "\(title)")
        #expect(details.parameterSize == other?["parameter_size"]?.string, "\(title)")
        #expect(details.quantizationLevel == other?["quantization_level"]?.string, "\(title)")
    }
}
