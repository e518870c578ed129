import API
import ModelStore
import Prompting

/// The messages that a request's prompt is made of.
enum Conversation {
    /// The model's stored history, the request's messages, and the model's system text in front unless
    /// the client brings one.
    static func chat(_ messages: [Message], model: StoredModel) -> [Message] {
        var all = model.messages + messages
        if messages.first?.role != "system", !model.system.isEmpty {
            all.insert(Message(role: "system", content: model.system), at: 0)
        }
        if model.config.family == "qwen3" || model.name.model == "deepseek-r1" {
            all = withoutThinking(all)
        }
        return all
    }

    /// System text, the stored history unless `context` stands in for it, and the prompt.
    static func completion(
        prompt: String, images: [[UInt8]], system: String?, hasContext: Bool, model: StoredModel
    ) -> [Message] {
        var all: [Message] = []
        let system = system.flatMap { $0.isEmpty ? nil : $0 } ?? model.system
        if !system.isEmpty { all.append(Message(role: "system", content: system)) }
        if !hasContext { all += model.messages }
        var user = Message(role: "user", content: prompt)
        user.images = images
        all.append(user)
        return all
    }

    /// Answers before the last question without their `<think>` blocks, which such models do not
    /// expect to see again.
    static func withoutThinking(_ messages: [Message]) -> [Message] {
        guard let lastUser = messages.lastIndex(where: { $0.role == "user" }) else {
            return messages
        }
        var messages = messages
        for index in messages.indices.prefix(lastUser) where messages[index].role == "assistant" {
            var parser = ThinkingParser(open: "<think>", close: "</think>", startsInside: false)
            let pieces = parser.consume(messages[index].content) + parser.finish()
            messages[index].content = pieces.map { piece in
                if case .content(let text) = piece { text } else { "" }
            }.joined()
        }
        return messages
    }

    /// Numbers the images over the conversation and puts `[img-n]` where `[img]` stands, or in front.
    static func withImageTags(_ messages: [Message]) -> (messages: [Message], images: Int) {
        var messages = messages
        var count = 0
        for index in messages.indices where !messages[index].images.isEmpty {
            var leading = ""
            for _ in messages[index].images {
                let tag = "[img-\(count)]"
                if !replaceFirst("[img]", with: tag, in: &messages[index].content) {
                    leading += tag
                }
                count += 1
            }
            messages[index].content = leading + messages[index].content
        }
        return (messages, count)
    }

    private static func replaceFirst(
        _ needle: String, with replacement: String, in text: inout String
    ) -> Bool {
        let bytes = Array(text.utf8)
        let pattern = Array(needle.utf8)
        guard bytes.count >= pattern.count else { return false }
        for start in 0...(bytes.count - pattern.count)
        where bytes[start...].starts(with: pattern) {
            let replaced = bytes[..<start] + replacement.utf8 + bytes[(start + pattern.count)...]
            text = String(decoding: replaced, as: UTF8.self)
            return true
        }
        return false
    }
}
