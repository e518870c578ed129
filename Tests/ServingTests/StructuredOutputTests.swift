import API
import Engine
import GGUF
import TestSupport
import Testing
import Tokenization

@testable import Serving

@Suite struct StructuredOutputTests {
    /// Schemas with a judge of the finished answer.
    static let cases: [(schema: JSONValue, holds: @Sendable (JSONValue) -> Bool)] = [
        (["type": "integer", "minimum": 3, "maximum": 17], { (3...17).contains($0.integer ?? 0) }),
        (["enum": ["yes", "no", nil]], { ["yes", "no", nil].contains($0) }),
        (["type": "boolean"], { $0.bool != nil }),
        (
            ["type": "array", "items": ["type": "boolean"], "minItems": 2, "maxItems": 3],
            { (2...3).contains($0.array?.count ?? 0) && $0.array!.allSatisfy { $0.bool != nil } }
        ),
        (
            [
                "type": "object",
                "properties": [
                    "name": ["type": "string", "maxLength": 4], "ok": ["type": "boolean"],
                ],
                "required": ["name", "ok"],
            ],
            { ($0["name"]?.string?.unicodeScalars.count ?? 9) <= 4 && $0["ok"]?.bool != nil }
        ),
    ]

    @Test(arguments: cases.indices)
    func `a model of random weights answers in the shape asked for`(index: Int) async throws {
        let (schema, holds) = Self.cases[index]
        let kitchen = try Kitchen()
        try kitchen.addTiny()
        for seed in 0..<4 {
            let answer = try await kitchen.scheduler.ask("hello", tokens: 200) {
                $0.format = schema
                $0.options["temperature"] = 1
                $0.options["seed"] = .number(JSONNumber(seed))
            }
            #expect(answer.summary?.doneReason == "stop")
            let value = try JSONValue(parsing: answer.content)
            #expect(holds(value), "\(answer.content)")
        }
    }

    @Test func `json mode gives an object, or the start of one when it is cut`() async throws {
        let kitchen = try Kitchen()
        try kitchen.addTiny()
        let answer = try await kitchen.scheduler.ask("hello", tokens: 40) { $0.format = "json" }
        #expect(answer.content.first == "{")
    }

    @Test func `thoughts are free and the answer after them is held`() throws {
        let bytes = try TinyModel.staticBytes()
        let file = try GGUFFile(staticBytes: bytes, label: "tiny")
        let tokenizer = try Tokenizer(file.metadata)
        let vocabulary = GrammarVocabulary(
            tokens: (0..<tokenizer.count).map { tokenizer.piece(Token($0)) }, endTokens: [])
        let grammar = try Grammar(jsonSchema: Array(#"{"type":"boolean"}"#.utf8))
        var constraint = AnswerConstraint(grammar, vocabulary)
        constraint.allowThinking(
            open: "<t>", close: "</t>", startsInside: true, tokenizer: tokenizer)
        func allowed() -> Set<String> {
            var logits = [Float](repeating: 0, count: tokenizer.count)
            logits.withUnsafeMutableBufferPointer { _ = constraint.restrict($0) }
            return Set(
                logits.indices.filter { logits[$0] == 0 }.map { tokenizer.decode([Token($0)]) })
        }
        for token in tokenizer.encode("any thought") {
            // Bytes that are no character by themselves decode to one and the same text.
            #expect(allowed().count > 100)
            constraint.accept(token, tokenizer.piece(token))
        }
        for token in tokenizer.encode("</t>") { constraint.accept(token, tokenizer.piece(token)) }
        #expect(allowed() == ["t", "f"])
        for token in tokenizer.encode("fals") { constraint.accept(token, tokenizer.piece(token)) }
        #expect(allowed() == ["e"])
    }

    @Test func `a thought may open with several tokens in front of a held answer`() throws {
        let bytes = try TinyModel.staticBytes()
        let file = try GGUFFile(staticBytes: bytes, label: "tiny")
        let tokenizer = try Tokenizer(file.metadata)
        let vocabulary = GrammarVocabulary(
            tokens: (0..<tokenizer.count).map { tokenizer.piece(Token($0)) }, endTokens: [])
        let grammar = try Grammar(jsonSchema: Array(#"{"type":"boolean"}"#.utf8))
        func begun() -> AnswerConstraint {
            var constraint = AnswerConstraint(grammar, vocabulary)
            constraint.allowThinking(
                open: "<t>", close: "</t>", startsInside: false, tokenizer: tokenizer)
            return constraint
        }
        func allowed(_ constraint: AnswerConstraint) -> Set<String> {
            var constraint = constraint
            var logits = [Float](repeating: 0, count: tokenizer.count)
            logits.withUnsafeMutableBufferPointer { _ = constraint.restrict($0) }
            return Set(
                logits.indices.filter { logits[$0] == 0 }.map { tokenizer.decode([Token($0)]) })
        }
        var constraint = begun()
        #expect(allowed(constraint) == ["t", "f", "<"])
        for token in tokenizer.encode("<") { constraint.accept(token, tokenizer.piece(token)) }
        while let token = constraint.takeForced() {
            constraint.accept(token, tokenizer.piece(token))
        }
        #expect(allowed(constraint).count > 100)
        for token in tokenizer.encode("a</t>t") { constraint.accept(token, tokenizer.piece(token)) }
        #expect(allowed(constraint) == ["r"])
        var other = begun()
        for token in tokenizer.encode("t") { other.accept(token, tokenizer.piece(token)) }
        #expect(allowed(other) == ["r"])
    }
}
