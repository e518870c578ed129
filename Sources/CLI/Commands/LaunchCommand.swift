import API
import ArgumentParser
import Client

/// `launch`: present for its name's sake; starting other programs is not what Apus does.
struct LaunchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "launch", abstract: "Launch the Apus menu or an integration",
        usage: "\(programName) launch [INTEGRATION] [-- [EXTRA_ARGS...]] [flags]",
        discussion: """
            Launch the Apus interactive menu, or directly launch a specific integration.

            No integration is supported: point other programs at the server's address instead.
            """)

    @Flag(help: "Configure without launching") var config = false
    @Option(help: .string("Model to use"), completion: .models) var model: String?
    @Flag(help: "Restore an integration to its default profile") var restore = false
    @Flag(name: .shortAndLong, help: "Automatically answer yes to confirmation prompts")
    var yes = false
    @Argument(help: .operand("INTEGRATION", "Name of an integration and its arguments"))
    var integration: [String] = []

    func run() async throws {
        guard let name = integration.first else {
            throw CommandError("launch has no menu; use '\(programName) run MODEL'")
        }
        throw CommandError(
            "launching \(GoQuote.quoted(name)) is not supported; point it at \(Environment.current.host.url)"
        )
    }
}
