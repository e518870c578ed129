import API
import Engine
import ModelStore
import Testing

@testable import Serving

@Suite struct GrammarCacheTests {
    private func text(_ word: String) -> [UInt8] { Array("root ::= \"\(word)\"".utf8) }

    @Test func `equal texts share a grammar, other languages do not`() throws {
        let cache = GrammarCache()
        let first = try cache.grammar(.gbnf, text("a"))
        #expect(try cache.grammar(.gbnf, text("a")) === first)
        #expect(try cache.grammar(.gbnf, text("b")) !== first)
        #expect(throws: (any Error).self) { try cache.grammar(.jsonSchema, text("a")) }
        #expect(cache.count == 2)
    }

    @Test func `the least recently used goes when it is too much, the last one never`() throws {
        let size = try GrammarCache().grammar(.gbnf, text("a")).byteCount + text("a").count
        #expect(size > 0)
        let cache = GrammarCache(limit: size * 5 / 2)
        let first = try cache.grammar(.gbnf, text("a"))
        _ = try cache.grammar(.gbnf, text("b"))
        #expect(try cache.grammar(.gbnf, text("a")) === first)
        let third = try cache.grammar(.gbnf, text("c"))
        #expect(cache.count == 2)
        #expect(try cache.grammar(.gbnf, text("a")) === first)
        #expect(try cache.grammar(.gbnf, text("c")) === third)

        let tiny = GrammarCache(limit: 1)
        let only = try tiny.grammar(.gbnf, text("a"))
        #expect(try tiny.grammar(.gbnf, text("a")) === only)
        _ = try tiny.grammar(.gbnf, text("b"))
        #expect(tiny.count == 1)
    }

    @Test func `tokens that must follow are taken at once, with the same answer`() async throws {
        let kitchen = try Kitchen()
        try kitchen.addTiny()
        let grammar = "root ::= \"{\\\"name\\\": \\\"\" [ab]{2} \"\\\", \\\"ok\\\": true}\""
        func ask(logprobs: Bool, tokens: Int = 200) async throws -> Answer {
            try await kitchen.scheduler.ask("hello", tokens: tokens) {
                $0.grammar = grammar
                $0.logprobs = logprobs
            }
        }
        // With log-probabilities every token has a step of its own.
        let stepped = try await ask(logprobs: true)
        let run = try await ask(logprobs: false)
        #expect(run.content == stepped.content)
        #expect(run.content.hasPrefix("{\"name\": \""))
        #expect(run.summary?.evalCount == stepped.summary?.evalCount)
        #expect(run.summary?.doneReason == "stop")
        for limit in 1...8 {
            let cut = try await ask(logprobs: false, tokens: limit)
            #expect(cut.summary?.evalCount == min(limit, run.summary?.evalCount ?? 0))
            #expect(run.content.hasPrefix(cut.content))
        }
    }

    @Test func `a tokenizer is asked without loading the model anew`() async throws {
        let kitchen = try Kitchen()
        try kitchen.addTiny()
        _ = try await kitchen.scheduler.ask("hello", tokens: 1) { $0.options["num_ctx"] = 77 }
        let request = TokenRequest(
            requestedModel: "tiny", model: ModelName("tiny")!,
            input: .text("ab", addSpecial: false, parseSpecial: true))
        guard case .tokens(let tokens) = try await kitchen.scheduler.tokens(request) else {
            Issue.record("no tokens")
            return
        }
        #expect(!tokens.isEmpty)
        #expect(await kitchen.scheduler.running().map(\.contextLength) == [77])
    }

    @Test func `equal prompts that come together are read once`() async throws {
        let kitchen = try Kitchen { $0.parallel = 3 }
        try kitchen.addTiny()
        let scheduler = kitchen.scheduler
        let words = String(repeating: "a b c d ", count: 12)
        _ = try await scheduler.ask("load", tokens: 1)
        let cached = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<3 {
                group.addTask {
                    try await scheduler.ask(words, tokens: 4).summary?.cachedTokens ?? -1
                }
            }
            return try await group.reduce(into: [Int]()) { $0.append($1) }.sorted()
        }
        let summary = try await scheduler.ask(words, tokens: 4).summary
        let prompt = try #require(summary?.promptEvalCount)
        // The first read it, the others took over all but the last token.
        #expect(cached[1] == prompt - 1 && cached[2] == prompt - 1, "\(cached) of \(prompt)")
    }
}
