import API
import Hummingbird
import NIOCore

/// How the events of one answer are written.
protocol StreamFormat<Event>: Sendable {
    associatedtype Event: Sendable

    var headers: HTTPFields { get }

    /// What to send for an event; nothing where there is nothing to show.
    mutating func bytes(for event: Event) throws(APIError) -> [UInt8]

    /// The last words of a stream that broke off.
    func lastWords(_ error: APIError) -> [UInt8]

    /// The answer instead of a stream, when the first thing that happens is a failure.
    func response(to error: APIError) -> Response
}

/// Answers in pieces, each sent at once.
enum EventStream {
    /// Sends what `format` makes of the events, in their order, until they end or fail.
    ///
    /// An event that stands for a failure before anything was sent becomes the whole answer with
    /// its status. The source is given up as soon as the client has gone.
    static func send<Format: StreamFormat>(
        _ exchange: Exchange, _ source: AsyncStream<Format.Event>, as format: Format
    ) async throws -> Response {
        // Nothing is promised before the first piece is known.
        let first: [UInt8]
        let begun: Format
        do {
            (first, begun) = try await exchange.disconnection.cancelling {
                var format = format
                for await event in source {
                    let bytes = try format.bytes(for: event)
                    if !bytes.isEmpty { return (bytes, format) }
                }
                try Task.checkCancellation()
                return ([], format)
            }
        } catch let error as APIError {
            return format.response(to: error)
        }
        let disconnection = exchange.disconnection
        let body = ResponseBody { writer in
            if !first.isEmpty {
                try await writer.write(ByteBuffer(bytes: first))
                try await rest(source, disconnection, begun, &writer)
            }
            try await writer.finish(nil)
        }
        return Response(status: .ok, headers: format.headers, body: body)
    }

    /// One JSON object a line.
    ///
    /// - Parameter line: nil: nothing to send for this event.
    static func lines<Event: Sendable>(
        _ exchange: Exchange, _ source: AsyncStream<Event>,
        line: @Sendable @escaping (Event) throws(APIError) -> JSONValue?
    ) async throws -> Response {
        try await send(exchange, source, as: Lines(line: line))
    }

    /// Events pass through a stream of our own, which ends when the source or the client does.
    private static func rest<Format: StreamFormat>(
        _ source: AsyncStream<Format.Event>, _ disconnection: Disconnection, _ begun: Format,
        _ writer: inout any ResponseBodyWriter
    ) async throws {
        let (events, continuation) = AsyncStream<Format.Event>.makeStream()
        var format = begun
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                await disconnection.wait()
                continuation.finish()
            }
            group.addTask {
                for await event in source { continuation.yield(event) }
                continuation.finish()
            }
            defer { group.cancelAll() }
            for await event in events {
                let bytes: [UInt8]
                do throws(APIError) {
                    bytes = try format.bytes(for: event)
                } catch {
                    try await writer.write(ByteBuffer(bytes: format.lastWords(error)))
                    return
                }
                if !bytes.isEmpty { try await writer.write(ByteBuffer(bytes: bytes)) }
            }
        }
    }

    private struct Lines<Event: Sendable>: StreamFormat {
        let line: @Sendable (Event) throws(APIError) -> JSONValue?

        var headers: HTTPFields { [.contentType: Reply.linesType] }

        func bytes(for event: Event) throws(APIError) -> [UInt8] {
            try line(event).map(Self.bytes) ?? []
        }

        func lastWords(_ error: APIError) -> [UInt8] { Self.bytes(error.json) }

        func response(to error: APIError) -> Response {
            Reply.error(error, type: Reply.streamErrorType)
        }

        private static func bytes(_ value: JSONValue) -> [UInt8] { value.serializedBytes + [0x0A] }
    }
}
