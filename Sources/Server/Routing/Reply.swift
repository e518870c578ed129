import API
import HTTPTypes
import Hummingbird

/// The shapes that answers have.
enum Reply {
    static let jsonType = "application/json; charset=utf-8"
    /// Of answers that come instead of a stream of lines.
    static let streamErrorType = "application/json"
    static let linesType = "application/x-ndjson"

    static func json(
        _ value: JSONValue, status: HTTPResponse.Status = .ok, type: String = jsonType
    ) -> Response {
        Response(
            status: status, headers: [.contentType: type],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: value.serializedBytes)))
    }

    /// JSON with a line break after it, as the endpoints in the forms of others answer.
    static func line(_ value: JSONValue, status: HTTPResponse.Status = .ok) -> Response {
        Response(
            status: status, headers: [.contentType: streamErrorType],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: value.serializedBytes + [0x0A])))
    }

    static func error(_ error: APIError, type: String = jsonType) -> Response {
        json(error.json, status: HTTPResponse.Status(code: error.status), type: type)
    }

    static func text(
        _ text: String, status: HTTPResponse.Status = .ok, type: String = "text/plain"
    ) -> Response {
        Response(
            status: status, headers: [.contentType: type],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }

    static func empty(_ status: HTTPResponse.Status = .ok) -> Response {
        Response(status: status)
    }

    static let unknownPath = text("404 page not found", status: .notFound)
    static let wrongMethod = text("405 method not allowed", status: .methodNotAllowed)

    /// A redirect as Go writes it: a body for GET, a content type for GET and HEAD.
    static func redirect(
        to location: String, status: HTTPResponse.Status, method: HTTPRequest.Method
    ) -> Response {
        guard method == .get || method == .head else {
            return Response(status: status, headers: [.location: location])
        }
        let escaped = location.unicodeScalars.map { scalar -> String in
            switch scalar {
            case "&": "&amp;"
            case "<": "&lt;"
            case ">": "&gt;"
            case "\"": "&#34;"
            case "'": "&#39;"
            default: String(scalar)
            }
        }.joined()
        var response = text(
            "<a href=\"\(escaped)\">\(status.reasonPhrase)</a>.\n\n", status: status,
            type: "text/html; charset=utf-8")
        response.headers[.location] = location
        return response
    }
}
