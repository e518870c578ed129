import API
import Prompting
import Testing

@testable import Serving

@Suite struct OutputSplitterTests {
    @Test func `thinking and several tool calls are told from content`() {
        let tool = Tool(raw: ["type": "function", "function": ["name": "add"]])
        var splitter = OutputSplitter([
            ThinkingParser(open: "<think>", close: "</think>", startsInside: false),
            ToolCallParser(tag: "<tool_call>", tools: [tool]),
        ])
        let answer =
            "<think>hm</think>\n\nLet me see. <tool_call>{\"name\": \"add\", \"arguments\": {\"a\": 1}}"
            + "</tool_call>\n<tool_call>{\"name\": \"add\", \"arguments\": {\"a\": 2}}</tool_call>"
        var pieces: [OutputPiece] = []
        for scalar in answer.unicodeScalars { pieces += splitter.consume(String(scalar)) }
        pieces += splitter.finish()
        var content = ""
        var thinking = ""
        var calls: [ToolCall] = []
        for piece in pieces {
            switch piece {
            case .content(let text): content += text
            case .thinking(let text): thinking += text
            case .markup: break
            case .toolCall(let call): calls.append(call)
            }
        }
        #expect(thinking == "hm")
        #expect(content.trimmingWhitespace() == "Let me see.")
        #expect(calls.map(\.name) == ["add", "add"])
        #expect(calls.map(\.index) == [0, 1])
        #expect(calls.map { $0.arguments["a"]?.integer } == [1, 2])
        #expect(Set(calls.map(\.id)).count == 2)
        #expect(calls.allSatisfy { $0.id.hasPrefix("call_") && $0.id.utf8.count == 13 })
    }
}
