import API
import Prompting
import Tokenization

/// Renders conversations for one model, with the special tokens of its vocabulary.
struct PromptBuilder: Sendable {
    let choice: TemplateChoice
    let tokenizer: Tokenizer

    /// Text of the conversation in the model's form, without the token that the tokenizer puts in
    /// front by itself.
    func render(_ messages: [Message], tools: [Tool] = [], think: Think?) throws(TemplateError)
        -> String
    {
        var input = PromptInput()
        input.messages = messages
        input.tools = tools
        input.think = think
        switch choice {
        case .go(let template): return withoutBOS(try template.render(input))
        case .jinja(let template): return withoutBOS(try render(input, template))
        case .plain: return try render(input, JinjaTemplate(plainChat))
        }
    }

    private func render(_ input: PromptInput, _ template: JinjaTemplate) throws(TemplateError)
        -> String
    {
        do throws(TemplateError) {
            return try template.render(input, specialTokens: specialTokens)
        } catch {
            // Some templates refuse system messages; their text then leads the next user message.
            guard error.code == .raised, input.messages.contains(where: { $0.role == "system" })
            else { throw error }
            var folded = input
            folded.messages = Self.foldingSystem(input.messages)
            return try template.render(folded, specialTokens: specialTokens)
        }
    }

    /// The prompt's tokens, the begin token in front when the vocabulary asks for it.
    func tokens(_ prompt: String) -> [Token] {
        let text = tokenizer.encode(withoutBOS(prompt), addSpecial: false, parseSpecial: true)
        guard tokenizer.addsBeginOfSequence, let begin = tokenizer.beginOfSequence else {
            return text
        }
        return [begin] + text
    }

    /// Tokens of the text alone.
    func tokenCount(_ text: String) -> Int {
        tokenizer.encode(text, addSpecial: false, parseSpecial: true).count
    }

    private func withoutBOS(_ text: String) -> String {
        guard tokenizer.addsBeginOfSequence, let begin = tokenizer.beginOfSequence else {
            return text
        }
        let literal = tokenizer.piece(begin, special: true)
        guard !literal.isEmpty, text.utf8.starts(with: literal) else { return text }
        return String(decoding: text.utf8.dropFirst(literal.count), as: UTF8.self)
    }

    private var specialTokens: JSONObject {
        func text(_ token: Token?) -> JSONValue {
            guard let token else { return "" }
            return .string(String(decoding: tokenizer.piece(token, special: true), as: UTF8.self))
        }
        return [
            "bos_token": text(tokenizer.beginOfSequence),
            "eos_token": text(tokenizer.endOfSequence),
        ]
    }

    /// System texts moved into the user message that follows, or a user message of their own.
    static func foldingSystem(_ messages: [Message]) -> [Message] {
        var folded: [Message] = []
        var pending: [String] = []
        for var message in messages {
            if message.role == "system" {
                pending.append(message.content)
                continue
            }
            if !pending.isEmpty {
                if message.role == "user" {
                    message.content = (pending + [message.content]).joined(separator: "\n")
                } else {
                    folded.append(
                        Message(role: "user", content: pending.joined(separator: "\n")))
                }
                pending = []
            }
            folded.append(message)
        }
        if !pending.isEmpty {
            folded.append(Message(role: "user", content: pending.joined(separator: "\n")))
        }
        return folded
    }
}
