import API
import Hummingbird
import NIOCore
import Serving

/// Answers of one JSON object a line, each sent at once.
enum EventStream {
    /// Sends what `line` makes of the events, in their order, until they end or fail.
    ///
    /// An event that stands for a failure before anything was sent becomes the whole answer with
    /// its status. The source is given up as soon as the client has gone.
    ///
    /// - Parameter line: nil: nothing to send for this event.
    static func lines<Event: Sendable>(
        _ exchange: Exchange, _ source: AsyncStream<Event>,
        line: @Sendable @escaping (Event) throws(APIError) -> JSONValue?
    ) async throws -> Response {
        // Nothing is promised before the first line is known.
        let first: JSONValue?
        do {
            first = try await exchange.disconnection.cancelling {
                for await event in source {
                    if let value = try line(event) { return value }
                }
                try Task.checkCancellation()
                return nil
            }
        } catch let error as APIError {
            return Reply.error(error, type: Reply.streamErrorType)
        }
        let disconnection = exchange.disconnection
        let body = ResponseBody { writer in
            if let first {
                try await writer.write(bytes(first))
                try await rest(source, disconnection, line, &writer)
            }
            try await writer.finish(nil)
        }
        return Response(status: .ok, headers: [.contentType: Reply.linesType], body: body)
    }

    /// Events pass through a stream of our own, which ends when the source or the client does.
    private static func rest<Event: Sendable>(
        _ source: AsyncStream<Event>, _ disconnection: Disconnection,
        _ line: @Sendable (Event) throws(APIError) -> JSONValue?,
        _ writer: inout any ResponseBodyWriter
    ) async throws {
        let (events, continuation) = AsyncStream<Event>.makeStream()
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
                let value: JSONValue?
                do throws(APIError) {
                    value = try line(event)
                } catch {
                    try await writer.write(bytes(error.json))
                    return
                }
                if let value { try await writer.write(bytes(value)) }
            }
        }
    }

    private static func bytes(_ value: JSONValue) -> ByteBuffer {
        var bytes = value.serializedBytes
        bytes.append(0x0A)
        return ByteBuffer(bytes: bytes)
    }
}
