import API
import ArgumentParser
import Engine
import FoundationEssentials

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The program: reads the command line, runs the command and sets the exit status.
public enum CommandLineTool {
    /// Runs the process's own arguments and exits.
    public static func main() async -> Never {
        signal(SIGPIPE, SIG_IGN)
        // A thread of Dispatch asks for a higher priority, and where it may not have it, as in a
        // service, a line in the system's log says so: it worries, and nothing can be done.
        setenv("LIBDISPATCH_LOG", "NO", 0)
        let status = await run(Array(CommandLine.arguments.dropFirst()))
        exit(status)
    }

    /// Runs one command line; errors go to stderr.
    ///
    /// Returns the exit status.
    static func run(_ words: [String]) async -> Int32 {
        do {
            try checkInstructionSet(ProcessInfo.processInfo.environment["APUS_ISA"])
            var command = try await parse(words)
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
            return 0
        } catch let answer as Answer {
            Console.out(answer.text)
            return 0
        } catch {
            if error is CancellationError { return 0 }
            Console.error("Error: \(error)\n")
            return 1
        }
    }

    /// The command that a command line asks for, with its values.
    ///
    /// - Throws: ``CommandError`` for unknown commands and flags and wrong argument counts;
    ///   ``Answer``.
    static func parse(_ words: [String]) async throws -> any ParsableCommand {
        let line = try Dialect.translate(words)
        do {
            return try await line.command.asyncParseAsRoot(line.words)
        } catch {
            let text = line.command.message(for: error)
            guard line.command.exitCode(for: error).isSuccess else { throw CommandError(text) }
            throw Answer(text: text + "\n")
        }
    }

    /// What ArgumentParser itself answers: words for a completion script.
    struct Answer: Error {
        var text: String
    }

    /// Refuses an APUS_ISA that names nothing this processor runs.
    static func checkInstructionSet(_ name: String?) throws {
        guard let name, !name.isEmpty else { return }
        let available = InstructionSet.available.map(\.description)
        guard available.contains(name) else {
            throw CommandError(
                "APUS_ISA is \(GoQuote.quoted(name)): this processor runs "
                    + available.joined(separator: ", "))
        }
    }
}
