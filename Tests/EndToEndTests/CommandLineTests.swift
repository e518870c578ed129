import Foundation
import TestSupport
import Testing

/// The command line as shells and scripts meet it, with a server that holds two models.
@Suite("Command line")
struct CommandLineTests {
    let server: ServerProcess

    init() throws {
        server = try ServerProcess()
        let file = server.home.path + "/model.gguf"
        try TinyModel.write(to: URL(filePath: file), seed: 7)
        try "FROM \(file)\n".write(
            toFile: server.home.path + "/Modelfile", atomically: true, encoding: .utf8)
        let created = try server.apus("create", "bird:7b", "-f", server.home.path + "/Modelfile")
        #expect(created.status == 0, "\(created.errors)")
        #expect(try server.apus("cp", "bird:7b", "bird:8b").status == 0)
    }

    @Test("--json prints what the API answers, on one line")
    func json() throws {
        #expect(try server.apus("list", "--json").text == server.get("/api/tags") + "\n")
        #expect(
            try server.apus("ps", "--json").text == server.get("/api/ps?verbose=true") + "\n")
        for (arguments, body) in [
            ([], #"{"model":"bird:7b"}"#), (["-v"], #"{"model":"bird:7b","verbose":true}"#),
        ] {
            let result = try Program.run(
                ["show", "bird:7b", "--json"] + arguments, environment: server.environment)
            #expect(try result.text == server.send("/api/show", body) + "\n")
        }
        let refused = try server.apus("show", "bird:7b", "--json", "--license")
        #expect(refused.status == 1)
        #expect(
            refused.errors
                == "Error: --json prints all of the answer and does not go with --license\n")
    }

    @Test(
        "bash completes commands, flags and names of models",
        arguments: [
            (["apus", "compl"], ["completion"]),
            (["apus", "run", "--keep"], ["--keepalive"]),
            (["apus", "run", "b"], ["bird:7b", "bird:8b"]),
            (["apus", "rm", "bird:8b", "bird:7"], ["bird:7b"]),
            (["apus", "run", "x"], []),
            (["apus", "completion", ""], ["bash", "fish", "zsh"]),
        ])
    func completion(_ words: [String], _ expected: [String]) throws {
        let script = try Program.run(["completion", "bash"])
        #expect(script.status == 0 && script.errors == "")
        let list = words.map { "'\($0)'" }.joined(separator: " ")
        let result = try Program.run(
            ["--norc"],
            input: """
                PATH='\(URL(filePath: Program.path).deletingLastPathComponent().path)':$PATH
                \(script.text)
                COMP_WORDS=(\(list)); COMP_CWORD=\(words.count - 1)
                COMP_LINE='\(words.joined(separator: " "))'; COMP_POINT=${#COMP_LINE}
                _apus apus '\(words[words.count - 1])' '\(words[words.count - 2])'
                (( ${#COMPREPLY[@]} )) && printf '%s\\n' "${COMPREPLY[@]}"

                """, environment: server.environment, executable: "/bin/bash")
        #expect(result.errors == "")
        let found = result.text.split(separator: "\n").map(String.init)
        #expect(found.filter { $0 != "--help" && $0 != "-h" }.sorted() == expected)
    }

    @Test("names of models are not waited for when no server answers")
    func noServer() throws {
        let begin = ContinuousClock.now
        let result = try Program.run(
            ["---completion", "run", "--", "positional@0", "1", "0"],
            environment: ["OLLAMA_HOST": "10.255.255.1:9"])
        #expect(result.status == 0)
        #expect(result.text == "\n" && result.errors == "")
        #expect(ContinuousClock.now - begin < .seconds(3))
    }

    @Test("errors have their prefix and status")
    func errors() throws {
        for (words, text) in [
            (["lst"], "unknown command \"lst\" for \"apus\"\n\nDid you mean this?\n\tlist\n\tps\n"),
            (["run", "--nope"], "unknown flag: --nope"),
            (
                ["completion", "tcsh"],
                "The value 'tcsh' is invalid for '<bash|zsh|fish>'. Please provide one of 'bash', "
                    + "'zsh' or 'fish'."
            ),
        ] {
            let result = try Program.run(words)
            #expect(result.status == 1)
            #expect(result.text == "")
            #expect(result.errors == "Error: \(text)\n")
        }
    }
}
