import API
import ArgumentParser
import Engine
import Foundation
import TestSupport
import Testing

@testable import CLI

@Suite("Help")
struct HelpTests {
    /// A recorded text with the program's name in it.
    static func renamed(_ text: String) -> String {
        text.replacing("ollama.com", with: "\u{1}").replacing("Ollama cloud", with: "\u{2}")
            .replacing("ollama", with: "apus").replacing("Ollama", with: "Apus")
            .replacing("\u{1}", with: "ollama.com").replacing("\u{2}", with: "Ollama cloud")
    }

    static let ownCommands = """
        Apus Commands:
          bench        Measure the speed of a model on this machine
          completion   Print a completion script for a shell
          debug        Inspect single parts of the engine


        """

    static let ownFlags = """

        Apus Flags:
              --json   Print the answer of the API as one JSON object

        """

    static let ownVariables = """
              APUS_SPECULATION              Guess tokens ahead where the text repeats itself (default: on; 0 turns it off)
              APUS_DISK_CACHE               Keep the keys and values of prompts on disk (default: on; 0 turns it off)
              APUS_DISK_CACHE_SIZE          Most that they may take there, e.g. 500MB (default 4GiB)

        """

    /// What a command line that asks for help prints on stdout and stderr.
    static func help(_ words: [String]) async throws -> (text: String, error: String) {
        try #require(try await CommandLineTool.parse(words) as? HelpCommand).texts
    }

    @Test("every recorded help text but that of launch", .enabled(if: Golden.isPresent))
    func recorded() async throws {
        let recording = try JSONValue(parsing: Golden.data("ollama/cli-help.json"))
        var count = 0
        for item in recording["cases"]?.array ?? [] {
            let name = item["name"]?.string ?? ""
            let words = (item["args"]?.array ?? []).compactMap(\.string)
            // Apus has a command named completion.
            guard name.hasPrefix("help: "), !words.contains("launch"),
                words != ["help", "completion"]
            else { continue }
            var expected = Self.renamed(item["stdout"]?.string ?? "")
            var expectedError = Self.renamed(item["stderr"]?.string ?? "")
            func addOwn(_ text: inout String) {
                if let flags = text.range(of: "Flags:\n"), text.contains("Available Commands:") {
                    text.insert(contentsOf: Self.ownCommands, at: flags.lowerBound)
                }
            }
            addOwn(&expected)
            addOwn(&expectedError)
            if ["list", "ps", "show"].contains(where: words.contains),
                let variables = expected.range(of: "\nEnvironment Variables:\n")
            {
                expected.insert(contentsOf: Self.ownFlags, at: variables.lowerBound)
            }
            if ["serve", "start"].contains(where: words.contains) { expected += Self.ownVariables }
            let (text, error) = try await Self.help(words)
            #expect(text == expected, "\(name)")
            #expect(error == expectedError, "\(name)")
            count += 1
        }
        #expect(count >= 25)
    }

    @Test("wrong command lines fail with the recorded texts", .enabled(if: Golden.isPresent))
    func errors() async throws {
        let recording = try JSONValue(parsing: Golden.data("ollama/cli-help.json"))
        var count = 0
        for item in recording["cases"]?.array ?? [] {
            let name = item["name"]?.string ?? ""
            let words = (item["args"]?.array ?? []).compactMap(\.string)
            let expected = Self.renamed(item["stderr"]?.string ?? "")
            guard name.hasPrefix("bad arguments: "), !expected.contains("could not connect"),
                !expected.isEmpty
            else { continue }
            do {
                _ = try await CommandLineTool.parse(words)
                Issue.record("\(name): no error")
            } catch {
                #expect("Error: \(error)\n" == expected, "\(name)")
            }
            count += 1
        }
        #expect(count >= 15)
    }

