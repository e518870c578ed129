import Synchronization

/// A set of texts that an answer is held to: JSON, a JSON schema, or a grammar in GBNF.
///
/// Compiled once to an automaton over bytes, immutable, and shared by any number of
/// ``GrammarMatcher``s, which also share the states and masks that they met.
///
///     let grammar = try Grammar(jsonSchema: Array(#"{"type":"integer"}"#.utf8))
///     grammar.matches(Array("12".utf8))   // true
public final class Grammar: Sendable {
    let program: GrammarProgram
    private let stores = Mutex<[(vocabulary: GrammarVocabulary?, store: GrammarStorage)]>([])

    init(rules: [GrammarExpression], names: [String], root: Int) throws {
        program = try GrammarProgram(rules: rules, names: names, root: root)
    }

    /// A grammar in GBNF; its root is the rule `root`.
    ///
    /// - Throws: ``GrammarError`` for text that is no GBNF, unknown rules, left recursion, and
    ///   grammars that are too large or match nothing.
    public convenience init(gbnf: [UInt8]) throws {
        var parser = try GBNFParser(gbnf)
        let (rules, names, root) = try parser.parse()
        try self.init(rules: rules, names: names, root: root)
    }

    /// The texts that are valid under a JSON schema, given as JSON text.
    ///
    /// Undeclared properties are refused unless `additionalProperties` allows them.
    ///
    /// - Throws: ``GrammarError`` that names the keyword that is not supported, or the limit.
    public convenience init(jsonSchema: [UInt8]) throws {
        let document = try OrderedJSON(parsing: jsonSchema)
        try self.init(schema: document, at: document.root)
    }

    convenience init(schema document: OrderedJSON, at root: Int) throws {
        var compiler = SchemaCompiler(document: document, root: root)
        let (rules, names, start) = try compiler.compile()
        try self.init(rules: rules, names: names, root: start)
    }

    /// Any JSON object, with at most one white-space character between its parts; compiled once.
    public static var json: Grammar {
        get throws { try compiledJSON.get() }
    }

    private static let compiledJSON = Result<Grammar, any Error> {
        let values = JSONRules(firstRule: 0, space: JSONRules.narrowSpace)
        return try Grammar(rules: values.rules, names: values.names, root: values.object)
    }

    /// The shared states for a vocabulary; a fresh store when the last one has grown too large.
    func storage(for vocabulary: GrammarVocabulary?) -> GrammarStorage {
        stores.withLock { stores in
            if let position = stores.firstIndex(where: { $0.vocabulary === vocabulary }) {
                let known = stores[position].store
                if !known.store.withLock({ $0.isFull }) { return known }
                stores.remove(at: position)
            }
            if stores.count >= 4 { stores.removeFirst() }
            let fresh = GrammarStorage(program: program, vocabulary: vocabulary)
            stores.append((vocabulary, fresh))
            return fresh
        }
    }

    /// Bytes of the program and of the states that were met so far, about.
    public var byteCount: Int {
        let known = stores.withLock { $0.map(\.store) }
        return program.byteCount
            + known.reduce(0) { sum, storage in sum + storage.store.withLock { $0.byteCount } }
    }

    /// Whether a whole text belongs to the grammar.
    public func matches(_ text: [UInt8]) -> Bool {
        var matcher = GrammarMatcher(self)
        return matcher.advance(text) && matcher.isComplete
    }
}

/// A store that matchers share.
final class GrammarStorage: Sendable {
    let store: Mutex<GrammarStore>

    init(program: GrammarProgram, vocabulary: GrammarVocabulary?) {
        store = Mutex(GrammarStore(program: program, vocabulary: vocabulary))
    }
}
