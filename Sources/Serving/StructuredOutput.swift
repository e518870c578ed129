import API
public import Engine
import Prompting
import Synchronization
public import Tokenization

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

extension LoadedModel {
    /// The vocabulary that grammars are walked over; built at the first request that needs it.
    func makeGrammarVocabulary() -> GrammarVocabulary {
        grammarVocabulary.withLock { known in
            if let known { return known }
            let made = GrammarVocabulary(tokenizer)
            known = made
            return made
        }
    }
}

extension GrammarVocabulary {
    /// The texts of a model's tokens; control tokens have none.
    public convenience init(_ tokenizer: Tokenizer) {
        let ends = tokenizer.endOfGeneration
        let tokens = (0..<tokenizer.count).map { id -> [UInt8] in
            let token = Token(id)
            return ends.contains(token) || tokenizer.isControl(token) ? [] : tokenizer.piece(token)
        }
        self.init(tokens: tokens, endTokens: ends.map { Int($0) })
    }
}
