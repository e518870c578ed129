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
    /// - Throws: 400 for no body and for malformed JSON, 413 for a body over the limit.
    func json() async throws -> JSONValue {
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
        do throws(JSONError) {
            return try JSONValue(parsingFirst: bytes)
        } catch {
            throw APIError(400, error.isEmpty ? "missing request body" : error.description)
        }
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
