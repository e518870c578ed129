/// The insides of JSON strings under the keywords of strings.
enum StringRules {
    /// Texts of which every character stands in its canonical form.
    ///
    /// - Throws: ``GrammarError`` for a pattern that is refused, and for lengths above 1000.
    static func automaton(_ facts: SchemaFacts) throws -> ByteAutomaton? {
        let (min, max) = facts.lengths
        var automaton: ByteAutomaton?
        func narrow(_ other: ByteAutomaton) throws {
            automaton = try automaton?.combined(with: other) ?? other
        }
        for pattern in facts.patterns { try narrow(ByteAutomaton(PatternParser.parse(pattern))) }
        if min > 0 || max != nil {
            guard Swift.max(min, max ?? 0) <= 1000 else {
                throw GrammarError(
                    "a pattern together with a length (minLength, maxLength) above 1000 is not "
                        + "supported")
            }
            try narrow(ByteAutomaton(.repeating(PatternParser.encoded(.all), min, max)))
        }
        return automaton
    }
}