    @Test("the program's own text")
    func root() async throws {
        #expect(
            try await Self.help([]).text == """
                Large language model runner

                Usage:
                  apus [flags]
                  apus [command]

                Available Commands:
                  serve        Start Apus
                  create       Create a model
                  show         Show information for a model
                  run          Run a model
                  stop         Stop a running model
                  pull         Pull a model from a registry
                  push         Push a model to a registry
                  signin       Sign in to ollama.com
                  signout      Sign out from ollama.com
                  list         List models
                  ps           List running models
                  cp           Copy a model
                  rm           Remove a model
                  launch       Launch the Apus menu or an integration
                  help         Help about any command

                Apus Commands:
                  bench        Measure the speed of a model on this machine
                  completion   Print a completion script for a shell
                  debug        Inspect single parts of the engine

                Flags:
                  -h, --help         help for apus
                      --nowordwrap   Don't wrap words to the next line automatically
                      --verbose      Show timings for response
                  -v, --version      Show version information

                Use "apus [command] --help" for more information about a command.

                """)
    }

    @Test("bench and debug")
    func own() async throws {
        let bench = try await Self.help(["bench", "-h"]).text
        let debug = try await Self.help(["help", "debug"]).text
        #expect(
            bench == """
                Measure the speed of a model on this machine.

                Times reading a prompt (prefill) and generating tokens (decode) without a server, after
                one warm-up, and compares decoding with the speed at which memory can be read. With
                --shape the weights are random, so that no model is needed; --save writes them to a file,
                with a vocabulary, for measurements through servers. With --grammar the grammars of a file
                are measured instead: what finding the allowed tokens costs at each step.

                Usage:
                  apus bench [FILE.gguf|MODEL] [flags]

                Flags:
                      --copying          Random weights whose answers repeat a text of the prompt with small changes
                  -n, --generate int     Tokens to generate (default 64)
                      --grammar string   File of grammars with texts to measure masks over
                  -h, --help             help for bench
                      --json             Print one JSON object instead of a table
                      --parallel int     Sequences that are decoded together (default 1)
                  -p, --prompt int       Tokens of the prompt (default 512)
                      --quant string     Format of random weights, as create takes it (default "Q8_0")
                  -r, --repeat int       Repetitions (default 5)
                      --save string      Write the random weights to this file and measure nothing
                      --shape string     Random weights of this shape: \(RandomModel.shapes.joined(separator: ", "))
                  -t, --threads int      Threads (default: all CPUs)

                """)
        #expect(debug.hasPrefix("Inspect single parts of the engine. Input is JSON on stdin"))
        #expect(debug.contains("  apus debug ACTION [FILE.gguf|MODEL] [flags]\n"))
        #expect(
            debug.contains(
                "      --cache string     Type of cache elements: f32 or f16 (default \"f32\")\n"))
    }

    @Test("flags that Ollama lacks stand apart")
    func ownFlagsApart() async throws {
        #expect(
            try await Self.help(["show", "-h"]).text == """
                Show information for a model

                Usage:
                  apus show MODEL [flags]

                Flags:
                  -h, --help         help for show
                      --license      Show license of a model
                      --modelfile    Show Modelfile of a model
                      --parameters   Show parameters of a model
                      --system       Show system message of a model
                      --template     Show template of a model
                  -v, --verbose      Show detailed model information

                Apus Flags:
                      --json   Print the answer of the API as one JSON object

                Environment Variables:
                      OLLAMA_HOST                   IP Address for the apus server (default 127.0.0.1:11434)

                """)
    }

    @Test("values with a default, with a type and without need of one")
    func flags() async throws {
        let create = try await Self.help(["create", "-h"]).text
        #expect(
            create.contains(
                "  -f, --file string             Name of the Modelfile (default \"Modelfile\")\n"))
        let run = try await Self.help(["run", "-h"]).text
        #expect(run.contains("      --dimensions int          Truncate"))
        #expect(run.contains("      --think string[=\"true\"]   Enable"))
        #expect(run.contains("      --truncate                For"))
        #expect(run.contains("  apus run MODEL [PROMPT] [flags]\n"))
        let remove = try await Self.help(["rm", "-h"]).text
        #expect(remove.contains("  apus rm MODEL [MODEL...] [flags]\n"))
        let launch = try await Self.help(["launch", "-h"]).text
        #expect(launch.contains("  apus launch [INTEGRATION] [-- [EXTRA_ARGS...]] [flags]\n"))
    }

    @Test("every command has a summary and no name twice")
    func table() {
        let commands = Program.configuration.subcommands
        let names = commands.flatMap { [$0._commandName] + $0.configuration.aliases }
        #expect(Set(names).count == names.count)
        #expect(commands.allSatisfy { !$0.configuration.abstract.isEmpty })
    }
}
