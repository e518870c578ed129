import API
import TestSupport
import Testing

@testable import Serving

/// Answers with guesses ahead are the answers without them.
@Suite struct SpeculationTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var options: JSONObject
        var change: @Sendable (inout GenerationRequest) -> Void = { _ in }
        /// Whether guesses are sure to hold now and then.
        var accepts = true
    }

    static let cases: [Case] = [
        Case(testDescription: "greedy", options: ["temperature": 0, "num_predict": 120]),
        Case(
            testDescription: "greedy until the window is full",
            options: ["temperature": 0, "num_predict": 900]
        ) { $0.shift = false },
        Case(
            testDescription: "greedy past the window",
            options: ["temperature": 0, "num_predict": 900]),
        Case(
            testDescription: "a batch of one token",
            options: ["temperature": 0, "num_predict": 60, "num_batch": 1], accepts: false),
        Case(
            testDescription: "a batch of three tokens",
            options: ["temperature": 0, "num_predict": 60, "num_batch": 3]),
        Case(
            testDescription: "penalties",
            options: [
                "temperature": 0, "num_predict": 120, "repeat_penalty": 1.1,
                "frequency_penalty": 0.2,
            ], accepts: false),
        Case(
            testDescription: "seeded",
            options: ["temperature": 0.3, "seed": 11, "num_predict": 120]),
        Case(
            testDescription: "seeded and wild",
            options: ["temperature": 1.5, "seed": 5, "num_predict": 120], accepts: false),
        Case(
            testDescription: "log-probabilities", options: ["temperature": 0, "num_predict": 60]
        ) {
            $0.logprobs = true
            $0.topLogprobs = 3
        },
        Case(
            testDescription: "a stop string",
            options: ["temperature": 0.2, "seed": 3, "num_predict": 90, "stop": ["ab", "e"]],
            accepts: false),
        Case(
            testDescription: "JSON", options: ["temperature": 0, "num_predict": 150],
            change: { $0.format = "json" }, accepts: false),
        Case(
            testDescription: "a schema with much that is forced",
            options: ["temperature": 0.8, "seed": 4, "num_predict": 150]
        ) {
            $0.format = [
                "type": "array", "minItems": 4,
                "items": [
                    "type": "object",
                    "properties": [
                        "a_name_of_some_length": ["enum": ["first value", "second value"]],
                        "ok": ["type": "boolean"],
                    ], "required": ["a_name_of_some_length", "ok"],
                ],
            ]
        },
    ]

    @Test(arguments: cases)
    func `the answer is the same with and without guesses`(_ example: Case) async throws {
        let plain = try Kitchen { $0.speculates = false }
        let guessing = try Kitchen()
        for kitchen in [plain, guessing] { try kitchen.addTiny() }
        var accepted = 0
        for question in ["hello", "one two one two one two", "write {\"a\": [1, 1, 1]}"] {
            func ask(_ kitchen: Kitchen) async throws -> Answer {
                try await kitchen.scheduler.ask(question) {
                    $0.options = example.options
                    $0.reportsDrafts = true
                    example.change(&$0)
                }
            }
            // The second time the prompt comes from the cache.
            for _ in 0..<2 {
                let expected = try await ask(plain)
                let answer = try await ask(guessing)
                #expect(answer.content == expected.content)
                #expect(answer.chunks == expected.chunks)
                #expect(answer.logprobs.map(\.logprob) == expected.logprobs.map(\.logprob))
                #expect(answer.logprobs.map(\.token) == expected.logprobs.map(\.token))
                #expect(answer.failure?.message == expected.failure?.message)
                let (one, two) = (answer.summary, expected.summary)
                #expect(one?.evalCount == two?.evalCount)
                #expect(one?.doneReason == two?.doneReason)
                #expect(one?.cachedTokens == two?.cachedTokens)
                #expect(two?.draftCount == 0)
                accepted += one?.draftAcceptedCount ?? 0
                #expect((one?.draftAcceptedCount ?? 0) <= (one?.draftCount ?? 0))
            }
        }
        if example.accepts { #expect(accepted > 0) }
    }

    @Test func `requests side by side guess as well, without a change`() async throws {
        let plain = try Kitchen { $0.speculates = false }
        let guessing = try Kitchen()
        for kitchen in [plain, guessing] { try kitchen.addTiny() }
        let questions = ["hello", "one two one two", "a b c a b c a b c", "last", "and last"]
        var expected: [String] = []
        for question in questions {
            expected.append(try await plain.scheduler.ask(question, tokens: 80).content)
        }
        for count in 2...questions.count {
            let answers = try await withThrowingTaskGroup(of: (Int, String).self) { group in
                for index in 0..<count {
                    group.addTask {
                        let answer = try await guessing.scheduler.ask(
                            questions[index], tokens: 80)
                        return (index, answer.content)
                    }
                }
                var answers = [String](repeating: "", count: count)
                for try await (index, content) in group { answers[index] = content }
                return answers
            }
            #expect(answers == Array(expected.prefix(count)))
        }
    }

    @Test(.enabled(if: Golden.isPresent))
    func `a trained model repeats itself faster, word for word`() async throws {
        let plain = try Kitchen { $0.speculates = false }
        let guessing = try Kitchen()
        for kitchen in [plain, guessing] { try kitchen.addTinyChat() }
        for question in ["hello", "Count to ten.", "Tell me a story about a cat and a dog."] {
            let expected = try await plain.scheduler.ask(question, tokens: 200)
            let answer = try await guessing.scheduler.ask(question, tokens: 200)
            #expect(answer.content == expected.content)
        }
    }
}
