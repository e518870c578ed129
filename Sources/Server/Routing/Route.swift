import Hummingbird

/// A method, a path and what answers there.
///
/// A `:name` in the path stands for one segment.
struct Route: Sendable {
    let method: HTTPRequest.Method
    let path: String
    let handle: @Sendable (Exchange) async throws -> Response

    init(
        _ method: HTTPRequest.Method, _ path: String,
        _ handle: @Sendable @escaping (Exchange) async throws -> Response
    ) {
        self.method = method
        self.path = path
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
