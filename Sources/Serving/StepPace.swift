/// How long steps take with this model on this machine, and how much of a prompt a step may take
/// while others wait for their next token.
///
/// All figures are moving averages of what was measured, so they follow the length of contexts and
/// whatever else the machine does.
struct StepPace {
    /// What a step has to do.
    struct Load {
        /// Sequences that decode.
        var decoding: Int
        /// Tokens of prompts.
        var promptTokens: Int
        /// Guesses.
        var drafts = 0
    }

    /// Seconds of steps without prompts and guesses, by the number of sequences.
    private var quiet: [Int: Double] = [:]
    /// Seconds that a token of a prompt adds to a step of others.
    private var added: Double?
    /// Seconds of a token of a prompt in steps without others.
    private var alone: Double?

    /// How much longer a step with prompts may take than one without. Below 3, so that hiccups of
    /// the machine have a place.
    static let slowdown = 2.25
    /// Tokens of prompts beside others before anything has been measured.
    static let firstShare = 32
    private static let leastShare = 8
    /// Steps of fewer tokens tell little about the speed of prompts.
    private static let leastMeasured = 32

    /// Tokens a second of a prompt that is alone; nil before one has been read.
    var promptRate: Double? { alone.map { 1 / $0 } }

    mutating func record(_ load: Load, seconds: Double) {
        guard seconds > 0 else { return }
        if load.decoding == 0 {
            guard load.promptTokens >= Self.leastMeasured else { return }
            Self.follow(&alone, seconds / Double(load.promptTokens))
        } else if load.promptTokens > 0 {
            guard let quiet = quietSeconds(load.decoding) else { return }
            Self.follow(&added, max(0, seconds - quiet) / Double(load.promptTokens))
        } else if load.drafts == 0 {
            Self.follow(&quiet[load.decoding], seconds)
        }
    }

    /// Tokens of prompts for a step in which others decode, all prompts together.
    ///
    /// - Parameter decoding: sequences that decode.
    func promptShare(beside decoding: Int) -> Int {
        guard let quiet = quietSeconds(decoding) else { return Self.firstShare }
        let room = (Self.slowdown - 1) * quiet
        // Short chunks cost more a token than long ones.
        guard let cost = added ?? alone.map({ $0 * 2 }), cost > 0 else {
            return added == nil ? Self.firstShare : BatchPlan.promptShare
        }
        let share = Int(min(Double(BatchPlan.promptShare), room / cost))
        // Products come in tiles of 16 tokens.
        return share >= 16 ? share / 16 * 16 : max(Self.leastShare, share)
    }

    /// The time of a step of so many sequences, or of the nearest number that was measured.
    private func quietSeconds(_ decoding: Int) -> Double? {
        quiet.min { abs($0.key - decoding) < abs($1.key - decoding) }?.value
    }

    /// Moves an average; a measurement counts as at most twice of what was expected.
    private static func follow(_ average: inout Double?, _ value: Double) {
        guard let old = average else {
            average = value
            return
        }
        average = old + 0.25 * (min(value, 2 * old + 1e-6) - old)
    }
}
