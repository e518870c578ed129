public import API
import AsyncHTTPClient
import NIOCore
import NIOHTTP1

/// Speaks the native HTTP API of one server.
///
/// Answers are JSON values, because clients must pass on what they do not know. Waiting for an answer
/// has no time limit, since a model may take long to load; cancelling the task ends the request.
/// Call ``shutdown()`` when done.
public final class APIClient: Sendable {
    public let host: Host
    private let userAgent: String
    private let http: HTTPClient

    /// Longest answer that is not a stream.
    private static let answerLimit = 256 << 20

    /// - Parameters:
    ///   - userAgent: Sent with every request.
    ///   - environment: Where `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY` are read; hosts of this
    ///     machine are always reached directly.
    public init(host: Host, userAgent: String, environment: [String: String] = [:]) {
        self.host = host
        self.userAgent = userAgent
        var configuration = HTTPClient.Configuration()
        configuration.timeout = .init(connect: .seconds(30))
        configuration.redirectConfiguration = .disallow
        // Whoever finds no server wants to know at once.
        configuration.connectionPool.retryConnectionEstablishment = false
        if let proxy = Proxy(for: host, environment: environment) {
            configuration.proxy = .server(host: proxy.host, port: proxy.port)
        }
        http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    public func shutdown() async {
        try? await http.shutdown()
    }

    /// Asks whether a server answers.
    ///
    /// - Throws: ``ClientError`` with code `unreachable` when nothing listens.
    public func heartbeat() async throws {
        _ = try await answer("HEAD", "/", body: nil)
    }

    public func get(_ path: String) async throws -> JSONValue {
        try await answer("GET", path, body: nil)
    }

    /// - Throws: ``ClientError``; its text is the server's own sentence.
    @discardableResult
    public func send(_ method: String = "POST", _ path: String, _ body: JSONValue) async throws
        -> JSONValue
    {
        try await answer(method, path, body: body)
    }

    /// Posts and hands over every line of the answer as it comes.
    ///
    /// - Throws: ``ClientError``; for a refused request `<status line>: <sentence>`, for an error line
    ///   the sentence alone; and whatever `onLine` throws, which ends the request.
    public func stream(
        _ path: String, _ body: JSONValue, onLine: (JSONValue) async throws -> Void
    ) async throws {
        let response = try await execute(
            "POST", path, .bytes(ByteBuffer(bytes: body.serializedBytes)))
        let status = Int(response.status.code)
        var lines = LineSplitter()
        var received = false
        func take(_ line: [UInt8]) async throws {
            received = true
            guard let value = try? JSONValue(parsing: line) else {
                throw ClientError(
                    status >= 400 ? .status(status) : .transport,
                    status >= 400
                        ? "\(response.status.code) \(response.status.reasonPhrase): "
                            + String(decoding: line, as: UTF8.self)
                        : "the server's answer is not JSON: "
                            + String(decoding: line.prefix(200), as: UTF8.self))
            }
            let message = Self.errorText(value)
            if status >= 400 {
                let line = "\(response.status.code) \(response.status.reasonPhrase)"
                throw ClientError(.status(status), message.map { "\(line): \($0)" } ?? line)
            }
            if let message { throw ClientError(.stream, message) }
            try await onLine(value)
        }
        do {
            for try await chunk in response.body {
                for line in try lines.append(chunk.readableBytesView) { try await take(line) }
            }
        } catch let error as ClientError {
            throw error
        } catch {
            throw describe(error, "POST", path)
        }
        if let line = lines.finish() { try await take(line) }
        if status >= 400, !received {
            throw ClientError(
                .status(status), "\(response.status.code) \(response.status.reasonPhrase)")
        }
    }

    public func hasBlob(_ digest: String) async throws -> Bool {
        do {
            _ = try await answer("HEAD", "/api/blobs/\(digest)", body: nil)
            return true
        } catch let error as ClientError where error.isNotFound {
            return false
        }
    }

    /// Uploads a file; `progress` gets the number of bytes handed over so far.
    public func upload(
        _ path: String, size: Int, digest: String, progress: @escaping @Sendable (Int) -> Void
    ) async throws {
        let route = "/api/blobs/\(digest)"
        let response = try await execute(
            "POST", route,
            .stream(FileChunks(path: path, progress: progress), length: .known(Int64(size))))
        _ = try await check(response, "POST", route)
        progress(size)
    }

    // MARK: -

    private func answer(_ method: String, _ path: String, body: JSONValue?) async throws
        -> JSONValue
    {
        let response = try await execute(
            method, path, body.map { .bytes(ByteBuffer(bytes: $0.serializedBytes)) })
        let bytes = try await check(response, method, path)
        guard !bytes.isEmpty else { return .null }
        return (try? JSONValue(parsing: bytes)) ?? .string(String(decoding: bytes, as: UTF8.self))
    }

    private func check(_ response: HTTPClientResponse, _ method: String, _ path: String)
        async throws
        -> [UInt8]
    {
        let bytes: [UInt8]
        do {
            bytes = Array(try await response.body.collect(upTo: Self.answerLimit).readableBytesView)
        } catch {
            throw describe(error, method, path)
        }
        let status = Int(response.status.code)
        guard status >= 400 else { return bytes }
        let text = String(decoding: bytes, as: UTF8.self)
        let message =
            (try? JSONValue(parsing: bytes)).flatMap(Self.errorText)
            ?? (text.isEmpty ? "\(response.status.code) \(response.status.reasonPhrase)" : text)
        throw ClientError(.status(status), message)
    }

    /// The `error` member: a string, or an object with a `message` as the compatible endpoints send.
    private static func errorText(_ value: JSONValue) -> String? {
        guard let error = value["error"] else { return nil }
        if let text = error.string {
            // Refusals by the engine are JSON inside the text.
            if text.utf8.first == UInt8(ascii: "{"), let inner = try? JSONValue(parsing: text),
                let message = inner["error"]?["message"]?.string
            {
                return message
            }
            return text.isEmpty ? nil : text
        }
        return error["message"]?.string ?? error.serialized
    }

    private func execute(_ method: String, _ path: String, _ body: HTTPClientRequest.Body?)
        async throws -> HTTPClientResponse
    {
        guard host.scheme == "http" || host.scheme == "https" else {
            let capitalized = method.prefix(1) + method.dropFirst().lowercased()
            throw ClientError(
                .transport,
                "\(capitalized) \"\(host.url)\(path)\": unsupported protocol scheme \"\(host.scheme)\""
            )
        }
        // An empty host means this machine.
        var target = host
        if target.name.isEmpty { target.name = "127.0.0.1" }
        var request = HTTPClientRequest(url: target.url + path)
        request.method = HTTPMethod(rawValue: method)
        request.headers.add(name: "User-Agent", value: userAgent)
        request.headers.add(name: "Accept", value: "application/json, application/x-ndjson")
        if let body {
            request.headers.add(name: "Content-Type", value: "application/json")
            request.body = body
        }
        do {
            return try await http.execute(request, deadline: .distantFuture)
        } catch {
            throw describe(error, method, path)
        }
    }

    private func describe(_ error: any Error, _ method: String, _ path: String) -> any Error {
        if error is CancellationError || Task.isCancelled { return CancellationError() }
        if let error = error as? ClientError { return error }
        // The type of a failed connect lies in a module below this one's dependencies; its text holds
        // the system's reason for every address that was tried.
        if "\(error)".contains("refused") {
            return ClientError(.unreachable, "connection refused")
        }
        let capitalized = method.prefix(1) + method.dropFirst().lowercased()
        return ClientError(.transport, "\(capitalized) \"\(host.url)\(path)\": \(reason(error))")
    }

    private func reason(_ error: any Error) -> String {
        switch error as? HTTPClientError {
        case .remoteConnectionClosed?: return "EOF"
        case .connectTimeout?: return "dial tcp \(host.authority): i/o timeout"
        default: return "\(error)"
        }
    }
}
