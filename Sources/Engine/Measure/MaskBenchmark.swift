/// What grammars cost: their compilation, and the mask of every step of texts that belong to them.
public enum MaskBenchmark {
    /// The figures of one grammar, in nanoseconds.
    public struct Row: Sendable {
        public var name: String
        public var compilation: Double
        /// Of each step, in rising order. Places that were met before are as cheap as they are in
        /// an answer, the others are computed.
        public var masks: [Double]

        public init(name: String, compilation: Double, masks: [Double] = []) {
            self.name = name
            self.compilation = compilation
            self.masks = masks
        }

        /// The value that so many of hundred do not exceed.
        public func percentile(_ share: Int) -> Double {
            masks.isEmpty ? 0 : masks[min(masks.count - 1, masks.count * share / 100)]
        }
    }

    /// Measures the cases of a file: `{"cases": [{"name": "…", "schema": {…} or "grammar": "…" (GBNF),
    /// "accept": ["text", …]}]}`.
    ///
    /// - Parameter pieces: cuts a text into the bytes of the vocabulary's tokens.
    /// - Throws: ``GrammarError`` for another form, and for a grammar that is refused or does not
    ///   accept its texts.
    public static func run(
        _ json: [UInt8], _ vocabulary: GrammarVocabulary, pieces: (String) -> [[UInt8]]
    ) throws -> [Row] {
        let document = try OrderedJSON(parsing: json)
        guard let node = document.member("cases", of: document.root),
            case .array(let cases) = document[node]
        else { throw GrammarError("'cases' must be a list") }
        return try cases.map { try row(document, $0, vocabulary, pieces) }
    }

    private static func row(
        _ document: OrderedJSON, _ node: Int, _ vocabulary: GrammarVocabulary,
        _ pieces: (String) -> [[UInt8]]
    ) throws -> Row {
        func text(_ node: Int) -> String? {
            guard case .string(let bytes) = document[node] else { return nil }
            return String(decoding: bytes, as: UTF8.self)
        }
        let name = document.member("name", of: node).flatMap(text) ?? ""
        guard let accept = document.member("accept", of: node),
            case .array(let texts) = document[accept]
        else { throw GrammarError("'accept' of \(name) must be a list of texts") }
        let began = ContinuousClock.now
        let grammar: Grammar
        if let schema = document.member("schema", of: node) {
            grammar = try Grammar(schema: document, at: schema)
        } else if let source = document.member("grammar", of: node).flatMap(text) {
            grammar = try Grammar(gbnf: Array(source.utf8))
        } else {
            throw GrammarError("'schema' or 'grammar' of \(name) is missing")
        }
        var row = Row(name: name, compilation: nanoseconds(since: began))
        var mask: [UInt64] = []
        for text in texts.compactMap(text) {
            var matcher = GrammarMatcher(grammar, vocabulary: vocabulary)
            for piece in pieces(text) + [[]] {
                let start = ContinuousClock.now
                matcher.mask(into: &mask)
                row.masks.append(nanoseconds(since: start))
                guard matcher.advance(piece) else {
                    throw GrammarError("\(name) does not accept \(text)")
                }
            }
        }
        row.masks.sort()
        return row
    }

    private static func nanoseconds(since start: ContinuousClock.Instant) -> Double {
        (ContinuousClock.now - start) / .nanoseconds(1)
    }
}
