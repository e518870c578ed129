import API
import Engine
import Prompting
import Synchronization
import Tokenization

/// The shape that an answer is held to, from a request's `format` or `grammar`.
enum StructuredOutput {
    /// The grammar of a request; nil when it names neither.
    ///
    /// - Throws: 400 for both at once and for a grammar that is none, what the format's throws.
    static func grammar(
        of request: GenerationRequest, cache: GrammarCache
    ) async throws(APIError) -> Grammar? {
        let (format, text) = (request.format, request.grammar ?? "")
        if text.isEmpty, format == nil || format == .null || format == "" { return nil }
        return try await Background.run { () throws(APIError) in
            guard !text.isEmpty else { return try grammar(format, cache: cache) }
            guard format == nil || format == .null || format == "" else {
                throw APIError(400, "format and grammar cannot both hold an answer")
            }
            do {
                return try cache.grammar(.gbnf, Array(text.utf8))
            } catch {
                throw APIError(400, "invalid grammar: \(error)")
            }
        }
    }

    /// The grammar of a `format`; nil when there is none.
    ///
    /// - Throws: 500 for what is no format at all, 400 for a schema that cannot be honoured, with
    ///   the keyword in it.
    static func grammar(
        _ format: JSONValue?, cache: GrammarCache = GrammarCache()
    ) throws(APIError) -> Grammar? {
        guard let format, !format.isNull, format != "" else { return nil }
        guard format == "json" || format.object != nil else {
            let quoted = JSONValue.string(format.serialized).serialized
            throw APIError(
                500,
                "invalid format: \(quoted); expected \"json\" or a valid JSON Schema object")
        }
        do {
            return format == "json"
                ? try .json
                : try cache.grammar(.jsonSchema, format.serializedBytes)
        } catch {
            throw APIError(400, "invalid format: \(error)")
        }
    }
}

/// Holds one answer to a grammar: which tokens may come next, and what came.
///
/// Thinking is free; the grammar begins with the text after the closing tag. Lives on the worker's
/// thread.
struct AnswerConstraint: Sendable {
    private var matcher: GrammarMatcher
    private var mask: [UInt64]
    private var thought: Thought?

    /// What is known while the model may still be thinking.
    private struct Thought: Sendable {
        let close: [UInt8]
        /// The opening tag as one token, allowed instead of the answer's beginning.
        let open: Token?
        var isInside: Bool
        /// Bytes in which the closing tag may have begun.
        var tail: [UInt8] = []
    }

    init(_ grammar: Grammar, _ vocabulary: GrammarVocabulary) {
        matcher = GrammarMatcher(grammar, vocabulary: vocabulary)
        mask = [UInt64](repeating: 0, count: vocabulary.maskWords)
    }

    /// Lets the model think first, between these tags.
    mutating func allowThinking(
        open: String, close: String, startsInside: Bool, tokenizer: Tokenizer
    ) {
        let tokens = tokenizer.encode(open, parseSpecial: true)
        thought = Thought(
            close: Array(close.utf8), open: tokens.count == 1 ? tokens[0] : nil,
            isInside: startsInside)
    }

    /// Takes the tokens that may not come next out of the logits.
    ///
    /// - Returns: false when nothing may come next and the answer has to end.
    mutating func restrict(_ logits: UnsafeMutableBufferPointer<Float>) -> Bool {
        if thought?.isInside == true { return true }
        matcher.mask(into: &mask)
        if let open = thought?.open, Int(open) < mask.count * 64 {
            mask[Int(open) / 64] |= 1 << UInt64(open & 63)
        }
        var anything: UInt64 = 0
        mask.withUnsafeBufferPointer { mask in
            for (index, word) in mask.enumerated() {
                anything |= word
                if word == .max { continue }
                let first = index * 64
                for bit in 0..<64 where word & (1 << UInt64(bit)) == 0 {
                    if first + bit < logits.count { logits[first + bit] = -.infinity }
                }
            }
        }
        for index in min(logits.count, mask.count * 64)..<logits.count {
            logits[index] = -.infinity
        }
        return anything != 0
    }

    /// The one token that the grammar allows next; nil where it leaves a choice, and while the model
    /// thinks or may begin to.
    func forcedToken() -> Token? {
        guard thought == nil else { return nil }
        return matcher.forcedToken().map { Token($0) }
    }

    /// Reads a token of the answer.
    mutating func accept(_ token: Token, _ piece: [UInt8]) {
        if var thought {
            if !thought.isInside {
                if token == thought.open {
                    thought.isInside = true
                    self.thought = thought
                    return
                }
                self.thought = nil
            } else {
                thought.tail += piece
                guard let end = Self.end(of: thought.close, in: thought.tail) else {
                    thought.tail = thought.tail.suffix(max(0, thought.close.count - 1))
                    self.thought = thought
                    return
                }
                self.thought = nil
                // Blanks after the tag are no part of the answer.
                let rest = thought.tail[end...].drop { $0 == 0x20 || (0x09...0x0D).contains($0) }
                if !rest.isEmpty { _ = matcher.advance(rest) }
                return
            }
        }
        _ = matcher.advance(piece)
    }

    private static func end(of tag: [UInt8], in bytes: [UInt8]) -> Int? {
        guard !tag.isEmpty, bytes.count >= tag.count else { return nil }
        for start in 0...(bytes.count - tag.count)
        where bytes[start..<start + tag.count].elementsEqual(tag) {
            return start + tag.count
        }
        return nil
    }
}

extension LoadedModel {
    /// The vocabulary that grammars are walked over; built at the first request that needs it.
    func makeGrammarVocabulary() -> GrammarVocabulary {
        grammarVocabulary.withLock { known in
            if let known { return known }
            let ends = tokenizer.endOfGeneration
            let tokens = (0..<tokenizer.count).map { id -> [UInt8] in
                let token = Token(id)
                return ends.contains(token) || tokenizer.isControl(token)
                    ? [] : tokenizer.piece(token)
            }
            let made = GrammarVocabulary(tokens: tokens, endTokens: ends.map { Int($0) })
            known = made
            return made
        }
    }
}
