import API
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import ModelStore
@testable import Server

/// The recorded registry answers again as it did; the status lines and what it sees must be the recorded ones.
@Suite struct RegistryReplayTests {
    /// Answers requests in the recorded order.
    private final class Script: Sendable {
        struct State {
            var rest: [JSONValue]
            var seen: [String] = []
            /// What was asked of blobs at the registry.
            var ranges: [String?] = []
            var ports = (registry: 0, other: 0)
            var realmIsElsewhere = false
            var manifest: [UInt8] = []
            var blobs: [String: [UInt8]] = [:]
        }
        let state: Mutex<State>

        init(_ traffic: [JSONValue]) { state = Mutex(State(rest: traffic)) }

        func answer(_ server: String, _ request: StubServer.Request) -> StubServer.Answer {
            state.withLock { state in
                // The log of some cases ends before the last blob was on its way.
                if state.rest.isEmpty, server == "other",
                    let blob = state.blobs.first(where: { request.uri.hasSuffix($0.key) })?.value
                {
                    return .init(206, [], blob)
                }
                state.seen.append(RegistryReplayTests.line(server, request))
                if RegistryReplayTests.asksForPlace(server, request) {
                    state.ranges.append(request.header("range"))
                }
                guard !state.rest.isEmpty else { return .init(404) }
                let entry = state.rest.removeFirst()
                let (ports, isElsewhere) = (state.ports, state.realmIsElsewhere)
                let answer = entry["answer"]
                var headers = (answer?["headers"]?.object ?? [:]).map { name, value in
                    var text = value.string ?? ""
                    let other =
                        text.contains("localhost") || text.contains("/store/")
                        || (name == "www-authenticate" && isElsewhere)
                    text = text.replacing("<port>", with: "\(other ? ports.other : ports.registry)")
                    return (name, text)
                }
                var status = answer?["status"]?.integer
                var body = Array((answer?["body_text"]?.string ?? "").utf8)
                let path = request.uri
                if path.contains("/manifests/"), request.method == "GET", status == 200,
                    body.isEmpty
                {
                    body = state.manifest
                }
                if status == nil, request.method == "GET" {
                    status = 307
                    headers = [("location", "http://localhost:\(ports.other)\(path)")]
                }
                if let blob = state.blobs.first(where: { path.hasSuffix($0.key) })?.value,
                    request.method == "GET", status == 206 || status == 200
                {
                    body = blob
                }
                return .init(status ?? 201, headers, body)
            }
        }
    }

    private static let sentHeaders = [
        "range", "content-range", "content-type", "content-length", "x-redirect-uploads", "accept",
    ]

    /// A request without what varies. The reference first asks a registry for the whole blob, to learn
    /// where it is, and drops the answer; we ask for the range at once.
    private static func line(_ server: String, _ request: StubServer.Request) -> String {
        var parts = [server, request.method, normal(request.uri)]
        let asksForPlace = asksForPlace(server, request)
        for name in sentHeaders where !(asksForPlace && name == "range") {
            if let value = request.header(name) { parts.append("\(name)=\(value)") }
        }
        parts.append(credentials(request.header("authorization")))
        parts.append("\(request.body.count) bytes")
        return parts.joined(separator: " ")
    }

    private static func asksForPlace(_ server: String, _ request: StubServer.Request) -> Bool {
        server == "registry" && request.method == "GET" && request.uri.contains("/blobs/")
    }

    private static func line(_ entry: JSONValue) -> String {
        var parts = [
            entry["server"]?.string ?? "", entry["method"]?.string ?? "",
            normal(entry["path"]?.string ?? ""),
        ]
        for name in sentHeaders {
            if let value = entry["headers"]?[name]?.string { parts.append("\(name)=\(value)") }
        }
        parts.append(credentials(entry["headers"]?["authorization"]?.string))
        parts.append("\(entry["body_bytes"]?.integer ?? 0) bytes")
        return parts.joined(separator: " ")
    }

