import API
import Foundation
import Hummingbird
import Logging
import ModelStore
import NIOCore
import NIOEmbedded
import Serving
import Synchronization
import TestSupport

@testable import Server

/// A server over a store that holds nothing, asked without a network.
struct ServerUnderTest {
    let server: ApusServer
    let root: URL

    init(
        root: URL? = nil, embedded: [EmbeddedModel] = [],
        _ change: (inout ServerConfiguration) -> Void = { _ in }
    ) throws {
        let root =
            root
            ?? FileManager.default.temporaryDirectory.appending(path: "apus-\(UUID().uuidString)")
        self.root = root
        var configuration = ServerConfiguration()
        configuration.logsAccess = false
        configuration.port = 0
        change(&configuration)
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let store = try ModelStore(root: root.path, embedded: embedded)
        let scheduler = Scheduler(ServingConfiguration(), store: store, logger: logger)
        server = try ApusServer(
            configuration, scheduler: scheduler, store: store, logger: logger)
    }

    /// Puts a model of random weights into the store.
    func addTiny(_ name: String = "tiny", pooling: UInt32? = nil) throws {
        let url = root.appending(path: "\(UUID().uuidString).gguf")
        try TinyModel.write(to: url, pooling: pooling)
        try add(url, name)
    }

    /// Puts an encoder of random weights into the store.
    func addTinyBert(_ name: String = "bert") throws {
        let url = root.appending(path: "\(UUID().uuidString).gguf")
        try TinyBert.write(to: url)
        try add(url, name)
    }

    func add(_ url: URL, _ name: String) throws {
        let store = server.services.store
        let blob = try store.newBlob()
        try Data(contentsOf: url).withUnsafeBytes { try blob.write($0) }
        var request = CreateRequest()
        request.name = name
        request.files = [(path: "model.gguf", digest: try blob.finish(expected: nil).description)]
        try store.create(request) { _ in }
    }

    func remove() { try? FileManager.default.removeItem(at: root) }

    struct Answer {
        var status: Int
        var headers: HTTPFields
        var body: String
    }

    func ask(
        _ method: String, _ path: String, host: String = "127.0.0.1:11434",
        headers: HTTPFields = [:], body: [UInt8] = []
    ) async throws -> Answer {
        let head = HTTPRequest(
            method: .init(method)!, scheme: "http", authority: host, path: path,
            headerFields: headers)
        let request = Request(head: head, body: RequestBody(buffer: ByteBuffer(bytes: body)))
        let channel = NIOAsyncTestingChannel()
        let response = await server.responder.respond(
            to: request, context: ConnectionContext(channel: channel))
        let collected = Collected()
        try await response.body.write(collected)
        return Answer(
            status: response.status.code, headers: response.headers,
            body: String(decoding: collected.bytes.withLock { $0 }, as: UTF8.self))
    }

    func ask(_ method: String, _ path: String, _ body: String) async throws -> Answer {
        try await ask(method, path, body: Array(body.utf8))
    }
}

private final class Collected: ResponseBodyWriter, Sendable {
    let bytes = Mutex<[UInt8]>([])
    func write(_ buffer: ByteBuffer) async throws {
        bytes.withLock { $0 += buffer.readableBytesView }
    }
    func finish(_ trailingHeaders: HTTPFields?) async throws {}
}
