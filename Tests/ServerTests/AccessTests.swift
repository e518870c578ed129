import Hummingbird
import NIOCore
import NIOEmbedded
import Testing

@testable import Server

@Suite("Access rules")
struct AccessTests {
    @Test(
        "hosts",
        arguments: [
            ("", HostRule.Verdict.name), ("localhost", .name), ("LOCALHOST:80", .name),
            ("a.localhost", .name), ("box.local:11434", .name), ("x.internal", .name),
            ("localhost.", .refused), ("example.com", .refused), ("evillocalhost", .refused),
            ("127.0.0.1", .address), ("127.9.9.9:1", .address), ("10.1.2.3", .address),
            ("172.32.0.1", .refused), ("192.168.7.7", .address), ("0.0.0.0", .address),
            ("8.8.8.8", .refused), ("[::1]:11434", .address), ("[::1]", .refused),
            ("::1", .address), ("[fd00::1]:80", .address), ("[fe80::1]:80", .refused),
            ("[::ffff:127.0.0.1]:80", .address), ("100.64.0.1", .refused),
        ] as [(String, HostRule.Verdict)])
    func host(text: String, expected: HostRule.Verdict) {
        #expect(HostRule.verdict(host: text) == expected)
    }

    @Test("the rule holds for loopback listeners only")
    func listener() throws {
        let rule = HostRule()
        #expect(rule.verdict(host: "evil.example") == .refused)
        rule.bound(to: try SocketAddress(ipAddress: "0.0.0.0", port: 1))
        #expect(rule.verdict(host: "evil.example") == nil)
        rule.bound(to: try SocketAddress(ipAddress: "::1", port: 1))
        #expect(rule.verdict(host: "evil.example") == .refused)
    }

    @Test(
        "origins",
        arguments: [
            (nil, CrossOrigin.Verdict.sameOrigin), ("", .sameOrigin),
            ("http://h:1", .sameOrigin), ("https://h:1", .sameOrigin),
            ("http://localhost", .allowed), ("https://127.0.0.1:9", .allowed),
            ("http://localhost:abc", .allowed), ("app://anything", .allowed),
            ("http://localhost.evil", .refused), ("null", .refused),
            ("HTTP://localhost", .refused), ("https://my.site", .allowed),
            ("https://deep.wild.site", .allowed), ("https://wild.site.evil", .refused),
        ] as [(String?, CrossOrigin.Verdict)])
    func origin(text: String?, expected: CrossOrigin.Verdict) throws {
        let rule = try CrossOrigin(extra: ["https://my.site", "https://*.wild.site"])
        #expect(rule.verdict(origin: text, host: "h:1") == expected)
    }

    @Test("a lone star allows every page")
    func star() throws {
        let rule = try CrossOrigin(extra: ["*"])
        #expect(rule.verdict(origin: "http://evil.example", host: "h") == .allowed)
        var fields = HTTPFields()
        rule.mark(&fields, origin: "http://evil.example")
        #expect(fields[.accessControlAllowOrigin] == "*")
        #expect(fields[.vary] == nil)
    }

    @Test("malformed origins", arguments: ["my.site", " http://a", "", "http://*.*"])
    func malformed(entry: String) {
        #expect(throws: ServerError.self) { try CrossOrigin(extra: [entry]) }
    }

    @Test("a client that goes cancels the work for it", .timeLimit(.minutes(5)))
    func disconnection() async throws {
        let channel = NIOAsyncTestingChannel()
        try await channel.testingEventLoop.executeInContext {
            try channel.pipeline.syncOperations.addHandler(ConnectionHandler())
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await Task.sleep(for: .milliseconds(20))
                try await channel.testingEventLoop.executeInContext {
                    channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
                }
            }
            await #expect(throws: CancellationError.self) {
                try await Disconnection(channel: channel).cancelling {
                    try await Task.sleep(for: .seconds(600))
                }
            }
            try await group.waitForAll()
        }
    }
}
