/// A grammar or schema that is refused; the text names the rule or keyword that is to blame.
public struct GrammarError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What was refused, as a lower-case fact.
    public let description: String

    init(_ description: String) {
        self.description = description
    }

    static let matchesNothing = GrammarError("the grammar matches no text")
}

/// The sizes beyond which a grammar is refused instead of built.
enum GrammarLimits {
    /// Nodes of the compiled automaton.
    static let nodes = 1_500_000
    /// Steps of compilation, so that repetitions of nothing end too.
    static let work = 6_000_000
    /// Copies that one counted repetition may unroll to.
    static let repetitions = 10_000
    /// Levels of groups, arrays and objects in a source text.
    static let depth = 200
    static let rules = 200_000
    /// Bytes of a schema or grammar text.
    static let sourceBytes = 16 << 20
    /// States of an explicitly built deterministic automaton.
    static let automatonStates = 20_000
    /// Combinations of alternatives of one schema that are multiplied out.
    static let combinations = 512
    /// Stacks that one state of a matcher follows; those beyond are given up.
    static let stacks = 20_000
    /// States that a matcher's store keeps before it starts afresh.
    static let storedStates = 40_000
    /// States at which one walk over the vocabulary stops looking further.
    static let walkedStates = 250_000
}
