import API
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
          debug        Inspect single parts of the engine


        """

    @Test("every recorded help text but that of launch", .enabled(if: Golden.isPresent))
    func recorded() throws {
        let recording = try JSONValue(parsing: Golden.data("ollama/cli-help.json"))
        var count = 0
        for item in recording["cases"]?.array ?? [] {
            let name = item["name"]?.string ?? ""
            let words = (item["args"]?.array ?? []).compactMap(\.string)
            guard name.hasPrefix("help: "), !words.contains("launch") else { continue }
            var expected = Self.renamed(item["stdout"]?.string ?? "")
            var expectedError = Self.renamed(item["stderr"]?.string ?? "")
            func addOwn(_ text: inout String) {
                if let flags = text.range(of: "Flags:\n"), text.contains("Available Commands:") {
                    text.insert(contentsOf: Self.ownCommands, at: flags.lowerBound)
                }
            }
            addOwn(&expected)
            addOwn(&expectedError)
            switch try CommandLineTool.parse(words) {
            case .text(let text):
                #expect(text == expected, "\(name)")
                #expect(expectedError == "", "\(name)")
            case .unknownTopic(let topic):
                #expect(
                    "Unknown help topic [`\(topic)`]\n"
                        + Help.usage(
                            CommandLineTool.commands.map { $0.spec }, withHelpFlag: false)
                        == expectedError, "\(name)")
            default: Issue.record("\(name): no text")
            }
            count += 1
        }
        #expect(count >= 25)
    }

    @Test("wrong command lines fail with the recorded texts", .enabled(if: Golden.isPresent))
    func errors() throws {
        let recording = try JSONValue(parsing: Golden.data("ollama/cli-help.json"))
        var count = 0
        for item in recording["cases"]?.array ?? [] {
            let name = item["name"]?.string ?? ""
            let words = (item["args"]?.array ?? []).compactMap(\.string)
            let expected = Self.renamed(item["stderr"]?.string ?? "")
            guard name.hasPrefix("bad arguments: "), !expected.contains("could not connect"),
                !expected.isEmpty
            else { continue }
            do throws(CommandError) {
                _ = try CommandLineTool.parse(words)
                Issue.record("\(name): no error")
            } catch {
                #expect("Error: \(error)\n" == expected, "\(name)")
            }
            count += 1
        }
        #expect(count >= 15)
    }

    @Test("the program's own text")
    func root() throws {
        guard case .text(let text) = try CommandLineTool.parse([]) else {
            Issue.record("no text")
            return
        }
        #expect(
            text == """
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
    func own() throws {
        guard case .text(let bench) = try CommandLineTool.parse(["bench", "-h"]),
            case .text(let debug) = try CommandLineTool.parse(["help", "debug"])
        else {
            Issue.record("no text")
            return
        }
        #expect(
            bench == """
                Measure the speed of a model on this machine.

                Times reading a prompt (prefill) and generating tokens (decode) without a server, after
                one warm-up, and compares decoding with the speed at which memory can be read. With
                --shape the weights are random, so that no model is needed.

                Usage:
                  apus bench [FILE.gguf|MODEL] [flags]

                Flags:
                  -n, --generate int   Tokens to generate (default 64)
                  -h, --help           help for bench
                      --json           Print one JSON object instead of a table
                      --parallel int   Sequences that are decoded together (default 1)
                  -p, --prompt int     Tokens of the prompt (default 512)
                      --quant string   Format of random weights (default "Q8_0")
                  -r, --repeat int     Repetitions (default 5)
                      --shape string   Random weights of this shape: \(RandomModel.shapes.joined(separator: ", "))
                  -t, --threads int    Threads (default: all CPUs)

                """)
        #expect(debug.hasPrefix("Inspect single parts of the engine. Input is JSON on stdin"))
        #expect(debug.contains("  apus debug ACTION [FILE.gguf|MODEL] [flags]\n"))
        #expect(
            debug.contains(
                "      --cache string    Type of cache elements: f32 or f16 (default \"f32\")\n"))
    }

    @Test("every command has a summary and no name twice")
    func table() {
        let specs = CommandLineTool.commands.map { $0.spec }
        let names = specs.flatMap { [$0.name] + $0.aliases }
        #expect(Set(names).count == names.count)
        #expect(specs.allSatisfy { !$0.summary.isEmpty })
    }
}
