import API
import Foundation
import TestSupport
import Testing

@Suite("Embedding models on the command line")
struct EmbeddingCommandTests {
    @Test("run prints the vector that debug computes from the tokens")
    func embed() throws {
        let server = try ServerProcess()
        let folder = try Scratch()
        let file = folder.path + "/bert.gguf"
        try TinyBert.write(to: URL(filePath: file))
        try "FROM \(file)\n"
            .write(toFile: folder.path + "/Modelfile", atomically: true, encoding: .utf8)
        let created = try server.apus("create", "vec", "-f", folder.path + "/Modelfile")
        #expect(created.status == 0, "\(created.errors)")

        let printed = try server.apus("run", "vec", "hello world")
        #expect(printed.status == 0, "\(printed.errors)")
        let vector = try #require(try JSONValue(parsing: printed.text).array)
        #expect(vector.count == 32)
        let short = try server.apus("run", "vec", "--dimensions", "3", "hello world")
        #expect(try JSONValue(parsing: short.text).array?.count == 3)
        let empty = try server.apus("run", "vec", "")
        #expect(empty.status == 1 && empty.errors.contains("embedding models require input text"))

        let tokens = try Program.run(
            ["debug", "tokenize", "--add-special", file], input: #"["hello world"]"#)
        let ids = try #require(try JSONValue(parsing: tokens.text)[0])
        // [CLS] hello wor ld [SEP]
        #expect(ids.array?.count == 5)
        let computed = try Program.run(
            ["debug", "embed", file], input: JSONValue.object(["tokens": ids]).serialized)
        #expect(computed.status == 0, "\(computed.errors)")
        let plain = try #require(try JSONValue(parsing: computed.text)["embedding"]?.array)
        #expect(plain.count == 32)
        for (a, b) in zip(vector, plain) {
            #expect(abs((a.double ?? .nan) - (b.double ?? .nan)) < 1e-6)
        }

        let none = try Program.run(["debug", "embed", file], input: #"{"tokens":[]}"#)
        #expect(none.status == 1 && none.errors.contains("tokens is empty"))
        let long = try Program.run(
            ["debug", "embed", file],
            input: JSONValue.object(["tokens": .array(Array(repeating: 4, count: 65))]).serialized)
        #expect(long.status == 1 && long.errors.contains("65 tokens exceed the context of 64"))
    }
}
