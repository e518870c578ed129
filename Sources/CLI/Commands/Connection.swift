import API
import Client
import Server

/// Version of the API that the program speaks and reports.
let apiVersion = ServerConfiguration().version

let hostVariable = EnvironmentVariable(
    name: "OLLAMA_HOST",
    description: "IP Address for the \(programName) server (default 127.0.0.1:11434)")

/// A client of the server that `OLLAMA_HOST` names.
enum Connection {
    static let notReachable =
        "could not connect to \(programName) server, run '\(programName) serve' to start it"

    static var userAgent: String {
        #if arch(x86_64)
            let architecture = "amd64"
        #elseif arch(arm64)
            let architecture = "arm64"
        #else
            let architecture = "unknown"
        #endif
        #if os(macOS)
            let system = "darwin"
        #else
            let system = "linux"
        #endif
        return "\(programName)/\(apiVersion) (\(architecture) \(system)) Swift/6.3"
    }

    static func client(_ host: Host? = nil, _ environment: Environment = .current) -> APIClient {
        let host = host ?? environment.host
        if let port = host.rejectedPort {
            Console.error(
                "\(Clock.slashed(.now)) \(programName): WARN invalid port, using default "
                    + "port=\(port) default=\(host.port)\n")
        }
        return APIClient(host: host, userAgent: userAgent, environment: environment.variables)
    }

    /// Runs `body` with a client whose server was found to answer.
    static func with<Result>(
        _ body: (APIClient) async throws -> Result
    ) async throws -> Result {
        let client = client()
        do {
            try await check(client)
            let result = try await body(client)
            await client.shutdown()
            return result
        } catch {
            await client.shutdown()
            throw error
        }
    }

    static func check(_ client: APIClient) async throws {
        do {
            try await client.heartbeat()
        } catch let error as ClientError where error.code == .unreachable {
            throw CommandError(notReachable)
        }
    }
}
