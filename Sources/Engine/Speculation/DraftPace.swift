/// How many tokens of one answer are worth guessing at a time.
///
/// Guesses that all hold make the next draft twice as long, others cut it down to what held and one
/// more. When a moving average of the share that holds falls too low, the next steps go without, ever
/// more of them while that goes on.
public struct DraftPace: Sendable {
    private var length = 4
    /// Moving average of the share of guesses that held.
    private var rate = 0.5
    /// Steps that go without a draft.
    private var pause = 0
    private var nextPause = shortestPause

    private static let longest = 7
    /// Below it a draft costs more than it saves: a guess that fails takes about a quarter of a step.
    private static let lowestRate = 0.25
    private static let shortestPause = 8
    private static let longestPause = 256

    public init() {}

    /// Tokens to guess for the next step, 0 during a pause. To be asked once a step.
    public mutating func next() -> Int {
        if pause > 0 {
            pause -= 1
            return 0
        }
        return length
    }

    /// Takes note of how a draft fared.
    public mutating func record(drafted: Int, accepted: Int) {
        guard drafted > 0 else { return }
        rate += 0.25 * (Double(accepted) / Double(drafted) - rate)
        length = min(Self.longest, accepted == drafted ? max(length, drafted * 2) : accepted + 1)
        if rate < Self.lowestRate {
            pause = nextPause
            nextPause = min(Self.longestPause, nextPause * 2)
            // The next draft is a trial: it restores the average or ends at once.
            rate = Self.lowestRate
            length = 2
        } else if rate > 0.5 {
            nextPause = Self.shortestPause
        }
    }
}
