import API
import Testing

@testable import Prompting

/// Neighbouring pieces of one kind joined.
private func merged(_ pieces: [OutputPiece]) -> [OutputPiece] {
    var out: [OutputPiece] = []
    for piece in pieces {
        if case .markup = piece { continue }
        switch (out.last, piece) {
        case (.content(let left)?, .content(let right)): out[out.count - 1] = .content(left + right)
        case (.thinking(let left)?, .thinking(let right)):
            out[out.count - 1] = .thinking(left + right)
        default: out.append(piece)
        }
    }
    return out
}

/// Every way to cut the text in three.
private func splits(_ text: String) -> [[String]] {
    let scalars = Array(text.unicodeScalars)
    func part(_ range: Range<Int>) -> String { String(String.UnicodeScalarView(scalars[range])) }
    return (0...scalars.count).flatMap { first in
        (first...scalars.count).map { second in
            [part(0..<first), part(first..<second), part(second..<scalars.count)]
        }
    }
}

@Suite("Thinking parser")
struct ThinkingParserTests {
    @Test(
        "splits the same wherever the stream is cut",
        arguments: [
            ("<think>a b</think>c", [OutputPiece.thinking("a b"), .content("c")]),
            (" \n<think>\n a </think>\n\nc", [.thinking("a "), .content("c")]),
            (" hi <think>", [.content(" hi <think>")]),
            ("<thin", [.content("<thin")]),
            ("<think>a</thi", [.thinking("a</thi")]),
            ("<think></think>x", [.content("x")]),
            ("", []),
        ])
    func splitting(_ text: String, _ expected: [OutputPiece]) {
        for parts in splits(text) {
            var parser = ThinkingParser(open: "<think>", close: "</think>", startsInside: false)
            var pieces = parts.flatMap { parser.consume($0) }
            pieces += parser.finish()
            #expect(merged(pieces) == expected, "\(parts)")
        }
    }

    @Test("begins inside when the prompt opened the tag")
    func inside() {
        var parser = ThinkingParser(open: "<think>", close: "</think>", startsInside: true)
        #expect(merged(parser.consume("\nx</think> y")) == [.thinking("x"), .content("y")])
    }
}

@Suite("Tool-call parser")
struct ToolCallParserTests {
    private static func tool(_ name: String) -> Tool {
        Tool(raw: ["type": "function", "function": ["name": .string(name)]])
    }
    private static let tools = [tool("get"), tool("get_weather")]

    private func parse(_ parts: [String], tag: String) -> [OutputPiece] {
        var parser = ToolCallParser(tag: tag, tools: Self.tools)
        var pieces = parts.flatMap { parser.consume($0) }
        pieces += parser.finish()
        return merged(pieces)
    }

    private static func call(_ index: Int, _ name: String, _ arguments: JSONObject) -> OutputPiece {
        .toolCall(ToolCall(index: index, name: name, arguments: arguments))
    }

    @Test(
        "finds the same calls wherever the stream is cut",
        arguments: [
            (
                "<tool_call>",
                "ok <tool_call>\n{\"name\": \"get_weather\", \"arguments\": {\"a\": \"}\"}}\n</tool_call>",
                [OutputPiece.content("ok "), call(0, "get_weather", ["a": "}"])]
            ),
            (
                "{", "{\"name\": \"get\", \"parameters\": {\"a\": 1}} tail",
                [call(0, "get", ["a": 1]), .content(" tail")]
            ),
            ("{", "hello {\"name\"", [.content("hello {\"name\"")]),
            ("{", "{\"x\": 1}", [.content("{\"x\": 1}")]),
            (
                "[",
                "[{\"name\":\"get\",\"arguments\":{}},{\"name\":\"get_weather\",\"arguments\":{\"b\":2}}]",
                [call(0, "get", [:]), call(1, "get_weather", ["b": 2])]
            ),
            ("<tool_call>", "a <tool", [.content("a <tool")]),
            ("<tool_call>", "<tool_call> nothing", [.content("<tool_call> nothing")]),
        ])
    func calls(_ tag: String, _ text: String, _ expected: [OutputPiece]) {
        for parts in splits(text) {
            #expect(parse(parts, tag: tag) == expected, "\(parts)")
        }
    }
}
