import Foundation
import TestSupport
import Testing

/// Ctrl-Z in a conversation, under a shell with job control.
@Suite("Suspended conversations") struct SuspendTests {
    static let bash = "/bin/bash"

    @Test(
        "go on where they stood, with keys of their own",
        .enabled(if: FileManager.default.isExecutableFile(atPath: bash), "there is no bash"))
    func resume() async throws {
        try await aside {
            let server = try ServerProcess(environment: ["APUS_EMBEDDED": "1"])
            var environment = server.environment
            environment["PATH"] = "/usr/bin:/bin"
            environment["TERM"] = "xterm-256color"
            environment["PS1"] = "shell$ "
            let terminal = try PseudoTerminal(
                "exec \(Self.bash) --norc -i", environment: environment, folder: server.home.path,
                columns: 80, rows: 24)
            func wait(_ text: String) throws {
                let isThere = terminal.wait { $0.text.contains { $0.contains(text) } }
                try #require(isThere, "no \(text): \(terminal.screen.text)")
            }
            try wait("shell$")
            terminal.type("'\(Program.path)' run fledgling\r")
            try wait(">>> Send a message")
            terminal.press("C-z")
            try wait("Stopped")
            terminal.type("clear; fg\r")
            try wait(">>> Send a message")
            // Enter ends the line only in raw mode.
            terminal.type("/set verbose\r")
            try wait("Set 'verbose' mode.")
            terminal.type("/bye\r")
            try wait("shell$")
        }
    }
}
