/// How long steps take with this model on this machine, and how much of a prompt a step may take
/// while others wait for their next token.
///
/// Those that decode and the prompts that wait share the time as they are many: one long prompt slows
/// others by `slowdown`, and seven short ones beside a single stream are read in a few steps, because
/// as many requests wait for them.
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
    /// Seconds that a token of a prompt adds to a step of others, by the binary digits of how many
    /// there are: short chunks cost more a token than long ones, since weights are unpacked for each.
    private var added: [Int: Double] = [:]
    /// Seconds of a token of a prompt in steps without others.
    private var alone: Double?

    /// How much longer a step with prompts may take than one without, where no more of them wait than
    /// sequences decode. Below 3, so that hiccups of the machine have a place.
    static let slowdown = 2.25
    /// Tokens of prompts beside others before anything has been measured.
    static let firstShare = 32
    private static let leastShare = 8
    /// Part of what a token costs alone that it costs beside others at least: differences between steps
    /// say little about the little that a few tokens add.
    private static let leastAdded = 0.25
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
            // A handful of tokens may cost nothing at all, which says nothing about more of them.
            guard load.promptTokens >= Self.leastShare, let quiet = quietSeconds(load.decoding)
            else { return }
            let cost = (seconds - quiet) / Double(load.promptTokens)
            recordAdded(load.promptTokens, max(cost, Self.leastAdded * (alone ?? 0)))
        } else if load.drafts == 0 {
            Self.follow(&quiet[load.decoding], seconds)
        }
    }

    private mutating func recordAdded(_ tokens: Int, _ cost: Double) {
        let size = Self.digits(tokens)
        Self.follow(&added[size], cost)
        // What was measured long ago for other sizes follows as far as sizes are ordered.
        let now = added[size]!
        for (other, cost) in added where other != size {
            added[other] = other > size ? min(cost, now) : max(cost, now)
        }
    }

    private static func digits(_ tokens: Int) -> Int { Int.bitWidth - tokens.leadingZeroBitCount }

    /// Tokens of prompts for a step in which others decode, all prompts together.
    ///
    /// - Parameters:
    ///   - decoding: sequences that decode.
    ///   - waiting: prompts that are being read.
    func promptShare(beside decoding: Int, waiting: Int = 1) -> Int {
        guard let quiet = quietSeconds(decoding) else { return Self.firstShare }
        let patience = max(1, Double(waiting) / Double(max(1, decoding)))
        let room = (Self.slowdown - 1) * quiet * patience
        guard !added.isEmpty || alone != nil else { return Self.firstShare }
        // Products come in tiles of 16 tokens.
        for share in stride(from: BatchPlan.promptShare, through: 16, by: -16)
        where Double(share) * addedSeconds(share) <= room {
            return share
        }
        return max(Self.leastShare, Int(min(15, room / addedSeconds(Self.leastShare))))
    }

    /// What a token of a chunk of so many adds, or of the nearest size that was measured.
    private func addedSeconds(_ tokens: Int) -> Double {
        let size = Self.digits(tokens)
        let nearest = added.min { (abs($0.key - size), $0.key) < (abs($1.key - size), $1.key) }
        return nearest?.value ?? (alone ?? 0) * 2
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
