import API
import Testing

@testable import CLI

@Suite("Conversation")
struct ConversationTests {
    @Test("parameters are typed by their name")
    func parameters() throws {
        #expect(try ParameterValue.parse("seed", ["5"]) == 5)
        #expect(try ParameterValue.parse("num_ctx", ["128", "256"]) == 128)
        #expect(try ParameterValue.parse("temperature", ["0.5"]).serialized == "0.5")
        #expect(try ParameterValue.parse("stop", ["x", "\"y\""]) == ["x", "\"y\""])
        #expect(try ParameterValue.parse("use_mmap", ["F"]) == false)
    }

    @Test(
        "bad parameters are named",
        arguments: [
            ("foo", "1", "unknown parameter 'foo'"),
            ("seed", "x", "invalid int value [x]"),
            ("temperature", "hot", "invalid float value [hot]"),
            ("use_mmap", "maybe", "invalid bool value [maybe]"),
        ])
    func badParameters(_ name: String, _ value: String, _ text: String) {
        #expect(throws: CommandError(text)) { try ParameterValue.parse(name, [value]) }
    }

    @Test("quotes that close a block")
    func quotes() {
        #expect(Conversation.cutClosingQuotes("a\"\"\"") == ("a", true))
        #expect(Conversation.cutClosingQuotes("\"\"\"") == ("", true))
        #expect(Conversation.cutClosingQuotes("a\"\"") == ("a\"\"", false))
    }

    @Test("paths of media in a prompt")
    func media() throws {
        #expect(
            MediaFile.candidates(in: "look at ./a.png and /b/c\\ d.JPG, not x.png or ./e.txt")
                == ["./a.png", "/b/c\\ d.JPG"])
        #expect(MediaFile.unescaped("/b/c\\ d\\(1\\).jpg") == "/b/c d(1).jpg")
        let png: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
        let (text, files) = try MediaFile.extract(
            from: "what is '/p/a b.png'".replacing(" b", with: "\\ b") + " ?"
        ) {
            $0 == "/p/a b.png" ? png : nil
        }
        #expect(text == "what is  ?")
        #expect(files == [MediaFile(path: "/p/a b.png", kind: .image, bytes: png)])
        let (same, none) = try MediaFile.extract(from: "look at ./pic.png") { _ in nil }
        #expect(same == "look at ./pic.png")
        #expect(none.isEmpty)
        #expect(throws: CommandError.self) {
            try MediaFile.extract(from: "./a.png") { _ in Array("text".utf8) }
        }
    }

    /// What `run` with these flags asks of a conversation.
    func settings(_ words: [String]) async throws -> RunSettings {
        let command = try await CommandLineTool.parse(["run", "m"] + words)
        return try #require(command as? RunCommand).settings(model: "m")
    }

    @Test("flags become requests")
    func settings() async throws {
        let plain = try await settings([])
        #expect(
            plain.request(["prompt": "x"]).serialized == #"{"model":"m","prompt":"x","options":{}}"#
        )
        let full = try await settings([
            "--format", "json", "--keepalive", "90s", "--think=high", "--verbose", "--nowordwrap",
        ])
        #expect(
            full.request([:]).serialized
                == #"{"model":"m","options":{},"format":"json","keep_alive":"1m30s","think":"high","verbose":true}"#
        )
        #expect(full.verbose && !full.wrapsWords)
        #expect(try await settings(["--keepalive", "-1s"]).keepAlive == -1)
        #expect(try await settings(["--think"]).think == true)
        #expect(
            try await settings(["--format", #"{"type":"object"}"#]).format == ["type": "object"])
    }

    @Test(
        "flags with values that nothing takes",
        arguments: [
            (
                ["--think=maybe"],
                "invalid value for --think: \"maybe\" (must be true, false, high, medium, low, or max)"
            ),
            (["--keepalive", "5"], "time: missing unit in duration \"5\""),
            (
                ["--format", "xml"],
                "json: error calling MarshalJSON for type json.RawMessage: invalid character 'x' "
                    + "looking for beginning of value"
            ),
        ])
    func badSettings(_ words: [String], _ text: String) async {
        await #expect(throws: CommandError(text)) { try await settings(words) }
    }

    @Test("help of the conversation ends with an empty line")
    func help() {
        for text in [
            SlashHelp.main(takesMedia: false), SlashHelp.main(takesMedia: true), SlashHelp.set,
            SlashHelp.show, SlashHelp.parameters, SlashHelp.shortcuts,
        ] {
            #expect(text.hasSuffix("\n\n"))
            #expect(!text.hasSuffix("\n\n\n"))
        }
        #expect(
            SlashHelp.main(takesMedia: true).hasSuffix(
                "message.\nUse /path/to/file to include .jpg, .png, .webp images, or .wav audio files.\n\n"
            ))
        #expect(SlashHelp.main(takesMedia: false).hasSuffix("multi-line message.\n\n"))
    }
}
