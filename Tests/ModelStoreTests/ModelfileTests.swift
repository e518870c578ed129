import API
import Foundation
import OrderedCollections
import Testing

@testable import ModelStore

@Suite struct ModelfileTests {
    private func parse(_ text: String) throws -> [Modelfile.Command] {
        try Modelfile(parsing: Array(text.utf8)).commands
    }

    @Test(arguments: [
        ("FROM x", "from", "x"), ("from   x y \n", "from", "x y"),
        ("\n\n# c\n  From x\n", "from", "x"),
        ("FROM \"a b\"", "from", "a b"), ("FROM 'a'", "from", "'a'"),
        ("FROM a \"b\" c", "from", "a \"b\" c"),
        ("FROM \"\"\"a\n\"b\" \"\"\"\n", "from", "a\n\"b\" "), ("FROM x # y", "from", "x # y"),
        ("FROM \"a\r\nb\"", "from", "a\r\nb"), ("FROM x\r\n", "from", "x"), ("FROM \n", "from", ""),
        ("FROM a\u{200d}\u{a0}\u{3000}b", "from", "ab"), ("\u{feff}FROM x", "from", "x"),
        ("FROM é", "from", "é"),
    ])
    func `a value follows its instruction`(text: String, name: String, value: String) throws {
        #expect(try parse(text) == [.init(name: name, arguments: value)])
    }

    @Test func `parameters, messages and repeated instructions are kept in order`() throws {
        let text = """
            FROM a
            PARAMETER   stop "x y"
            PARAMETER temperature 0.5
            MESSAGE user hi there
            MESSAGE assistant \"\"\"
            two
            \"\"\"
            SYSTEM ""
            """
        #expect(
            try parse(text) == [
                .init(name: "from", arguments: "a"),
                .init(name: "parameter", arguments: "stop x y"),
                .init(name: "parameter", arguments: "temperature 0.5"),
                .init(name: "message", arguments: "user hi there"),
                .init(name: "message", arguments: "assistant \ntwo\n"),
                .init(name: "system", arguments: ""),
            ])
    }

    private static let badCommand =
        "command must be one of \"from\", \"license\", \"template\", \"system\", \"adapter\", \"draft\", "
        + "\"renderer\", \"parser\", \"parameter\", \"message\", or \"requires\""

    @Test(arguments: [
        ("FROM a\nBAD b\n", "(line 2): " + badCommand), ("FROM\n", "(line 2): " + badCommand),
        ("1 x", "(line 1): " + badCommand),
        (
            "FROM a\nMESSAGE robot x",
            "(line 2): message role must be one of \"system\", \"user\", or \"assistant\""
        ),
        ("SYSTEM x", "no FROM line"), ("", "no FROM line"), ("FROM \"x", "unexpected EOF"),
        ("FROM \"\"\"x\"", "unexpected EOF"), ("FROM", "unexpected EOF"),
        ("FROM x\nPARAMETER stop", "unexpected EOF: stop"),
    ])
    func `errors name what is wrong`(text: String, message: String) {
        #expect(throws: StoreError(.badRequest, message)) { try parse(text) }
    }

    @Test(arguments: [String.Encoding.utf16LittleEndian, .utf16BigEndian])
    func `UTF-16 with a mark is read`(encoding: String.Encoding) throws {
        let data = try #require("\u{feff}FROM é😀\n".data(using: encoding))
        #expect(try Modelfile(parsing: [UInt8](data)).commands[0].arguments == "é😀")
    }

    @Test func `a create request has typed parameters and uploaded files`() throws {
        let folder = NSTemporaryDirectory() + "apus-modelfile-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try Data("abc".utf8).write(to: URL(filePath: folder + "/w.gguf"))
        let file = try Modelfile(
            parsing: Array(
                """
                FROM ./w.gguf
                PARAMETER temperature 0.7
                PARAMETER num_ctx 4096
                PARAMETER use_mmap true
                PARAMETER stop a
                PARAMETER stop b
                PARAMETER mirostat 1
                LICENSE one
                LICENSE two
                REQUIRES v0.14.0
                MESSAGE user hi you
                """.utf8))
        let prepared = try file.createRequest(relativeTo: folder)
        let request = prepared.request
        #expect(request.from == nil)
        #expect(request.files?.map(\.path) == ["w.gguf"])
        #expect(request.files?.map(\.digest) == [Digest(of: Array("abc".utf8)).description])
        #expect(
            request.parameters == [
                "temperature": 0.7, "num_ctx": 4096, "use_mmap": true, "stop": ["a", "b"],
            ])
        #expect(request.licenses == ["one", "two"])
        #expect(request.requires == "0.14.0")
        #expect(request.messages.map(\.content) == ["hi you"])
        #expect(prepared.warnings == ["warning: parameter mirostat is deprecated"])
        #expect(prepared.localFiles.map(\.name) == ["w.gguf"])
        let byName = try Modelfile(parsing: Array("FROM llama3:8b".utf8))
        #expect(try byName.createRequest(relativeTo: folder).request.from == "llama3:8b")
    }

    @Test(arguments: [
        ("PARAMETER foo 1", "unknown parameter 'foo'"),
        ("PARAMETER top_k 1.5", "invalid int value [1.5]"),
        ("PARAMETER top_p x", "invalid float value [x]"),
        ("PARAMETER use_mmap yes", "invalid bool value [yes]"),
        ("REQUIRES new", "requires must be a valid semver (e.g. 0.14.0)"),
    ])
    func `bad arguments are refused`(line: String, message: String) throws {
        let file = try Modelfile(parsing: Array("FROM x\n\(line)\n".utf8))
        #expect(throws: StoreError(.badRequest, message)) {
            try file.createRequest(relativeTo: "/")
        }
    }

    @Test(arguments: [
        ("1", true), ("0.14.0", true), ("v0.14", true), ("1.2.3-rc.1", true), ("1.2.3+5", true),
        ("1.2.3-a-b.7+x.01", true), ("1.0.0-0", true), ("", false), ("abc", false), ("1.", false),
        ("01.2.3", false), ("1.2.3.4", false), ("1.2-rc", false), ("1.2.3-", false),
        ("1.2.3-01", false), ("1.2.3-a..b", false), ("1.2.3+", false), ("vv1", false),
        ("1.2.3-ä", false), ("1.2.3 ", false), ("-1", false),
    ])
    func `required versions are semantic ones`(text: String, isValid: Bool) throws {
        let file = try Modelfile(parsing: Array("FROM x\nREQUIRES \"\(text)\"\n".utf8))
        let request = try? file.createRequest(relativeTo: "/nowhere").request
        #expect((request != nil) == isValid)
        let plain = text.hasPrefix("v") ? String(text.dropFirst()) : text
        if isValid { #expect(request?.requires == plain) }
    }
}
