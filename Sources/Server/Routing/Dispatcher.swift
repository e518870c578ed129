import API
import Hummingbird
import Logging
import NIOCore

/// What Hummingbird hands over with a request.
struct ConnectionContext: InitializableFromSource, Sendable {
    let channel: any Channel

    init(source: ApplicationRequestContextSource) { channel = source.channel }
    init(channel: any Channel) { self.channel = channel }
}

/// Answers every request: redirects, access rules, then the route.
///
/// The order is that of Ollama, so
/// that a refused page sees 403 on unknown paths too.
struct Dispatcher: HTTPResponder {
    let services: Services
    let crossOrigin: CrossOrigin
    let accessLog: (@Sendable (AccessLog) -> Void)?

    func respond(to request: Request, context: ConnectionContext) async -> Response {
        let started = ContinuousClock.now
        var response = await answer(request, context)
        if request.method == .head {
            let length = response.headers[.contentLength]
            response.body = ResponseBody()
            response.headers[.contentLength] = length
        }
        guard let accessLog else { return response }
        let entry: @Sendable () -> AccessLog = { [status = response.status.code] in
            AccessLog(
                status: status, duration: ContinuousClock.now - started,
                client: context.channel.remoteAddress?.ipAddress ?? "",
                method: request.method.rawValue, path: request.head.path ?? "")
        }
        guard response.body.contentLength == nil else {
            accessLog(entry())
            return response
        }
        // A stream is logged when it has ended.
        let body = response.body
        response.body = ResponseBody { writer in
            defer { accessLog(entry()) }
            try await body.write(writer)
        }
        return response
    }

    private func answer(_ request: Request, _ context: ConnectionContext) async -> Response {
        let method = request.method
        let path = RequestPath(target: request.head.path ?? "")
        if method != .connect, path.cleaned != path.raw {
            return Reply.redirect(
                to: path.cleaned + path.query, status: .temporaryRedirect, method: method)
        }
        let found = path.decoded.map(Self.find) ?? Found()
        let route = found.candidates.first { $0.route.method == method }
        if route == nil, let decoded = path.decoded, decoded != "/",
            Self.find(Self.otherForm(decoded)).candidates.contains(where: {
                $0.route.method == method
            })
        {
            return Reply.redirect(
                to: Self.otherForm(path.raw) + path.query,
                status: method == .get ? .movedPermanently : .temporaryRedirect, method: method)
        }

        var fields = HTTPFields()
        if route == nil, !found.candidates.isEmpty { fields[.allow] = found.allow }
        let host = request.head.authority ?? ""
        let origin = request.headers[.origin]
        switch crossOrigin.verdict(origin: origin, host: host) {
        case .refused: return Response(status: .forbidden, headers: fields)
        case .allowed where method == .options:
            var preflight = crossOrigin.preflight(origin: origin ?? "")
            preflight.headers[.allow] = fields[.allow]
            return preflight
        case .allowed: crossOrigin.mark(&fields, origin: origin ?? "")
        case .sameOrigin: break
        }
        switch services.hostRule.verdict(host: host) {
        case .refused: return Response(status: .forbidden, headers: fields)
        case .name where method == .options: return Response(status: .noContent, headers: fields)
        case .name, .address, nil: break
        }

        var response: Response
        if let route {
            response = await run(
                route.route,
                Exchange(
                    request: request, channel: context.channel, services: services,
                    parameter: route.parameter))
        } else {
            response = found.candidates.isEmpty ? Reply.unknownPath : Reply.wrongMethod
        }
        for field in fields { response.headers[field.name] = field.value }
        return response
    }

    private func run(_ route: Route, _ exchange: Exchange) async -> Response {
        do {
            return try await route.handle(exchange)
        } catch let error as APIError {
            return route.errors.response(to: error)
        } catch is CancellationError {
            return route.errors.response(to: APIError(499, "request canceled"))
        } catch {
            services.logger.error(
                "request failed", metadata: ["path": "\(route.path)", "error": "\(error)"])
            return route.errors.response(to: APIError(500, "\(error)"))
        }
    }

    /// The routes of one path.
    private struct Found {
        var candidates: [(route: Route, parameter: String)] = []
        var allow: String { candidates.map(\.route.method.rawValue).joined(separator: ", ") }
    }

    private static func find(_ path: String) -> Found {
        Found(
            candidates: Routes.all.compactMap { route in
                route.match(path).map { (route, $0) }
            })
    }

    /// The path with or without a slash at its end.
    private static func otherForm(_ path: String) -> String {
        path.utf8.last == UInt8(ascii: "/") ? String(path.dropLast()) : path + "/"
    }
}
