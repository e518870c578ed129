import API
import Foundation
import TestSupport
import Testing

/// `pull`, `push` and `run` against a registry, as recorded: what they print and what it sees.
@Suite("Recorded commands with a registry", .enabled(if: Golden.isPresent))
struct RegistryCommandRecordingTests {
    static let meant: Set<String> = []

    /// The contents of the recorded registry: weights, template, parameters, configuration.
    private static func blobs() throws -> [[UInt8]] {
        [
            try Golden.data("archs/qwen2/model.gguf"), Array("{{ .Prompt }}".utf8),
            Array(#"{"stop":["x"]}"#.utf8),
            Array(
                #"{"model_format":"gguf","model_family":"qwen2","model_families":["qwen2"],"model_type":"179K","file_type":"F32","architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}"#
                    .utf8),
        ]
    }

    private static func manifest(_ blobs: [[UInt8]]) -> [UInt8] {
        func layer(_ type: String, _ bytes: [UInt8]) -> String {
            #"{"mediaType":"\#(type)","digest":"\#(StubRegistry.digest(bytes))","size":\#(bytes.count)}"#
        }
        let layers = zip(["model", "template", "params"], blobs).map {
            layer("application/vnd.ollama.image.\($0)", $1)
        }
        let config = layer("application/vnd.docker.container.image.v1+json", blobs[3])
        return Array(
            #"{"schemaVersion":2,"config":\#(config),"layers":[\#(layers.joined(separator: ","))]}"#
                .utf8)
    }

    @Test("what is shown, the exit status and the requests")
    func recorded() async throws {
        var tally = Tally("cli-registry", meant: Self.meant)
        let server = try ServerProcess()
        let blobs = try Self.blobs()
        let manifest = Self.manifest(blobs)
        let pushed = try #require(
            try Recording.cases("registry").first { $0["name"] == "push" }?["traffic"]?.array?
                .last?[
                    "body_text"]?.string)
        for item in try Recording.cases("cli-registry") {
            let name = item["name"]?.string ?? ""
            let stub = try await StubRegistry()
            let port = String(stub.host.split(separator: ":").last!)
            for bytes in blobs { stub.add(bytes) }
            stub.change { $0.manifests["ns/m:t"] = manifest }
            if name.hasPrefix("push") { try Self.store(pushed, port, server.home) }
            let template = StubRegistry.digest(blobs[1])
            let host = stub.host
            stub.change { state in
                switch name {
                case "pull digest mismatch": state.blobs[template] = Array("{{ .Prompx }}".utf8)
                case "push denied":
                    state.fault = { _, request in
                        if request.uri.hasPrefix("/token") {
                            return .init(200, text: #"{"token":"x"}"#)
                        }
                        let challenge =
                            #"Bearer realm="http://\#(host)/token",service="s",scope="a""#
                        return .init(401, [("WWW-Authenticate", challenge)])
                    }
                case "push upload refused":
                    state.fault = { _, request in
                        request.method == "POST" ? .init(500, text: "upload refused") : nil
                    }
                default: break
                }
            }
            let result = try Program.run(
                (item["args"]?.array ?? []).map {
                    ($0.string ?? "").replacing("<port>", with: port)
                }, environment: server.environment)
            tally.add(name, Self.difference(result, stub, port, server.home, item))
            await stub.stop()
            try? FileManager.default.removeItem(atPath: server.home.path + "/.ollama/models")
        }
        #expect(tally.shortcomings(atLeast: 9) == [])
    }

    /// Puts a manifest and blobs of its sizes into the store.
    private static func store(_ text: String, _ port: String, _ home: Scratch) throws {
        let root = home.path + "/.ollama/models"
        let folder = root + "/manifests/127.0.0.1:\(port)/ns/m"
        for path in [folder, root + "/blobs"] {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true)
        }
        try text.write(toFile: folder + "/t", atomically: true, encoding: .utf8)
        let manifest = try JSONValue(parsing: text)
        for layer in (manifest["layers"]?.array ?? []) + [manifest["config"] ?? .null] {
            let digest = (layer["digest"]?.string ?? "").replacing(":", with: "-")
            try Data(count: layer["size"]?.integer ?? 0)
                .write(to: URL(filePath: root + "/blobs/" + digest))
        }
    }

    private static func difference(
        _ result: Program.Result, _ stub: StubRegistry, _ port: String, _ home: Scratch,
        _ item: JSONValue
    ) -> String? {
        if Int(result.status) != item["exit"]?.integer {
            return "status \(result.status): \(result.errors.suffix(300))"
        }
        func shown(_ text: String) -> [String] {
            TerminalScreen.rows(
                of: text.replacing(":\(port)", with: ":<port>").replacing(
                    home.path, with: "<home>"),
                columns: 400
            ).map {
                // The wrong bytes are not told.
                $0.replacing(#/got sha256:[0-9a-f]{64}/#, with: "got sha256:<digest>")
            }
            // Bars are shown of what takes long enough.
            .filter { !$0.contains(#/^(pulling|pushing) [0-9a-f]{12}/#) }
        }
        if let text = Recording.difference(
            shown(result.errors), shown(item["stderr"]?.string ?? ""), "stderr")
        {
            return text
        }
        return Recording.difference(
            stub.log.map { String($0.line.prefix { $0 != "?" }) },
            (item["traffic"]?.array ?? []).compactMap(\.string), "traffic")
    }
}
