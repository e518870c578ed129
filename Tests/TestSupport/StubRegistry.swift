import Crypto
import Foundation
import NIOHTTP1
public import NIOSSL
import Synchronization

/// A registry on loopback with a store of blobs at another host beside it, well behaved unless told otherwise.
public final class StubRegistry: Sendable {
    public struct Entry: Sendable {
        /// `registry` or `other`.
        public var server: String
        public var request: StubServer.Request
        public var answer: StubServer.Answer

        public var line: String { "\(request.method) \(request.uri)" }
    }

    public struct State: Sendable {
        public var blobs: [String: [UInt8]] = [:]
        /// By `namespace/model:tag`.
        public var manifests: [String: [UInt8]] = [:]
        public var log: [Entry] = []
        /// Points to the other host for blobs, as big registries do.
        public var redirects = true
        public var supportsMount = false
        /// What requests without it are answered with; nil: nobody is asked.
        public var challenge: String?
        public var accepted = "Bearer tok-123"
        public var pause = 0
        /// Sends no more of a blob after this many bytes.
        public var stall: Int?
        /// Asked first; nil: the usual answer.
        public var fault: (@Sendable (_ server: String, StubServer.Request) -> StubServer.Answer?)?
        public var ports = (registry: 0, other: 0)
        public var scheme = "http"
        var uploads: [String: [UInt8]] = [:]
    }

    private let box: Box
    private let servers: (registry: StubServer, other: StubServer)

    public init(tls: TLSConfiguration? = nil) async throws {
        var start = State()
        start.scheme = tls == nil ? "http" : "https"
        let box = Box(start)
        servers = (
            try await StubServer(tls: tls) { box.answer("registry", $0) },
            try await StubServer(tls: tls) { box.answer("other", $0) }
        )
        let ports = (registry: servers.registry.port, other: servers.other.port)
        box.state.withLock { $0.ports = ports }
        self.box = box
    }

    /// `127.0.0.1:port`
    public var host: String { "127.0.0.1:\(servers.registry.port)" }
    public var otherHost: String { "localhost:\(servers.other.port)" }

    public func change<T: Sendable>(_ body: (inout sending State) -> sending T) -> T {
        box.state.withLock(body)
    }

    public var log: [Entry] { box.state.withLock { $0.log } }

    public func stop() async {
        await servers.registry.stop()
        await servers.other.stop()
    }

    /// Adds a blob; returns its digest.
    @discardableResult
    public func add(_ bytes: [UInt8]) -> String {
        let digest = Self.digest(bytes)
        box.state.withLock { $0.blobs[digest] = bytes }
        return digest
    }

