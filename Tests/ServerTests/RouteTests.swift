import API
import Foundation
import Hummingbird
import Testing

@testable import Server

@Suite("Routes without a model")
struct RouteTests {
    @Test(
        "literal answers",
        arguments: [
            ("GET", "/", "", 200, "Ollama is running"),
            ("GET", "/api/version", "", 200, #"{"version":"0.33.0"}"#),
            ("GET", "/api/tags", "", 200, #"{"models":[]}"#),
            ("GET", "/api/ps", "", 200, #"{"models":[]}"#),
            ("GET", "/api/nothing", "", 404, "404 page not found"),
            ("GET", "/api/show", "", 405, "405 method not allowed"),
            ("POST", "/api/generate", "", 400, #"{"error":"missing request body"}"#),
            ("POST", "/api/generate", " \n", 400, #"{"error":"missing request body"}"#),
            ("POST", "/api/chat", "{", 400, #"{"error":"unexpected EOF"}"#),
            ("POST", "/api/chat", "{}", 400, #"{"error":"model is required"}"#),
            ("POST", "/api/generate", "{}", 404, #"{"error":"model '' not found"}"#),
            (
                "POST", "/api/generate", #"{"model":"m:cloud"}"#, 403,
                #"{"error":"ollama cloud is disabled: remote model is unavailable"}"#
            ),
            (
                "POST", "/api/show", #"{"name":"no-such"}"#, 404,
                #"{"error":"model 'no-such:latest' not found"}"#
            ),
            (
                "POST", "/api/show", #"{"name":"m:cloud:local"}"#, 400,
                #"{"error":"use either :local or :cloud, not both: \"m:cloud:local\""}"#
            ),
            (
                "DELETE", "/api/delete", #"{"name":"x/y/z/w/v"}"#, 400,
                #"{"error":"name \"x/y/z/w/v\" is invalid"}"#
            ),
            (
                "POST", "/api/copy", #"{"source":"a","destination":"b"}"#, 404,
                #"{"error":"model \"a\" not found"}"#
            ),
            (
                "POST", "/api/pull", #"{"model":"a b"}"#, 400,
                #"{"error":"invalid model name"}"#
            ),
            (
                "POST", "/api/push", #"{}"#, 400, #"{"error":"model is required"}"#
            ),
            (
                "POST", "/api/create", #"{"model":"a","files":{"/x":"sha256:1"}}"#, 400,
                #"{"error":"file path must be relative"}"#
            ),
            (
                "POST", "/api/create", #"{"model":"a","files":{"x":""}}"#, 400,
                #"{"error":"invalid digest format"}"#
            ),
            (
                "POST", "/api/create", #"{"model":"a","draft_quantize":"q8_0"}"#, 400,
                #"{"error":"--draft-quantize requires a DRAFT model"}"#
            ),
            (
                "POST", "/api/embed", #"{"model":"a","input":{"x":1}}"#, 400,
                #"{"error":"invalid input type"}"#
            ),
        ] as [(String, String, String, Int, String)])
    func literal(
        method: String, path: String, body: String, status: Int, expected: String
    ) async throws {
        let server = try ServerUnderTest()
        defer { server.remove() }
        let answer = try await server.ask(method, path, body)
        #expect(answer.status == status)
        #expect(answer.body == expected)
    }

    @Test("blobs are uploaded, found and verified")
    func blobs() async throws {
        let server = try ServerUnderTest()
        defer { server.remove() }
        let digest = "sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
        #expect(try await server.ask("HEAD", "/api/blobs/\(digest)").status == 404)
        #expect(try await server.ask("POST", "/api/blobs/\(digest)", "hello").status == 201)
        #expect(try await server.ask("POST", "/api/blobs/\(digest)", "hello").status == 200)
        #expect(try await server.ask("HEAD", "/api/blobs/\(digest)").status == 200)
        let wrong = try await server.ask(
            "POST", "/api/blobs/sha256-\(String(repeating: "0", count: 64))", "hello")
        #expect(wrong.status == 400)
        #expect(
            wrong.body
                == #"{"error":"digest mismatch, expected \"sha256-\#(String(repeating: "0", count: 64))\", got \"\#(digest)\""}"#
        )
        let short = try await server.ask(
            "POST", "/api/blobs/sha256:\(String(repeating: "1", count: 64))",
            headers: [.contentLength: "10"], body: [1, 2, 3])
        #expect(short.body == #"{"error":"unexpected EOF"}"#)
    }

    @Test("a body over the limit is refused")
    func limit() async throws {
        let server = try ServerUnderTest { $0.maxBodySize = 100 }
        defer { server.remove() }
        let long = #"{"model":"\#(String(repeating: "a", count: 200))"}"#
        #expect(try await server.ask("POST", "/api/chat", long).status == 413)
        #expect(try await server.ask("POST", "/api/chat", "{}").status == 400)
    }

    @Test(
        "paths",
        arguments: [
            ("/a//b", "/a/b"), ("/a/./b/", "/a/b/"), ("/a/../b", "/b"), ("/..", "/"),
            ("", "/"), ("/", "/"), ("/a/%2e%2e/b", "/a/%2e%2e/b"),
        ])
    func cleaning(path: String, expected: String) {
        #expect(RequestPath(target: path + "?q=//").cleaned == expected)
        #expect(RequestPath(target: path + "?q=//").query == "?q=//")
    }

    @Test("log lines")
    func log() {
        let entry = AccessLog(
            status: 200, duration: .microseconds(857_877), client: "127.0.0.1", method: "POST",
            path: "/api/generate?x=1")
        #expect(
            entry.line().hasSuffix(
                #"| 200 |     857.877ms |       127.0.0.1 | POST     "/api/generate?x=1""#))
    }

    @Test("parameters are printed one a line")
    func parameters() {
        let text = Show.parameterLines([
            "temperature": 1.0, "stop": ["<|a|>", "b\n"], "num_ctx": 256, "use_mmap": true,
        ])
        #expect(
            text == """
                num_ctx                        256
                stop                           "<|a|>"
                stop                           "b\\n"
                temperature                    1
                use_mmap                       true
                """)
    }

    @Test("a taken port is named, and a stop ends the run", .timeLimit(.minutes(5)))
    func ports() async throws {
        let first = try ServerUnderTest()
        defer { first.remove() }
        let (ports, continuation) = AsyncStream<Int>.makeStream()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await first.server.run(handleSignals: false) { continuation.yield($0) }
            }
            var iterator = ports.makeAsyncIterator()
            let port = try #require(await iterator.next())
            let second = try ServerUnderTest { $0.port = port }
            defer { second.remove() }
            await #expect(
                throws: ServerError(
                    "listen tcp 127.0.0.1:\(port): bind: address already in use")
            ) {
                try await second.server.run(handleSignals: false)
            }
            group.cancelAll()
            try await group.waitForAll()
        }
    }

    @Test("every route file is in the list")
    func list() throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Sources/Server")
        let list = try String(
            contentsOf: folder.appending(path: "Routing/Routes.swift"), encoding: .utf8)
        let files = try FileManager.default.subpathsOfDirectory(
            atPath: folder.appending(path: "Routes").path)
        for file in files where file.hasSuffix(".swift") {
            let name = file.dropLast(6).split(separator: "/").last ?? ""
            #expect(list.contains("\(name).routes"), "\(file) is not in Routes.all")
        }
    }
}
