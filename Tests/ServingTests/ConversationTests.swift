import API
import Testing

@testable import Serving

@Suite struct ConversationTests {
    @Test func `images are numbered over the conversation`() {
        var first = Message(role: "user", content: "see [img] here")
        first.images = [[1], [2]]
        var second = Message(role: "user", content: "look")
        second.images = [[3]]
        let (messages, count) = Conversation.withImageTags([
            first, Message(role: "assistant", content: "ok"), second,
        ])
        #expect(count == 3)
        #expect(messages.map(\.content) == ["[img-1]see [img-0] here", "ok", "[img-2]look"])
    }

    @Test func `system texts are folded into the next user message`() {
        let folded = PromptBuilder.foldingSystem([
            Message(role: "system", content: "x"), Message(role: "user", content: "y"),
            Message(role: "system", content: "z"),
        ])
        #expect(folded.map(\.role) == ["user", "user"])
        #expect(folded.map(\.content) == ["x\ny", "z"])
    }

    @Test func `call ids are letters and digits`() {
        let id = OutputSplitter.newCallID()
        #expect(id.hasPrefix("call_"))
        #expect(id.utf8.count == 13)
        #expect(
            id.dropFirst(5).utf8.allSatisfy {
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
            })
        #expect(id != OutputSplitter.newCallID())
    }
}