    private static func credentials(_ text: String?) -> String {
        guard let text else { return "-" }
        return text.hasPrefix("Bearer ") ? text : "signature"
    }

    /// The digests in the address of an upload depend on contents that are not recorded.
    private static func normal(_ uri: String) -> String {
        uri.replacing(/etag=[0-9a-f]+-/, with: "etag=-").replacing(/nonce=[^&]*/, with: "nonce=")
            .replacing(/ts=[^&]*/, with: "ts=")
    }

    // MARK: -

    private static func layer(_ kind: String, _ digest: String, _ size: Int) -> String {
        #"{"mediaType":"application/vnd.ollama.image.\#(kind)","digest":"\#(digest)","size":\#(size)}"#
    }

    /// The manifest that the recorded registry had in a case.
    private static func manifest(_ name: String) -> [UInt8] {
        let model = layer(
            "model", "sha256:1e024329681b41f46431fa6e4ae54b3d2e575050a79f6ee26fa397afc0a7eaa4",
            737504)
        var template = layer(
            "template", "sha256:b507b9c2f6ca642bffcd06665ea7c91f235fd32daeefdf875a0f938db05fb315",
            13)
        let parameters = layer(
            "params", "sha256:76d0820cbc47b2ca244bd8ca75c05eb666f3e3436b4c3f79ba6123ad12b83f9f", 14)
        var layers = [model, template, parameters]
        switch name {
        case "pull manifest without layers": layers = []
        case "pull bad digest":
            layers[1] = layer("template", "sha256:../../../../../../tmp/x", 13)
        case "pull empty digest": layers[1] = layer("template", "", 13)
        case "pull short digest": layers[1] = layer("template", "sha256:123", 13)
        case "pull size differs from manifest": layers[1] = layer("template", "x", 999)
        case "pull update removes the old layers":
            template = layer(
                "template", StubRegistry.digest(Array("NEW {{ .Prompt }}".utf8)), 17)
            layers = [model, template]
        default: break
        }
        if name == "pull size differs from manifest" {
            layers[1] = template.replacing(#""size":13"#, with: #""size":999"#)
        }
        return Array(
            (#"{"schemaVersion":2,"config":{"mediaType":"application/vnd.docker.container.image.v1+json","digest":"sha256:ac132e7fc6e52fedbeb335e3f4dad10058c9da6db5f7d032225f8cd5d3e325d8","size":188},"layers":["#
                + layers.joined(separator: ",") + "]}").utf8)
    }

    private static let config =
        #"{"model_format":"gguf","model_family":"qwen2","model_families":["qwen2"],"model_type":"179K","file_type":"F32","architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}"#

    @Test(.enabled(if: Golden.isPresent)) func `Pull and push speak as recorded`() async throws {
        let file = try JSONValue(parsing: try Golden.data("ollama/registry.json"))
        let weights = try Golden.data("archs/qwen2/model.gguf")
        var blobs: [String: [UInt8]] = [:]
        for bytes in [
            weights, Array("{{ .Prompt }}".utf8), Array(#"{"stop":["x"]}"#.utf8),
            Array(Self.config.utf8), Array("NEW {{ .Prompt }}".utf8),
        ] { blobs[StubRegistry.digest(bytes)] = bytes }
        let cases = file["cases"]?.array ?? []
        let pushed = try #require(
            cases.first { $0["name"]?.string == "push" }?["traffic"]?.array?.last?["body_text"]?
                .string)
        var compared = 0
        for entry in cases {
            let name = entry["name"]?.string ?? ""
            // A registry without a store of its own is read here, where the reference fails.
            if name == "pull blob answered directly with 200" { continue }
            let traffic = entry["traffic"]?.array ?? []
            let script = Script(traffic)
            let registry = try await StubServer { script.answer("registry", $0) }
            let other = try await StubServer { script.answer("other", $0) }
            let ports = (registry: registry.port, other: other.port)
            let known = blobs
            script.state.withLock {
                $0.ports = ports
                $0.realmIsElsewhere = name == "pull realm of another host"
                $0.manifest = Self.manifest(name)
                $0.blobs = known
            }
            let root = FileManager.default.temporaryDirectory.appending(
                path: "apus-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
            let keyPath = try OpenSSHKey.write(to: root.path).path
            let server = try ServerUnderTest(root: root) { configuration in
                configuration.registry.progressInterval = .seconds(60)
                configuration.registry.retryDelay = .milliseconds(1)
                configuration.registry.keyPath = keyPath
            }
            defer { server.remove() }
            try prepare(name, pushed, entry, server, port: ports.registry, blobs: blobs)

            for step in entry["steps"]?.array ?? [entry] {
                let request = step["request"]
                guard request?["method"]?.string == "POST", let body = request?["body"] else {
                    continue
                }
                let text = String(decoding: body.serializedBytes, as: UTF8.self)
                    .replacing(#"\u003cport\u003e"#, with: "\(ports.registry)")
                let answer = try await server.ask(
                    "POST", request?["path"]?.string ?? "", text)
                let response = try #require(step["response"])
                #expect(answer.status == response["status"]?.integer, "\(name)")
                let wanted =
                    response["lines"]?.array?.compactMap(\.string) ?? [
                        response["body"]?.string ?? ""
                    ]
                let got = answer.body
                    .replacing("127.0.0.1:\(ports.registry)", with: "127.0.0.1:<port>")
                    .replacing("127.0.0.1:\(ports.other)", with: "127.0.0.1:<port>")
                    .split(separator: "\n").map(String.init)
                Self.compare(got, wanted, name)
            }
            Self.compare(script.state.withLock { $0.seen }, traffic.map(Self.line), name)
            for range in script.state.withLock({ $0.ranges }) {
                // All blobs are of one part.
                #expect(range?.hasPrefix("bytes=0-") == true, "\(name): \(range ?? "no range")")
            }
            compared += 1
            await registry.stop()
            await other.stop()
        }
        #expect(compared > 30)
    }

    /// Line by line, so that a difference is short to read.
    private static func compare(_ got: [String], _ wanted: [String], _ name: String) {
        for index in 0..<max(got.count, wanted.count) {
            let (left, right) = (
                index < got.count ? got[index] : "-", index < wanted.count ? wanted[index] : "-"
            )
            #expect(left == right, "\(name), line \(index)")
            if left != right { return }
        }
    }

    /// What the recorded store held before.
    private func prepare(
        _ name: String, _ pushed: String, _ entry: JSONValue, _ server: ServerUnderTest, port: Int,
        blobs: [String: [UInt8]]
    ) throws {
        let store = server.server.services.store
        func put(_ digest: Digest, _ bytes: [UInt8]) throws {
            try Data(bytes).write(to: URL(filePath: store.blobPath(digest)))
        }
        if name == "pull update removes the old layers" {
            for (digest, bytes) in blobs where bytes.count != 17 {
                try put(Digest(digest)!, bytes)
            }
            _ = try store.adoptManifest(
                Self.manifest("pull"), of: ModelName("127.0.0.1:\(port)/ns/m:t")!)
        }
        guard name.hasPrefix("push") else { return }
        let isChild = name.contains("child")
        let text =
            (isChild ? entry["traffic"]?.array?.last?["body_text"]?.string : nil) ?? pushed
        let bytes = Array(text.replacing("<port>", with: "\(port)").utf8)
        let manifest = try Manifest(parsing: bytes)
        for layer in manifest.layers + [manifest.config] {
            try put(layer.digest, [UInt8](repeating: 0x20, count: layer.size))
        }
        _ = try store.adoptManifest(
            bytes, of: ModelName("127.0.0.1:\(port)/ns/\(isChild ? "child" : "m"):t")!)
    }
}
