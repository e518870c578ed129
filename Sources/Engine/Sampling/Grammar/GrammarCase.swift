/// A grammar with texts to try, as one JSON object.
///
/// `{"schema": {…} or "gbnf": "…", "inputs": ["…"]}`; `"format": "json"` instead of either stands
/// for any JSON object.
public enum GrammarCase {
    /// Whether each input belongs to the grammar.
    ///
    /// - Throws: ``GrammarError`` when the object is not of this form or the grammar is refused.
    public static func run(_ json: [UInt8]) throws -> [Bool] {
        let document = try OrderedJSON(parsing: json)
        guard let inputs = document.member("inputs", of: document.root),
            case .array(let texts) = document[inputs]
        else { throw GrammarError("'inputs' must be a list of texts") }
        let grammar: Grammar
        if let schema = document.member("schema", of: document.root) {
            grammar = try Grammar(schema: document, at: schema)
        } else if let source = document.member("gbnf", of: document.root),
            case .string(let text) = document[source]
        {
            grammar = try Grammar(gbnf: text)
        } else if let format = document.member("format", of: document.root),
            document[format] == .string(Array("json".utf8))
        {
            grammar = try .json
        } else {
            throw GrammarError("'schema' or 'gbnf' is missing")
        }
        return try texts.map { node in
            guard case .string(let text) = document[node] else {
                throw GrammarError("'inputs' must be a list of texts")
            }
            return grammar.matches(text)
        }
    }
}
