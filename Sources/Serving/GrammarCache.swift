import Engine
import Synchronization

/// Compiled grammars by their text, the least recently used ones dropped when they weigh too much.
///
/// Applications send the same schema with every request; compiling it, and walking the vocabulary
/// over it, is then paid once. A dropped grammar lives on as long as answers are held to it.
final class GrammarCache: Sendable {
    enum Language: Hashable, Sendable { case jsonSchema, gbnf }

    private struct Key: Hashable {
        var language: Language
        var text: [UInt8]
    }

    private struct Entry {
        var grammar: Grammar
        var lastUse: UInt64
    }

    private struct State {
        var entries: [Key: Entry] = [:]
        var uses: UInt64 = 0
    }

    private let limit: Int
    private let state = Mutex(State())

    /// - Parameter limit: bytes that texts, programs and the states met so far may take together.
    ///   Default 64 MiB. The last one used stays, whatever its size.
    init(limit: Int = 64 << 20) { self.limit = limit }

    /// The grammar of a text, compiled if it is not known.
    ///
    /// - Throws: `GrammarError`; failures are not kept.
    /// - Complexity: O(kept grammars) beside the compilation.
    func grammar(_ language: Language, _ text: [UInt8]) throws -> Grammar {
        let key = Key(language: language, text: text)
        if let known = use(key, nil) { return known }
        let made =
            switch language {
            case .jsonSchema: try Grammar(jsonSchema: text)
            case .gbnf: try Grammar(gbnf: text)
            }
        return use(key, made) ?? made
    }

    /// The known grammar, or `made` after keeping it; then drops what is too much.
    private func use(_ key: Key, _ made: Grammar?) -> Grammar? {
        state.withLock { state in
            guard let grammar = state.entries[key]?.grammar ?? made else { return nil }
            state.uses += 1
            state.entries[key] = Entry(grammar: grammar, lastUse: state.uses)
            var total = 0
            // States are added while answers are made, so sizes are asked for anew.
            let byAge = state.entries.map { key, entry in
                (key: key, lastUse: entry.lastUse, size: key.text.count + entry.grammar.byteCount)
            }.sorted { $0.lastUse > $1.lastUse }
            for (place, entry) in byAge.enumerated() {
                total += entry.size
                if total > limit, place > 0 { state.entries[entry.key] = nil }
            }
            return grammar
        }
    }

    /// Grammars that are kept.
    var count: Int { state.withLock { $0.entries.count } }
}
