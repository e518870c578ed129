import Foundation
import TestSupport
import Testing

@testable import Engine

@Suite struct GoldenGrammarTests {
    private func cases(_ file: String) throws -> [[String: Any]] {
        let data = try Data(Golden.data("grammar/\(file)"))
        let object = try JSONSerialization.jsonObject(with: data) as? [String: Any] ?? [:]
        return try #require(object["cases"] as? [[String: Any]])
    }

    @Test(.enabled(if: Golden.isPresent), arguments: ["json-schema.cases.json", "gbnf.cases.json"])
    func `every text is accepted or rejected as recorded`(file: String) throws {
        for example in try cases(file) {
            let name = example["name"] as? String ?? ""
            let grammar: Grammar
            if let text = example["grammar"] as? String {
                grammar = try Grammar(gbnf: Array(text.utf8))
            } else {
                let object = try #require(example["schema"])
                let schema = try JSONSerialization.data(
                    withJSONObject: object, options: [.fragmentsAllowed, .sortedKeys])
                grammar = try Grammar(jsonSchema: Array(schema))
            }
            for text in try #require(example["accept"] as? [String]) {
                #expect(grammar.matches(Array(text.utf8)), "\(name) must accept \(text)")
            }
            for text in try #require(example["reject"] as? [String]) {
                #expect(!grammar.matches(Array(text.utf8)), "\(name) must reject \(text)")
            }
        }
    }
}
