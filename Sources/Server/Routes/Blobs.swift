import API
import Hummingbird
import ModelStore
import NIOCore

/// `/api/blobs/:digest`: whether a file is here, and uploads.
enum Blobs {
    static var routes: [Route] {
        [
            Route(.head, "/api/blobs/:digest", look), Route(.post, "/api/blobs/:digest", upload),
        ]
    }

    @Sendable private static func look(_ exchange: Exchange) throws -> Response {
        let digest = try digest(exchange)
        guard exchange.services.store.hasBlob(digest) else {
            throw APIError(404, "blob \(GoQuote.quoted(exchange.parameter)) not found")
        }
        return Reply.empty()
    }

    @Sendable private static func upload(_ exchange: Exchange) async throws -> Response {
        let digest = try digest(exchange)
        let store = exchange.services.store
        if store.hasBlob(digest) { return Reply.empty() }
        do {
            let writer = try store.newBlob()
            defer { writer.discard() }
            var received = 0
            for try await buffer in exchange.request.body {
                received += buffer.readableBytes
                try buffer.withUnsafeReadableBytes { try writer.write($0) }
            }
            // A connection that breaks looks like the end of the body.
            if let announced = exchange.request.headers[.contentLength].flatMap(Int.init),
                received < announced
            {
                throw APIError(400, "unexpected EOF")
            }
            _ = try writer.finish(expected: digest, spelling: exchange.parameter)
        } catch let error as StoreError {
            throw error.asAPIError
        }
        return Reply.empty(.created)
    }

    private static func digest(_ exchange: Exchange) throws(APIError) -> Digest {
        guard let digest = Digest(exchange.parameter) else {
            throw APIError(400, "invalid digest format")
        }
        return digest
    }
}
