import API

import Client

/// `launch`: present for its name's sake; starting other programs is not what Apus does.
enum LaunchCommand: Command {
    static let spec = CommandSpec(
        name: "launch", operands: "[INTEGRATION] [-- [EXTRA_ARGS...]]",
        summary: "Launch the Apus menu or an integration",
        details: """
            Launch the Apus interactive menu, or directly launch a specific integration.

            No integration is supported: point other programs at the server's address instead.
            """,
        arguments: .any,
        flags: [
            FlagSpec("config", nil, .bool, "Configure without launching"),
            FlagSpec("model", nil, .string, "Model to use"),
            FlagSpec("restore", nil, .bool, "Restore an integration to its default profile"),
            FlagSpec("yes", "y", .bool, "Automatically answer yes to confirmation prompts"),
        ])

    static func run(_ flags: ParsedFlags) async throws {
        guard let name = flags.arguments.first else {
            throw CommandError("launch has no menu; use '\(programName) run MODEL'")
        }
        throw CommandError(
            "launching \(GoQuote.quoted(name)) is not supported; point it at \(Environment.current.host.url)"
        )
    }
}
