import API
import Hummingbird
import NIOCore

/// One request on its way to an answer.
struct Exchange: Sendable {
    let request: Request
    let channel: any Channel
    let services: Services
    /// What stands at the `:name` place of the route.
    let parameter: String
    let started = ContinuousClock.now

    var disconnection: Disconnection { Disconnection(channel: channel) }

    /// Nanoseconds since the request arrived.
    var elapsed: Int { (ContinuousClock.now - started).nanoseconds }

    /// The first JSON value of the body, whatever content type the client names.
    ///
    /// - Parameter whenEmpty: the error text for no body.
    /// - Throws: 400 for no body and for malformed JSON, 413 for a body over the limit.
    func json(whenEmpty: String = "missing request body") async throws -> JSONValue {
        let bytes = try await body()
        do throws(JSONError) {
            return try JSONValue(parsingFirst: bytes)
        } catch {
            throw APIError(400, error.isEmpty ? whenEmpty : error.description)
        }
    }

    /// An answer for bodies in a compression that is understood elsewhere and not here.
    func refusedEncoding() async throws -> Response? {
        guard request.headers[.contentEncoding]?.lowercased() == "zstd" else { return nil }
        let magic: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD]
        return Reply.error(
            try await body().starts(with: magic)
                ? APIError(415, "zstd request bodies are not supported by this version of apus")
                : APIError(400, "invalid input: magic number mismatch"))
    }

    private func body() async throws -> [UInt8] {
        let limit = services.configuration.maxBodySize
        if let length = request.headers[.contentLength].flatMap(Int.init), length > limit {
            throw APIError(413, "http: request body too large")
        }
        var bytes: [UInt8] = []
        for try await buffer in request.body {
            guard bytes.count + buffer.readableBytes <= limit else {
                throw APIError(413, "http: request body too large")
            }
            bytes += buffer.readableBytesView
        }
        return bytes
    }
}

extension Duration {
    /// Capped at about 292 years.
    var nanoseconds: Int {
        let (seconds, attoseconds) = components
        let (scaled, overflow) = Int(seconds).multipliedReportingOverflow(by: 1_000_000_000)
        return overflow ? .max : scaled + Int(attoseconds / 1_000_000_000)
    }
}
