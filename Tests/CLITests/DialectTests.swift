import ArgumentParser
import Testing

@testable import CLI

@Suite("Dialect")
struct DialectTests {
    /// A command with a flag of every kind.
    struct Sample: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "sample")

        @Option(name: .shortAndLong, help: .string("")) var file = "Modelfile"
        @Option(help: .string("", bare: "true")) var think: String?
        @Flag(name: .shortAndLong) var verbose = false
        @Flag(name: .shortAndLong) var quiet = false
        @Option(help: .int("")) var dimensions: Int?
        @Option(help: .bool("")) var truncate: Bool?
        @Argument var operands: [String] = []
    }

    static func line(_ words: [String]) throws -> PflagLine {
        try PflagLine(words, CommandDescription(Sample.self).flags)
    }

    /// Through the dialect and ArgumentParser.
    func sample(_ words: [String]) async throws -> Sample {
        try await Sample.asyncParse(try Self.line(words).words)
    }

    func command<Command>(_ words: [String], as type: Command.Type = Command.self) async throws
        -> Command
    {
        try #require(try await CommandLineTool.parse(words) as? Command)
    }

    @Test("values may follow in every form, among arguments")
    func forms() async throws {
        let sample = try await sample([
            "a", "--file", "x", "-qv", "b", "--think", "c", "--dimensions=12",
        ])
        #expect(sample.operands == ["a", "b", "c"])
        #expect(sample.file == "x")
        #expect(sample.quiet && sample.verbose)
        #expect(sample.think == "true")
        #expect(sample.dimensions == 12)
        #expect(sample.truncate == nil)
    }

    @Test(
        "short flags take their value with or without separation",
        arguments: [["-f", "x=y"], ["-fx=y"], ["-f=x=y"], ["-vfx=y"]])
    func short(_ words: [String]) async throws {
        #expect(try await sample(words).file == "x=y")
    }

    @Test(
        "truth is told in every spelling, last word last",
        arguments: [
            (["--verbose"], true), (["-v=T"], true), (["--verbose=1"], true),
            (["--verbose=false"], false), (["-v", "-v=0"], false), (["-v=0", "-v"], true),
        ])
    func truth(_ words: [String], _ value: Bool) async throws {
        #expect(try await sample(words).verbose == value)
    }

    @Test("a flag can be true, false or not there")
    func threefold() async throws {
        #expect(try await sample(["--truncate"]).truncate == true)
        #expect(try await sample(["--truncate=FALSE"]).truncate == false)
        #expect(try await sample([]).truncate == nil)
    }

    @Test(
        "values may be empty, begin with a dash and hold anything",
        arguments: ["", "-1s", "--file", "--", "a=b", "a b\n", "-", #"{"a":"b"}"#, "ü\u{301}"])
    func values(_ value: String) async throws {
        #expect(try await sample(["--file", value]).file == value)
        #expect(try await sample(["--file=\(value)"]).file == value)
        #expect(try await sample(["--think=\(value)"]).think == value)
        #expect(try await sample(["--", value]).operands == [value])
    }

    @Test("two dashes end the flags and an only dash is an argument")
    func dashes() async throws {
        let sample = try await sample(["-", "--", "--file", "-x", "--", "-h"])
        #expect(sample.operands == ["-", "--file", "-x", "--", "-h"])
        #expect(sample.file == "Modelfile")
    }

    @Test(
        "errors name the flag",
        arguments: [
            (["--nope"], "unknown flag: --nope"),
            (["--nope=1"], "unknown flag: --nope"),
            (["--no-verbose"], "unknown flag: --no-verbose"),
            (["--generate-completion-script"], "unknown flag: --generate-completion-script"),
            (["-x"], "unknown shorthand flag: 'x' in -x"),
            (["-vx"], "unknown shorthand flag: 'x' in -x"),
            (["--file"], "flag needs an argument: --file"),
            (["-f"], "flag needs an argument: 'f' in -f"),
            (["--=x"], "bad flag syntax: --=x"),
            (["---x"], "bad flag syntax: ---x"),
            (
                ["--dimensions", "abc"],
                #"invalid argument "abc" for "--dimensions" flag: strconv.ParseInt: parsing "abc": "#
                    + "invalid syntax"
            ),
            (
                ["--dimensions", "99999999999999999999"],
                #"invalid argument "99999999999999999999" for "--dimensions" flag: "#
                    + #"strconv.ParseInt: parsing "99999999999999999999": value out of range"#
            ),
            (
                ["--verbose=maybe"],
                #"invalid argument "maybe" for "-v, --verbose" flag: strconv.ParseBool: parsing "#
                    + #""maybe": invalid syntax"#
            ),
            (
                ["--truncate=maybe"],
                #"invalid argument "maybe" for "--truncate" flag: strconv.ParseBool: parsing "#
                    + #""maybe": invalid syntax"#
            ),
        ])
    func errors(_ words: [String], _ text: String) {
        #expect(throws: CommandError(text)) { try Self.line(words) }
    }

    @Test(
        "errors of whole lines",
        arguments: [
            (["lst"], "unknown command \"lst\" for \"apus\"\n\nDid you mean this?\n\tlist\n\tps\n"),
            (["nope"], "unknown command \"nope\" for \"apus\""),
            (["-x", "nope"], "unknown shorthand flag: 'x' in -x"),
            (["show"], "accepts 1 arg(s), received 0"),
            (["cp", "a"], "accepts 2 arg(s), received 1"),
            (["rm"], "requires at least 1 arg(s), only received 0"),
            (["run"], "requires at least 1 arg(s), only received 0"),
            (["signin", "x"], "accepts 0 arg(s), received 1"),
            (["bench", "a", "b"], "accepts between 0 and 1 arg(s), received 2"),
            (
                ["completion", "tcsh"],
                "The value 'tcsh' is invalid for '<bash|zsh|fish>'. Please provide one of 'bash', "
                    + "'zsh' or 'fish'."
            ),
        ])
    func lines(_ words: [String], _ text: String) async {
        await #expect(throws: CommandError(text)) { try await CommandLineTool.parse(words) }
    }

    @Test("root flags may stand before the command")
    func before() async throws {
        let run: RunCommand = try await command(["--verbose", "run", "m", "hi"])
        #expect(run.verbose)
        #expect(run.name == "m")
        #expect(run.prompt == ["hi"])
        #expect(try await command(["-vv"], as: Program.self).flags.version)
        #expect(try await command(["--version", "-h"], as: HelpCommand.self).topics.isEmpty)
    }

    @Test("help is asked for in every place")
    func help() async throws {
        for words in [["run", "-h"], ["-h", "run"], ["run", "m", "--help"], ["help", "run"]] {
            #expect(try await command(words, as: HelpCommand.self).topics == ["run"])
        }
        #expect(
            try await command(["run", "m", "--", "-h"], as: RunCommand.self).prompt == ["-h"])
    }

    @Test("edit distance")
    func distance() {
        #expect(editDistance(Array("lst".utf8), Array("list".utf8)) == 1)
        #expect(editDistance(Array("lst".utf8), Array("ps".utf8)) == 2)
        #expect(editDistance([], Array("abc".utf8)) == 3)
        #expect(suggestions(for: "SER", among: ["serve", "show"]) == ["serve"])
    }
}
