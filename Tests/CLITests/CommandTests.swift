import API
import ArgumentParser
import Foundation
import Testing

@testable import CLI

@Suite("Commands")
struct CommandTests {
    func command<Command>(_ words: String..., as type: Command.Type = Command.self) async throws
        -> Command
    {
        try #require(try await CommandLineTool.parse(words) as? Command)
    }

    @Test("names and aliases lead to their types")
    func names() async throws {
        _ = try await command("serve", as: ServeCommand.self)
        _ = try await command("start", as: ServeCommand.self)
        _ = try await command("ls", as: ListCommand.self)
        _ = try await command("signin", as: SignInCommand.self)
        _ = try await command("login", as: LoginCommand.self)
        _ = try await command("signout", as: SignOutCommand.self)
        _ = try await command("logout", as: LogoutCommand.self)
        _ = try await command("man", as: ManCommand.self)
    }

    @Test("create tells a Modelfile that was named from one that was not")
    func create() async throws {
        let plain: CreateCommand = try await command("create", "m")
        #expect(plain.name == "m")
        #expect(plain.file.path == "Modelfile" && !plain.file.isExplicit)
        #expect(plain.quantize == nil && plain.draftQuantize == nil && !plain.experimental)
        let full: CreateCommand = try await command(
            "create", "-fModelfile", "m", "-q", "q8_0", "--draft-quantize", "q4_0",
            "--experimental")
        #expect(full.file.path == "Modelfile" && full.file.isExplicit)
        #expect(full.quantize == "q8_0" && full.draftQuantize == "q4_0" && full.experimental)
    }

    @Test("run")
    func run() async throws {
        let run: RunCommand = try await command(
            "run", "m", "--dimensions", "8", "a", "--format=json", "--hidethinking", "--insecure",
            "--keepalive", "-1s", "--nowordwrap", "--think", "high", "--truncate=false", "b")
        #expect(run.name == "m")
        #expect(run.prompt == ["a", "high", "b"])
        let settings = try run.settings(model: "m")
        #expect(settings.dimensions == 8)
        #expect(settings.format == "json")
        #expect(settings.hidesThinking && settings.insecure && !settings.wrapsWords)
        #expect(settings.think == true)
        #expect(settings.truncate == false)
        #expect(!settings.verbose)
    }

    @Test("the commands of the registry and the store")
    func store() async throws {
        #expect(try await command("pull", "m", "--insecure", as: PullCommand.self).insecure)
        #expect(try await command("pull", "m", as: PullCommand.self).model == "m")
        #expect(try await command("push", "m", as: PushCommand.self).name == "m")
        let copy: CopyCommand = try await command("cp", "a", "b")
        #expect(copy.source == "a" && copy.destination == "b")
        #expect(try await command("rm", "a", "b", as: RemoveCommand.self).names == ["a", "b"])
        #expect(try await command("stop", "m", as: StopCommand.self).name == "m")
        #expect(try await command("list", "ti", "x", as: ListCommand.self).prefixes == ["ti", "x"])
        #expect(try await command("ps", "--json", as: PsCommand.self).output.isJSON)
        let show: ShowCommand = try await command("show", "m", "--system", "-v")
        #expect(show.system && show.verbose && !show.license && !show.output.isJSON)
    }

    @Test("the commands that use no server")
    func local() async throws {
        let bench: BenchCommand = try await command("bench", "-n8", "-p", "16", "-r=2", "m.gguf")
        #expect(bench.generate == 8 && bench.prompt == 16 && bench.repeat == 2)
        #expect(bench.parallel == 1 && bench.threads == nil && bench.model == "m.gguf")
        let debug: DebugCommand = try await command(
            "debug", "tokenize", "m", "--add-special", "--cache", "f16")
        #expect(debug.action == "tokenize" && debug.operands == ["m"])
        #expect(debug.addSpecial && !debug.parseSpecial && debug.cache == "f16")
        let launch: LaunchCommand = try await command("launch", "code", "-y", "--", "-x")
        #expect(launch.integration == ["code", "-x"])
    }

    @Test("--json prints the models of the API's answer on one line")
    func json() async throws {
        let answer = try JSONValue(
            parsing: #"{"models":[{"name":"a:b","size":1.50,"x":"ü"},{"name":"Ab:c"}]}"#)
        let now = Timestamp.now
        #expect(
            try await command("list", "--json", as: ListCommand.self).text(answer, now: now)
                == answer.serialized + "\n")
        #expect(
            try await command("ls", "AB", "--json", as: ListCommand.self).text(answer, now: now)
                == "{\"models\":[{\"name\":\"Ab:c\"}]}\n")
        #expect(
            try await command("ps", "--json", "a", as: PsCommand.self).text(answer, now: now)
                == "{\"models\":[{\"name\":\"a:b\",\"size\":1.50,\"x\":\"ü\"}]}\n")
        #expect(
            try await command("ps", "--json=false", as: PsCommand.self).text(answer, now: now)
                .hasPrefix("NAME "))
    }

    /// Runs a checker over a text; nil where the checker is not installed.
    func check(_ program: [String], _ text: String) throws -> (status: Int32, output: String)? {
        let folder = FileManager.default.temporaryDirectory
        let file = folder.appending(path: "apus-\(UUID().uuidString)")
        try Data(text.utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let found = ["/usr/bin/", "/bin/", "/usr/local/bin/"].map { $0 + program[0] }.first {
            FileManager.default.isExecutableFile(atPath: $0)
        }
        guard let found else { return nil }
        let process = Process()
        process.executableURL = URL(filePath: found)
        process.arguments = program.dropFirst() + [file.path]
        let pipe = Pipe()
        process.standardError = pipe
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }

    @Test("completion scripts pass their shell", arguments: CompletionCommand.Shell.allCases)
    func completion(_ shell: CompletionCommand.Shell) throws {
        let script = CompletionCommand.script(shell)
        for name in ["serve", "run", "completion", "keepalive", "dimensions"] {
            #expect(script.contains(name), "\(name)")
        }
        #expect(!script.contains("login"))
        guard let result = try check([shell.rawValue, "-n"], script) else { return }
        #expect(result.status == 0 && result.output == "", "\(result.output)")
    }

    @Test("the manual names every command, flag and variable that help lists")
    func manual() throws {
        let page = ManPage.text(version: "1.2-3")
        #expect(page.hasPrefix(".TH APUS 1 \"\" \"apus 1.2\\-3\"\n.SH NAME\n"))
        for command in Help.commandGroups.flatMap(\.commands) {
            #expect(page.contains("\n.SS \(command._commandName)\n"))
            for flag in CommandDescription(command).flags {
                #expect(page.contains("\\-\\-" + ManPage.escaped(flag.name)), "\(flag.name)")
            }
        }
        #expect(page.contains("\n.B OLLAMA_HOST\n"))
        guard let result = try check(["groff", "-ww", "-man", "-Tutf8"], page) else { return }
        #expect(result.status == 0 && result.output == "", "\(result.output)")
    }

    @Test(
        "text for troff",
        arguments: [
            (".x", "\\&.x"), ("'x", "\\&'x"), ("a\\b", "a\\eb"), ("a-b", "a\\-b"),
            ("a\n.b\n", "a\n\\&.b\n"), ("\"", "\\(dq"),
        ])
    func troff(_ text: String, _ escaped: String) {
        #expect(ManPage.escaped(text) == escaped)
    }
}
