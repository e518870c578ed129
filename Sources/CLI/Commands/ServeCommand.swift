import ArgumentParser
import Client
import Logging

/// `serve`: the server in the foreground, until a signal ends it.
struct ServeCommand: AsyncParsableCommand, ReadsEnvironment {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Start Apus", aliases: ["start"])

    static var variables: [EnvironmentVariable] {
        ServerSettings.variables.compactMap { variable in
            variable.help.map { EnvironmentVariable(name: variable.name, description: $0) }
        }
    }

    func run() async throws {
        let environment = Environment.current
        try IdentityKey.ensure(in: environment.settingsFolder)
        let settings = ServerSettings(environment)
        try PortProbe.check(settings.host)
        let logger = StandardErrorLog.logger(environment)
        settings.report(to: logger, environment)

        try await EmbeddedServer(host: settings.host, settings, logger: logger).runUntilSignal()
    }
}
