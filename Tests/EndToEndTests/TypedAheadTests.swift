import Foundation
import TestSupport
import Testing

/// Lines written before the conversation asks for them.
@Suite("Lines typed ahead") struct TypedAheadTests {
    @Test(
        "are taken one after the other",
        arguments: ["/set verbose\r/set quiet\r/bye\r", "/set verbose\r/set quiet\r\u{4}"])
    func lines(_ typed: String) async throws {
        try await aside {
            let server = try ServerProcess(environment: ["APUS_EMBEDDED": "1"])
            var environment = server.environment
            environment["TERM"] = "xterm-256color"
            environment["PATH"] = "/usr/bin:/bin"
            // Until the conversation reads, the terminal makes a line feed of each Enter and the end of
            // the input of Ctrl-D.
            let terminal = try PseudoTerminal(
                "printf 'here\\n'; '\(Program.path)' run fledgling", environment: environment,
                folder: server.home.path, columns: 80, rows: 24)
            func wait(_ text: String) throws {
                let isThere = terminal.wait { $0.text.contains { $0.contains(text) } }
                try #require(isThere, "no \(text): \(terminal.screen.text)")
            }
            try wait("here")
            terminal.type(typed)
            try wait("Set 'verbose' mode.")
            try wait("Set 'quiet' mode.")
            try wait("[exit 0]")
        }
    }
}
