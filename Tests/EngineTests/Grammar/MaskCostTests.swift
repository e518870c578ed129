import Foundation
import GGUF
import TestSupport
import Testing

@testable import Engine

@Suite struct MaskCostTests {
    private static let path = "tokenizers/ggml-vocab-qwen2.gguf"

    /// The bytes that a token of a byte-level vocabulary is spelled for.
    private static func spelledBytes(_ text: String) -> [UInt8] {
        text.unicodeScalars.compactMap { spelling[$0.value] }
    }

    private static let spelling: [UInt32: UInt8] = {
        var result: [UInt32: UInt8] = [:]
        var extra: UInt32 = 256
        for byte in UInt8.min...UInt8.max {
            switch byte {
            case 0x21...0x7E, 0xA1...0xAC, 0xAE...0xFF: result[UInt32(byte)] = byte
            default:
                result[extra] = byte
                extra += 1
            }
        }
        return result
    }()

    @Test(.enabled(if: Golden.isPresent))
    func `masks over 150,000 tokens cost well under a millisecond`() throws {
        let file = try GGUFFile(path: Golden.url(Self.path).path)
        let found = try file.metadata.strings("tokenizer.ggml.tokens")
        let strings = try #require(found)
        var tokens = (0..<strings.count).map { Self.spelledBytes(strings[$0]) }
        while tokens.count < 151_936 { tokens.append([]) }
        let clock = ContinuousClock()
        let start = clock.now
        let vocabulary = GrammarVocabulary(tokens: tokens, endTokens: [151_645])
        let built = clock.now - start
        var costs: [Duration] = []
        for name in ["json-schema.cases.json", "gbnf.cases.json"] {
            let data = try Data(Golden.data("grammar/\(name)"))
            let object = try JSONSerialization.jsonObject(with: data) as? [String: Any] ?? [:]
            for example in try #require(object["cases"] as? [[String: Any]]) {
                let grammar: Grammar
                if let text = example["grammar"] as? String {
                    grammar = try Grammar(gbnf: Array(text.utf8))
                } else {
                    let schema = try #require(example["schema"])
                    let bytes = try JSONSerialization.data(
                        withJSONObject: schema, options: [.fragmentsAllowed, .sortedKeys])
                    grammar = try Grammar(jsonSchema: Array(bytes))
                }
                for text in try #require(example["accept"] as? [String]) {
                    var matcher = GrammarMatcher(grammar, vocabulary: vocabulary)
                    var mask: [UInt64] = []
                    for byte in text.utf8 {
                        let before = clock.now
                        matcher.mask(into: &mask)
                        costs.append(clock.now - before)
                        let isRead = matcher.advance(CollectionOfOne(byte))
                        #expect(isRead)
                    }
                }
            }
        }
        costs.sort()
        let median = costs[costs.count / 2]
        let late = costs[costs.count * 95 / 100]
        print("masks: \(costs.count) median \(median) p95 \(late) max \(costs.last!) trie \(built)")
        // Unoptimised builds are some fifty times slower.
        #expect(late < .milliseconds(50))
    }
}
