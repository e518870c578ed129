import Testing

@testable import Client

@Suite("Host")
struct HostTests {
    @Test(
        "reads every form of OLLAMA_HOST",
        arguments: [
            ("", "http://127.0.0.1:11434"),
            ("1.2.3.4", "http://1.2.3.4:11434"),
            (":1234", "http://:1234"),
            ("0.0.0.0:11434", "http://0.0.0.0:11434"),
            ("example.com:1234", "http://example.com:1234"),
            (":66000", "http://:11434"),
            (":-1", "http://:11434"),
            ("[::1]", "http://[::1]:11434"),
            ("::1", "http://[::1]:11434"),
            ("[::1]:1337", "http://[::1]:1337"),
            ("https://1.2.3.4", "https://1.2.3.4:443"),
            ("http://1.2.3.4", "http://1.2.3.4:80"),
            ("http://1.2.3.4:99999", "http://1.2.3.4:80"),
            ("https://example.com/ollama", "https://example.com:443/ollama"),
            ("https://example.com/ollama/", "https://example.com:443/ollama"),
            (" \"127.0.0.1:9\" ", "http://127.0.0.1:9"),
            ("'h:1'", "http://h:1"),
            ("ollama.com", "https://ollama.com:443"),
            ("foo://127.0.0.1:9", "foo://127.0.0.1:9"),
            ("foo://127.0.0.1", "foo://127.0.0.1:11434"),
        ])
    func forms(_ text: String, _ url: String) {
        #expect(Host(text).url == url)
    }

    @Test("keeps the port it could not use")
    func port() {
        #expect(Host("h:99999").rejectedPort == "99999")
        #expect(Host("h:x").rejectedPort == "x")
        #expect(Host("h:1").rejectedPort == nil)
    }

    @Test("loopback addresses")
    func loopback() {
        for text in ["", "localhost", "127.0.0.1", "127.1.2.3:5", "[::1]", ":8"] {
            #expect(Host(text).isLoopback, "\(text)")
        }
        for text in ["0.0.0.0", "1.2.3.4", "127.example.com", "example.com"] {
            #expect(!Host(text).isLoopback, "\(text)")
        }
    }

    @Test("proxies are for other machines")
    func proxy() {
        let environment = ["HTTP_PROXY": "http://proxy:3128", "NO_PROXY": "a.example, .b.example"]
        #expect(Proxy(for: Host("127.0.0.1"), environment: environment) == nil)
        #expect(Proxy(for: Host("a.example"), environment: environment) == nil)
        #expect(Proxy(for: Host("x.a.example"), environment: environment) == nil)
        #expect(Proxy(for: Host("x.b.example"), environment: environment) == nil)
        #expect(Proxy(for: Host("c.example"), environment: environment)?.host == "proxy")
        #expect(Proxy(for: Host("c.example"), environment: environment)?.port == 3128)
        #expect(Proxy(for: Host("https://c.example"), environment: environment) == nil)
        #expect(
            Proxy(for: Host("https://c.example"), environment: ["https_proxy": "p:8"])?.port == 8)
    }

    @Test("lines are put together across pieces")
    func lines() throws {
        var splitter = LineSplitter()
        #expect(try splitter.append(Array("{\"a\"".utf8)).isEmpty)
        let lines = try splitter.append(Array(":1}\n\n{}\r\nrest".utf8))
        #expect(lines.map { String(decoding: $0, as: UTF8.self) } == ["{\"a\":1}", "{}"])
        #expect(splitter.finish() == Array("rest".utf8))
        #expect(splitter.finish() == nil)
    }

    @Test("a line without end is refused at the limit")
    func limit() throws {
        var splitter = LineSplitter()
        let megabyte = [UInt8](repeating: 0x61, count: 1 << 20)
        for _ in 0..<8 { #expect(try splitter.append(megabyte).isEmpty) }
        #expect(throws: ClientError.self) { try splitter.append(megabyte) }
    }
}
