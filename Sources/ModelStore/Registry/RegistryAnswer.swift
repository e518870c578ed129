import AsyncHTTPClient
import NIOCore
import NIOHTTP1

/// The answer to one request; its body is read at most once.
struct RegistryAnswer: Sendable {
    var method: String
    /// Where the answer came from, after redirects.
    var url: RegistryURL
    var response: HTTPClientResponse

    var status: Int { Int(response.status.code) }

    func header(_ name: String) -> String? { response.headers.first(name: name) }

    var contentLength: Int? {
        header("Content-Length").flatMap { Int($0) }.flatMap { $0 >= 0 ? $0 : nil }
    }

    /// The whole body.
    ///
    /// - Throws: refused when it is longer than `limit` bytes.
    func bytes(limit: Int, of what: String) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        do {
            for try await chunk in response.body {
                guard bytes.count + chunk.readableBytes <= limit else {
                    throw TransferFailure(.refused, "\(what) is longer than \(limit) bytes")
                }
                bytes += chunk.readableBytesView
            }
        } catch {
            throw Transport.failure(error, method, url)
        }
        return bytes
    }

    /// The start of the body.
    func text(limit: Int) async throws -> String {
        var bytes: [UInt8] = []
        do {
            for try await chunk in response.body {
                bytes += chunk.readableBytesView.prefix(limit - bytes.count)
                if bytes.count >= limit { break }
            }
        } catch {
            throw Transport.failure(error, method, url)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// - Throws: status with `<code>: <body>` from 400 on.
    func check() async throws {
        guard status >= 400 else { return }
        let text = try await text(limit: RegistryClient.errorLimit)
        throw TransferFailure(.status(status), "\(status): \(text)")
    }
}
