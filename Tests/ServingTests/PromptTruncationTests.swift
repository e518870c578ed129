import API
import Testing

@testable import Serving

@Suite struct PromptTruncationTests {
    @Test(arguments: [
        // context, num_keep, prompt, kept
        (64, 4, 390, 34), (64, 10, 379, 37), (4, 4, 23, 3), (64, -1, 390, 63), (64, 0, 390, 32),
        (64, 1000, 64, 63),
    ])
    func `a long prompt keeps its head and its newest tokens`(
        context: Int, numKeep: Int, prompt: Int, expected: Int
    ) {
        let tokens = Array(0..<prompt)
        let cut = PromptTruncation.tokens(
            tokens, contextLength: context, numKeep: numKeep, addsBOS: false)
        #expect(cut?.count == expected)
        let keep = min(numKeep < 0 ? prompt : numKeep, context - 1)
        #expect(cut?.prefix(keep).elementsEqual(0..<keep) == true)
        if expected > keep { #expect(cut?.last == prompt - 1) }
    }

    @Test func `a prompt that leaves one place free is not cut`() {
        let tokens = Array(0..<63)
        #expect(
            PromptTruncation.tokens(tokens, contextLength: 64, numKeep: 4, addsBOS: true) == nil)
    }

    @Test func `the begin token is kept beside num_keep`() {
        let cut = PromptTruncation.tokens(
            Array(0..<100), contextLength: 64, numKeep: 4, addsBOS: true)
        #expect(cut?.prefix(6) == [0, 1, 2, 3, 4, cut![5]])
        #expect(cut?[5] != 5)
    }

    @Test func `system messages survive and the last message stays`() {
        let messages = [
            Message(role: "system", content: "s"), Message(role: "user", content: "a"),
            Message(role: "system", content: "t"), Message(role: "user", content: "b"),
        ]
        #expect(
            PromptTruncation.messages(messages, from: 3).map(\.content) == ["s", "t", "b"])
        #expect(PromptTruncation.messages(messages, from: 0) == messages)
    }

    @Test(arguments: 1...12)
    func `the first message that fits is found in few renderings`(fitting: Int) {
        var calls = 0
        let first = PromptTruncation.firstKept(of: 1000, limit: 50) { index in
            calls += 1
            return index >= 1000 - fitting * 7 ? 50 : 51
        }
        #expect(first == 1000 - fitting * 7)
        #expect(calls <= 12)
    }

    @Test func `the last message is kept even when nothing fits`() {
        #expect(PromptTruncation.firstKept(of: 5, limit: 1) { _ in 100 } == 4)
        #expect(PromptTruncation.firstKept(of: 1, limit: 1) { _ in 100 } == 0)
        #expect(PromptTruncation.firstKept(of: 5, limit: 100) { _ in 100 } == 0)
    }
}
