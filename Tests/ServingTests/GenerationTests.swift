import API
import ModelStore
import TestSupport
import Testing

@testable import Serving

/// The whole pipeline over a model of random weights.
@Suite struct GenerationTests {
    @Test func `an answer is streamed and accounted for`() async throws {
        let kitchen = try Kitchen()
        try kitchen.addTiny()
        let answer = try await kitchen.scheduler.ask("hello", tokens: 12)
        let summary = try #require(answer.summary)
        #expect(summary.evalCount <= 12 && summary.evalCount > 0)
        #expect(summary.doneReason == (summary.evalCount == 12 ? "length" : "stop"))
        #expect(summary.promptEvalCount > 10)
        #expect(summary.promptEvalDuration > 0)
        #expect(summary.loadDuration > 0)
        #expect(summary.context == nil)
        #expect(!summary.truncated)
        #expect(summary.promptTokensBeforeTruncation == summary.promptEvalCount)
    }

    @Test func `greedy and seeded answers are reproducible`() async throws {
        let kitchen = try Kitchen()
        try kitchen.addTiny()
        let seeded: @Sendable (inout GenerationRequest) -> Void = {
            $0.options = ["temperature": 2, "seed": 7, "num_predict": 20]
        }
        let first = try await kitchen.scheduler.ask("hello", seeded)
        let second = try await kitchen.scheduler.ask("hello", seeded)
        #expect(first.content == second.content)
        let other = try await kitchen.scheduler.ask("hello") {
            $0.options = ["temperature": 2, "seed": 8, "num_predict": 20]
        }
        #expect(other.content != first.content)
    }

    @Test func `four requests at once answer as they do one by one`() async throws {
        let kitchen = try Kitchen()
        try kitchen.addTiny()
        let questions = ["one", "another question", "a third, longer question than that", "4?"]
        var alone: [String] = []
        for question in questions {
            alone.append(try await kitchen.scheduler.ask(question, tokens: 30).content)
        }
        let together = try await withThrowingTaskGroup(of: (Int, String).self) { group in
            for (index, question) in questions.enumerated() {
                group.addTask {
                    (index, try await kitchen.scheduler.ask(question, tokens: 30).content)
                }
            }
            var answers = [String](repeating: "", count: questions.count)
            for try await (index, content) in group { answers[index] = content }
            return answers
        }
        #expect(together == alone)
    }

