import Crypto
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import ModelStore

@Suite struct CredentialTests {
    private func challenge(_ host: String) -> String {
        #"Bearer realm="http://\#(host)/token",service="test",scope="repository:ns/m:pull repository:x:y""#
    }

    @Test func `A token is asked for with a signature of this installation's key`() async throws {
        var bench = try await PullBench()
        let (path, key) = try OpenSSHKey.write(to: bench.temporary.root)
        bench.settings.keyPath = path
        bench.stub.addModel("ns/m:t", layers: [("model", [1, 2, 3])])
        let host = bench.stub.host
        bench.stub.change { $0.challenge = challenge(host) }
        #expect(await bench.pull().last == "success")
        let request = bench.stub.log.first { $0.request.uri.hasPrefix("/token") }!.request
        let query = request.uri.dropFirst("/token?".count).split(separator: "&")
        #expect(
            query.map { String($0.prefix { $0 != "=" }) } == [
                "nonce", "scope", "scope", "service", "ts",
            ])
        let halves = request.header("Authorization")!.split(separator: ":").map(String.init)
        let text =
            "GET,http://\(host)\(request.uri),"
            + Data(
                "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855".utf8
            ).base64EncodedString()
        #expect(
            key.isValidSignature(Data(base64Encoded: halves[1])!, for: Data(text.utf8)))
        #expect(Data(base64Encoded: halves[0])!.suffix(32) == key.rawRepresentation)
        // The store of blobs learns no token.
        let other = bench.stub.log.filter { $0.server == "other" }
        #expect(!other.isEmpty)
        #expect(other.allSatisfy { $0.request.header("Authorization") == nil })
        await bench.stub.stop()
    }

    @Test func `A registry that is never content ends with access denied`() async throws {
        var bench = try await PullBench()
        bench.settings.keyPath = try OpenSSHKey.write(to: bench.temporary.root).path
        bench.stub.addModel("ns/m:t", layers: [])
        let host = bench.stub.host
        bench.stub.change {
            $0.challenge = challenge(host)
            $0.accepted = "none"
        }
        #expect(
            await bench.pull().last
                == "error: pull model manifest: unauthorized: access denied")
        #expect(bench.stub.log.map(\.request.method) == ["GET", "GET", "GET", "GET"])
        await bench.stub.stop()
    }

    @Test func `A realm at another host gets nothing`() async throws {
        var bench = try await PullBench()
        bench.settings.keyPath = try OpenSSHKey.write(to: bench.temporary.root).path
        let (host, other) = (bench.stub.host, bench.stub.otherHost)
        bench.stub.change { $0.challenge = challenge(other) }
        #expect(
            await bench.pull().last
                == "error: pull model manifest: realm host \"\(other)\" does not match original host \"\(host)\""
        )
        #expect(!bench.stub.log.contains { $0.server == "other" })
        await bench.stub.stop()
    }

    @Test func `Without a key the missing file is told`() async throws {
        var bench = try await PullBench()
        bench.settings.keyPath = bench.temporary.root + "/none"
        let host = bench.stub.host
        bench.stub.change { $0.challenge = challenge(host) }
        #expect(
            await bench.pull().last
                == "error: pull model manifest: open \(bench.settings.keyPath): no such file or directory"
        )
        await bench.stub.stop()
    }

    @Test func `Basic authentication takes what docker login left`() async throws {
        var bench = try await PullBench()
        bench.stub.addModel("ns/m:t", layers: [("model", [1])])
        bench.stub.change {
            $0.challenge = #"Basic realm="Registry""#
            $0.accepted = "Basic dXNlcjpwYXNz"
        }
        #expect(
            await bench.pull().last
                == "error: pull model manifest: unauthorized: access denied")
        let config = #"{"auths":{"\#(bench.stub.host)":{"auth":"dXNlcjpwYXNz"}}}"#
        try config.write(
            toFile: bench.temporary.root + "/config.json", atomically: true, encoding: .utf8)
        bench.settings.environment["DOCKER_CONFIG"] = bench.temporary.root
        #expect(await bench.pull().last == "success")
        #expect(
            bench.stub.log.filter { $0.server == "other" }
                .allSatisfy { $0.request.header("Authorization") == nil })
        await bench.stub.stop()
    }

    @Test(arguments: [
        "http://169.254.169.254/latest", "http://[fe80::1]/x", "ftp://localhost/x",
        "file:///etc/passwd",
        "http://user:pass@localhost/",
    ])
    func `A redirect to where a registry has no business is refused`(target: String) async throws {
        let bench = try await PullBench()
        let digest = StubRegistry.digest([1])
        bench.stub.addModel("ns/m:t", layers: [("model", [1])])
        bench.stub.change { state in
            state.fault = { _, request in
                request.method == "GET" && request.uri.hasSuffix(digest)
                    ? .init(307, [("Location", target)]) : nil
            }
        }
        #expect(await bench.pull().last?.hasPrefix("error: redirect") == true)
        #expect(bench.contents(digest) == nil)
        await bench.stub.stop()
    }

    @Test func `Redirects in a circle end`() async throws {
        let bench = try await PullBench()
        bench.stub.change { state in
            state.fault = { _, request in .init(307, [("Location", request.uri)]) }
        }
        #expect(
            await bench.pull().last
                == "error: pull model manifest: stopped after 10 redirects")
        await bench.stub.stop()
    }

    @Test func `Link-local addresses are no registries`() async throws {
        let bench = try await PullBench()
        await #expect(throws: StoreError.self) {
            try await Registry(bench.temporary.store, bench.settings).pull(
                ModelName("169.254.169.254/x/y")!, insecure: true
            ) { _ in }
        }
        await bench.stub.stop()
    }

    @Test func `A mirror stands for a host, and the name stays`() async throws {
        var bench = try await PullBench()
        bench.stub.addModel("library/m:latest", layers: [("model", [1])])
        bench.stub.addModel("org/m:q", layers: [("model", [1])])
        bench.settings.environment["OLLAMA_REGISTRY_MIRROR"] =
            "http://\(bench.stub.host), hf.co=http://\(bench.stub.host)"
        let registry = Registry(bench.temporary.store, bench.settings)
        for name in ["m", "hf.co/org/m:q"] {
            try await registry.pull(ModelName(name)!, insecure: false) { _ in }
            #expect(bench.temporary.store.contains(ModelName(name)!))
        }
        await bench.stub.stop()
    }

    @Test func `Proxies come from the environment, except for hosts that are listed`() {
        let environment = [
            "HTTPS_PROXY": "http://user:secret@proxy.example:3128", "http_proxy": "plain:8080",
            "NO_PROXY": "corp.example,*.intern, 10.0.0.1,with.port:5000",
        ]
        func proxy(_ text: String) -> OutboundProxy? {
            OutboundProxy(for: RegistryURL(text)!, environment: environment)
        }
        #expect(proxy("https://registry.example")?.host == "proxy.example")
        #expect(proxy("https://registry.example")?.port == 3128)
        #expect(proxy("https://registry.example")?.user == "user")
        #expect(proxy("https://registry.example")?.password == "secret")
        #expect(proxy("http://registry.example")?.host == "plain")
        for direct in [
            "https://corp.example", "https://a.corp.example", "https://x.intern", "http://10.0.0.1",
            "https://with.port:5000", "https://localhost:1", "https://127.0.0.1", "https://[::1]",
        ] {
            #expect(proxy(direct) == nil, "\(direct)")
        }
        #expect(proxy("https://with.port") != nil)
        #expect(proxy("https://notcorp.example") != nil)
    }

    @Test(arguments: [
        ("/a/b?c=d", "https://h.example:5000/a/b?c=d"), ("x", "https://h.example:5000/v2/x"),
        ("?a=1", "https://h.example:5000/v2/y?a=1"), ("//other/z", "https://other/z"),
        ("HTTP://O.example/q", "http://o.example/q"),
    ])
    func `Locations are read from where they were found`(location: String, meant: String) {
        let base = RegistryURL("https://h.example:5000/v2/y")!
        #expect(base.resolving(location)?.description == meant)
    }

    @Test(arguments: [
        "ftp://x/", "javascript:alert(1)", "", "http://a b/", "https://x:0/", "http://x\r\nA: b",
    ])
    func `What is no http address is none`(location: String) {
        #expect(RegistryURL("https://h.example/v2/y")!.resolving(location) == nil)
    }
}
