import Client
import Logging

/// `serve`: the server in the foreground, until a signal ends it.
enum ServeCommand: Command {
    static let spec = CommandSpec(
        name: "serve", aliases: ["start"], summary: "Start Apus", arguments: .exactly(0),
        variables: ServerSettings.variables.compactMap { variable in
            variable.help.map { VariableSpec(name: variable.name, description: $0) }
        })

    static func run(_ flags: ParsedFlags) async throws {
        let environment = Environment.current
        try IdentityKey.ensure(in: environment.settingsFolder)
        let settings = ServerSettings(environment)
        try PortProbe.check(settings.host)
        let logger = StandardErrorLog.logger(environment)
        settings.report(to: logger, environment)

        try await EmbeddedServer(host: settings.host, settings, logger: logger).runUntilSignal()
    }
}
