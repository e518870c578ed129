import Client
import Testing

@testable import CLI

@Suite("Connection")
struct ConnectionTests {
    @Test("a closed port is reported as what it is", .timeLimit(.minutes(5)))
    func refused() async throws {
        let client = APIClient(host: Host("127.0.0.1:9"), userAgent: "test")
        await #expect(throws: CommandError(Connection.notReachable)) {
            try await Connection.check(client)
        }
        await client.shutdown()
    }

    @Test("schemes that are not spoken are named")
    func scheme() async throws {
        let client = APIClient(host: Host("foo://127.0.0.1:9"), userAgent: "test")
        await #expect(
            throws: ClientError(
                .transport, "Head \"foo://127.0.0.1:9/\": unsupported protocol scheme \"foo\"")
        ) { try await client.heartbeat() }
        await client.shutdown()
    }
}
