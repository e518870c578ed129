import Foundation
import Testing

@testable import CLI

@Suite("Interrupts", .serialized)
struct InterruptTests {
    @Test("Ctrl-C ends the work, every time anew", arguments: 1...3)
    func interrupted(_ round: Int) async throws {
        let result: Int? = try await interruptible {
            kill(getpid(), SIGINT)
            try await Task.sleep(for: .seconds(20))
            return round
        }
        #expect(result == nil)
    }

    @Test("work that is left alone returns, and its errors are its own")
    func undisturbed() async throws {
        #expect(try await interruptible { 7 } == 7)
        await #expect(throws: CommandError("no")) {
            try await interruptible { throw CommandError("no") }
        }
    }
}
