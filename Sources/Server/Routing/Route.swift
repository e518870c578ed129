import API
import Hummingbird

/// A method, a path and what answers there.
///
/// A `:name` in the path stands for one segment.
struct Route: Sendable {
    let method: HTTPRequest.Method
    let path: String
    /// How what `handle` throws is reported.
    let errors: ErrorEnvelope
    let handle: @Sendable (Exchange) async throws -> Response

    init(
        _ method: HTTPRequest.Method, _ path: String, errors: ErrorEnvelope = .native,
        _ handle: @Sendable @escaping (Exchange) async throws -> Response
    ) {
        self.method = method
        self.path = path
        self.errors = errors
        self.handle = handle
    }

    /// The segment at the `:name` place, "" for paths without one; nil where the path differs.
    func match(_ requested: String) -> String? {
        guard let colon = path.utf8.firstIndex(of: UInt8(ascii: ":")) else {
            return path.utf8.elementsEqual(requested.utf8) ? "" : nil
        }
        let prefix = path.utf8[..<colon]
        guard requested.utf8.starts(with: prefix) else { return nil }
        let segment = requested.utf8.dropFirst(prefix.count)
        guard !segment.isEmpty, !segment.contains(UInt8(ascii: "/")) else { return nil }
        return String(segment)
    }
}

extension Route {
    /// A route that reads requests in the form of another API.
    ///
    /// - Parameters:
    ///   - read: refuses what is no request of that form; such an answer is written like the
    ///     native ones, but in the form's envelope.
    ///   - answer: the rest, whose failures are reported in the envelope.
    static func translating<Request: Sendable>(
        _ path: String, errors: ErrorEnvelope,
        read: @Sendable @escaping (JSONValue) throws(APIError) -> Request,
        answer: @Sendable @escaping (Request, Exchange) async throws -> Response
    ) -> Route {
        Route(.post, path, errors: errors) { exchange in
            let request: Request
            do {
                if let refusal = try await exchange.refusedEncoding() { return refusal }
                request = try read(await exchange.json(whenEmpty: "EOF"))
            } catch let error as APIError {
                return errors.refusal(error)
            }
            return try await answer(request, exchange)
        }
    }
}