    @Test func `more requests than sequences wait for their turn`() async throws {
        let kitchen = try Kitchen { $0.parallel = 2 }
        try kitchen.addTiny()
        let answers = try await withThrowingTaskGroup(of: Answer.self) { group in
            for index in 0..<9 {
                group.addTask { try await kitchen.scheduler.ask("question \(index)", tokens: 6) }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(answers.count == 9)
        #expect(answers.allSatisfy { $0.summary != nil })
    }

    @Test func `dropping the stream stops the generation and frees the model`() async throws {
        let kitchen = try Kitchen { $0.parallel = 1 }
        try kitchen.addTiny()
        var request = GenerationRequest.completion("hello", raw: true)
        request.options = ["temperature": 1.5, "num_predict": 100_000, "repeat_penalty": 1.5]
        request.keepAlive = .seconds(0)
        do {
            guard case .stream(let stream) = try await kitchen.scheduler.generate(request) else {
                Issue.record("no stream")
                return
            }
            for await _ in stream { break }
        }
        try await eventually { await kitchen.scheduler.running().isEmpty }
    }

    @Test func `cancelling the task during the prompt stops the generation`() async throws {
        let kitchen = try Kitchen { $0.parallel = 1 }
        try kitchen.addTiny()
        let task = Task {
            try await kitchen.scheduler.complete(
                String(repeating: "word ", count: 90), tokens: 100_000, raw: true
            ) {
                $0.options = ["num_predict": 100_000, "temperature": 1, "num_batch": 1]
                $0.keepAlive = .seconds(0)
            }
        }
        try await eventually { await !kitchen.scheduler.running().isEmpty }
        task.cancel()
        let answer = try? await task.value
        #expect(answer?.summary == nil)
        try await eventually { await kitchen.scheduler.running().isEmpty }
    }

    @Test func `a stop string ends the answer in front of it`() async throws {
        let kitchen = try Kitchen()
        try kitchen.addTiny()
        let seeded: @Sendable (inout GenerationRequest, [JSONValue]) -> Void = {
            $0.options = [
                "temperature": 1, "seed": 3, "num_predict": 60, "stop": .array($1),
            ]
        }
        let whole = try await kitchen.scheduler.complete("hello", raw: true) { seeded(&$0, []) }
        let scalars = Array(whole.content.unicodeScalars)
        let middle = scalars.indices.first { index in
            index > 5 && scalars[index].isASCII && !scalars[..<index].contains(scalars[index])
        }
        let stop = String(String.UnicodeScalarView([scalars[try #require(middle)]]))
        let cut = try await kitchen.scheduler.complete("hello", raw: true) {
            seeded(&$0, [.string(stop)])
        }
        #expect(cut.summary?.doneReason == "stop")
        #expect(cut.content.unicodeScalars.elementsEqual(scalars[..<middle!]))
        let empty = try await kitchen.scheduler.complete("hello", raw: true) { seeded(&$0, [""]) }
        #expect(empty.content == "")
        #expect(empty.summary?.doneReason == "stop")
    }

    @Test func `a second turn finds the first in the cache`() async throws {
        let kitchen = try Kitchen()
        try kitchen.addTiny()
        let question = String(repeating: "what is it? ", count: 12)
        let first = try await kitchen.scheduler.ask(question, tokens: 8)
        #expect(first.summary?.cachedTokens == 0)
        let second = try await kitchen.scheduler.ask("") {
            $0.input = .chat(
                messages: [
                    Message(role: "user", content: question),
                    Message(role: "assistant", content: first.content),
                    Message(role: "user", content: "and now?"),
                ], tools: [])
        }
        let summary = try #require(second.summary)
        #expect(summary.cachedTokens > 64)
        #expect(summary.cachedTokens < summary.promptEvalCount)
    }

    @Test func `a prompt that is too long is cut and says so`() async throws {
        let kitchen = try Kitchen()
        try kitchen.addTiny()
        let answer = try await kitchen.scheduler.complete(
            String(repeating: "x", count: 300), raw: true
        ) {
            $0.options = ["num_ctx": 64, "num_predict": 2]
        }
        let summary = try #require(answer.summary)
        #expect(summary.truncated)
        #expect(summary.promptEvalCount == 34)
        #expect(summary.promptTokensBeforeTruncation == 300)
    }

    @Test func `old messages are dropped and it is said so`() async throws {
        let kitchen = try Kitchen()
        try kitchen.addTiny()
        let answer = try await kitchen.scheduler.ask("") {
            $0.input = .chat(
                messages: [
                    Message(role: "system", content: "S"),
                    Message(role: "user", content: String(repeating: "old ", count: 60)),
                    Message(role: "assistant", content: "ok"),
                    Message(role: "user", content: "new"),
                ], tools: [])
            $0.options = ["num_ctx": 128, "num_predict": 2]
        }
        let summary = try #require(answer.summary)
        #expect(summary.truncated)
        #expect(summary.promptEvalCount < 128)
        #expect(summary.promptTokensBeforeTruncation > 240)
    }

    @Test(arguments: [
        (
            true as Bool?, false as Bool?,
            "the prompt is longer than the context length currently available to the model; "
                + "shorten the prompt, adjust the context length in settings, or use a model with "
                + "a longer context length"
        ),
        (
            false, nil,
            "request (600 tokens) exceeds the available context size (256 tokens), "
                + "try increasing it"
        ),
    ])
    func `a prompt that must not be cut is refused`(
        truncate: Bool?, shift: Bool?, message: String
    ) async throws {
        let kitchen = try Kitchen()
        try kitchen.addTiny()
        var request = GenerationRequest.completion(String(repeating: "x", count: 600), raw: true)
        request.options = ["num_ctx": 64]
        request.truncate = truncate
        request.shift = shift
        let error = await kitchen.scheduler.refusal(request)
        #expect(error == APIError(400, message))
    }

    @Test func `the window moves on when it is full, or ends the answer`() async throws {
        let kitchen = try Kitchen()
        try kitchen.addTiny()
        let long: @Sendable (inout GenerationRequest) -> Void = {
            $0.options = [
                "num_ctx": 256, "num_predict": 400, "temperature": 1.5, "seed": 5,
                "repeat_penalty": 1.3,
            ]
        }
        let shifted = try await kitchen.scheduler.complete("hello", raw: true) { long(&$0) }
        let ended = try await kitchen.scheduler.complete("hello", raw: true) {
            long(&$0)
            $0.shift = false
        }
        if shifted.summary?.doneReason == "length" {
            #expect(shifted.summary?.evalCount == 400)
            #expect(ended.summary?.doneReason == "length")
            #expect((ended.summary?.evalCount ?? 999) <= 256)
        } else {
            #expect(shifted.summary?.doneReason == "stop")
        }
    }

    @Test func `log-probabilities come with their text`() async throws {
        let kitchen = try Kitchen()
        try kitchen.addTiny()
        let answer = try await kitchen.scheduler.complete("hello", tokens: 10, raw: true) {
            $0.logprobs = true
            $0.topLogprobs = 3
        }
        #expect(!answer.logprobs.isEmpty)
        #expect(answer.logprobs.map(\.token).joined() == answer.content)
        for item in answer.logprobs {
            #expect(item.top.count == 3)
            #expect(item.logprob <= 0)
            #expect(item.top[0].logprob >= item.top[1].logprob)
            #expect(item.logprob == item.top[0].logprob)
        }
        let plain = try await kitchen.scheduler.complete("hello", tokens: 10, raw: true)
        #expect(plain.content == answer.content)
        #expect(plain.logprobs.isEmpty)
    }

    @Test func `a model that repeats itself is stopped, and the end says why`() async throws {
        let kitchen = try Kitchen()
        try kitchen.addTiny()
        let answer = try await kitchen.scheduler.complete("aaaaaaaa", raw: true) {
            $0.options = ["temperature": 0, "frequency_penalty": -50, "num_predict": 200]
        }
        #expect(answer.summary?.doneReason == "repetition")
        #expect(answer.summary?.evalCount == RepetitionGuard.limit + 2)
        #expect(answer.content == String(repeating: "a", count: RepetitionGuard.limit + 1))
        let chat = try await kitchen.scheduler.ask("aaaaaaaaaaaaaaaa") {
            $0.options = ["temperature": 0, "frequency_penalty": -50, "num_predict": 200]
        }
        #expect(chat.summary?.doneReason == "length")
        #expect(chat.summary?.evalCount == 200)
    }

    @Test func `an answer that the client began is continued and shown whole`() async throws {
        let kitchen = try Kitchen()
        try kitchen.addTiny()
        let messages = [
            Message(role: "user", content: "x"), Message(role: "assistant", content: "I am"),
        ]
        var request = GenerationRequest.chat(messages)
        request.options = ["num_predict": 8, "seed": 1]
        let answer = try await kitchen.scheduler.collect(request)
        #expect(answer.content.hasPrefix("I am"))
        #expect(answer.content.utf8.count > 4)
    }

    @Test func `absurd option values are survived`() async throws {
        let kitchen = try Kitchen()
        try kitchen.addTiny()
        for name in RunOptions.names.sorted() where !["stop", "use_mmap"].contains(name) {
            for value in ["1e300", "-9223372036854775808"] {
                var request = GenerationRequest.completion("hello", raw: true)
                request.options = ["num_predict": 2]
                request.options[name] = .number(JSONNumber(literal: value))
                if name == "num_predict" { request.options["num_ctx"] = 4 }
                do throws(APIError) {
                    guard case .stream(let stream) = try await kitchen.scheduler.generate(request)
                    else { continue }
                    for await _ in stream {}
                } catch {
                    #expect(error.status == 400, "\(name) \(value): \(error)")
                }
            }
        }
        #expect(try await kitchen.scheduler.ask("x", tokens: 2).summary != nil)
    }

    @Test func `a completion hands its tokens on as context`() async throws {
        let kitchen = try Kitchen()
        try kitchen.addTiny()
        let first = try await kitchen.scheduler.complete("hi", tokens: 4)
        let context = try #require(first.summary?.context)
        #expect(context.count >= (first.summary?.promptEvalCount ?? 0))
        let second = try await kitchen.scheduler.complete("yo", tokens: 4, context: context)
        #expect(
            (second.summary?.promptEvalCount ?? 0) > (first.summary?.promptEvalCount ?? 0) + 4)
        let raw = try await kitchen.scheduler.complete("hi", tokens: 4, raw: true)
        #expect(raw.summary?.context == nil)
        let bad = await kitchen.scheduler.refusal(.completion("x", context: [999_999]))
        #expect(bad?.status == 500)
        #expect(bad?.message.hasPrefix("detokenize error: ") == true)
    }
}
