import Testing

@testable import CLI

@Suite("Flags")
struct ParsedFlagsTests {
    static let specs = [
        FlagSpec("file", "f", .string, "", default: "Modelfile"),
        FlagSpec("think", nil, .string, "", bare: "true"),
        FlagSpec("verbose", "v", .bool, ""),
        FlagSpec("quiet", "q", .bool, ""),
        FlagSpec("dimensions", nil, .int, ""),
    ]

    @Test("values may follow in every form, among arguments")
    func forms() throws {
        let flags = try ParsedFlags(
            ["a", "--file", "x", "-qv", "b", "--think", "c", "--dimensions=0x"].dropLast()
                + ["--dimensions=12"], specs: Self.specs)
        #expect(flags.arguments == ["a", "b", "c"])
        #expect(flags.string("file") == "x")
        #expect(flags.bool("quiet") && flags.bool("verbose"))
        #expect(flags.string("think") == "true")
        #expect(flags.int("dimensions") == 12)
    }

    @Test(
        "short flags take their value with or without separation",
        arguments: [["-f", "x=y"], ["-fx=y"], ["-f=x=y"]])
    func short(_ words: [String]) throws {
        #expect(try ParsedFlags(words, specs: Self.specs).string("file") == "x=y")
    }

    @Test("two dashes end the flags and an only dash is an argument")
    func dashes() throws {
        let flags = try ParsedFlags(["-", "--", "--file", "-x"], specs: Self.specs)
        #expect(flags.arguments == ["-", "--file", "-x"])
        #expect(flags.string("file") == "Modelfile")
        #expect(!flags.isSet("file"))
    }

    @Test(
        "errors name the flag",
        arguments: [
            (["--nope"], "unknown flag: --nope"),
            (["--nope=1"], "unknown flag: --nope"),
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
                ["--verbose=maybe"],
                #"invalid argument "maybe" for "-v, --verbose" flag: strconv.ParseBool: parsing "#
                    + #""maybe": invalid syntax"#
            ),
        ])
    func errors(_ words: [String], _ text: String) {
        #expect(throws: CommandError(text)) { try ParsedFlags(words, specs: Self.specs) }
    }

    @Test("root flags may stand before the command")
    func before() throws {
        guard
            case .command(let command, let flags) = try CommandLineTool.parse([
                "--verbose", "run", "m", "hi",
            ])
        else {
            Issue.record("no command")
            return
        }
        #expect(command.spec.name == "run")
        #expect(flags.bool("verbose"))
        #expect(flags.arguments == ["m", "hi"])
    }

    @Test("edit distance")
    func distance() {
        #expect(editDistance(Array("lst".utf8), Array("list".utf8)) == 1)
        #expect(editDistance(Array("lst".utf8), Array("ps".utf8)) == 2)
        #expect(editDistance([], Array("abc".utf8)) == 3)
        #expect(suggestions(for: "SER", among: ["serve", "show"]) == ["serve"])
    }
}