    /// Adds a model of these layers; returns the manifest's bytes.
    @discardableResult
    public func addModel(_ name: String, layers: [(kind: String, bytes: [UInt8])]) -> [UInt8] {
        let config = Array(#"{"model_format":"gguf","model_family":"llama"}"#.utf8)
        func layer(_ type: String, _ bytes: [UInt8]) -> String {
            #"{"mediaType":"\#(type)","digest":"\#(add(bytes))","size":\#(bytes.count)}"#
        }
        let list = layers.map { layer("application/vnd.ollama.image.\($0.kind)", $0.bytes) }
        let text =
            #"{"schemaVersion":2,"config":"#
            + layer("application/vnd.docker.container.image.v1+json", config)
            + #","layers":[\#(list.joined(separator: ","))]}"#
        box.state.withLock { $0.manifests[name] = Array(text.utf8) }
        return Array(text.utf8)
    }

    public static func digest(_ bytes: [UInt8]) -> String {
        "sha256:" + SHA256.hash(data: bytes).map { String(format: "%02x", $0) }.joined()
    }

    private final class Box: Sendable {
        let state: Mutex<State>
        init(_ start: State) { state = Mutex(start) }

        func answer(_ server: String, _ request: StubServer.Request) -> StubServer.Answer {
            state.withLock { state in
                let answer = state.fault?(server, request) ?? Self.usual(server, request, &state)
                state.log.append(Entry(server: server, request: request, answer: answer))
                return answer
            }
        }

        private static func usual(
            _ server: String, _ request: StubServer.Request, _ state: inout State
        ) -> StubServer.Answer {
            let path = String(request.uri.prefix { $0 != "?" })
            let query = String(request.uri.drop { $0 != "?" }.dropFirst())
            if path == "/token" { return .init(200, text: #"{"token":"tok-123"}"#) }
            if server == "registry", let challenge = state.challenge,
                request.headers.first(name: "Authorization") != state.accepted
            {
                return .init(401, [("WWW-Authenticate", challenge)], text: "who are you?")
            }
            let parts = path.split(separator: "/").map(String.init)
            let home = "\(state.scheme)://127.0.0.1:\(state.ports.registry)"
            if parts.first == "upload" { return upload(request, path, query, home, &state) }
            guard parts.count >= 5, parts[0] == "v2" else { return .init(404) }
            let repository = "\(parts[1])/\(parts[2])"
            switch (parts[3], request.method) {
            case ("manifests", "GET"):
                guard let bytes = state.manifests["\(repository):\(parts[4])"] else {
                    return .init(404, text: #"{"errors":[{"code":"MANIFEST_UNKNOWN"}]}"#)
                }
                return .init(200, [], bytes)
            case ("manifests", "PUT"):
                state.manifests["\(repository):\(parts[4])"] = request.body
                return .init(201)
            case ("blobs", "POST"):
                if state.supportsMount, query.contains("mount=") {
                    return .init(201, [("Location", "\(home)/x")])
                }
                let number = state.uploads.count + 1
                state.uploads["/upload/\(number)"] = []
                return .init(202, [("Location", "\(home)/upload/\(number)")])
            case ("blobs", "HEAD"):
                guard let bytes = state.blobs[parts[4]] else { return .init(404) }
                return .init(200, [("Content-Length", "\(bytes.count)")])
            case ("blobs", "GET"):
                guard let bytes = state.blobs[parts[4]] else { return .init(404) }
                if server == "registry", state.redirects {
                    let target = "\(state.scheme)://localhost:\(state.ports.other)\(path)"
                    return .init(307, [("Location", target)])
                }
                return blob(bytes, request, pause: state.pause, stall: state.stall)
            default: return .init(405)
            }
        }

        private static func blob(
            _ bytes: [UInt8], _ request: StubServer.Request, pause: Int,
            stall: Int?
        ) -> StubServer.Answer {
            guard let range = request.headers.first(name: "Range")?.dropFirst("bytes=".count) else {
                return .init(200, [], bytes, stall: stall, pause: pause)
            }
            let ends = range.split(separator: "-").compactMap { Int($0) }
            guard ends.count == 2, ends[0] <= ends[1], ends[1] < bytes.count else {
                return .init(416)
            }
            return .init(
                206, [("Content-Range", "bytes \(range)/\(bytes.count)")],
                Array(bytes[ends[0]...ends[1]]), stall: stall, pause: pause)
        }

        private static func upload(
            _ request: StubServer.Request, _ path: String, _ query: String, _ home: String,
            _ state: inout State
        ) -> StubServer.Answer {
            guard state.uploads[path] != nil else { return .init(404) }
            if request.method == "PATCH" {
                state.uploads[path]! += request.body
                return .init(202, [("Location", "\(home)\(path)?state=2")])
            }
            let digest = query.split(separator: "&").first { $0.hasPrefix("digest=") }?
                .dropFirst(7).replacing("%3A", with: ":")
            let bytes = state.uploads[path]!
            guard let digest, digest == StubRegistry.digest(bytes) else {
                return .init(400, text: "digest invalid")
            }
            state.blobs[String(digest)] = bytes
            return .init(201)
        }
    }
}
