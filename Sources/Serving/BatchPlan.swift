/// How many tokens each running sequence contributes to the next step.
///
/// Sequences that decode give the tokens that are decided, mostly one. What is left of the batch goes to prompts: an equal
/// share each, what short ones leave over to the others, so that no request starves. While
/// others decode, prompts together get at most `promptShare`, so that they slow them by a bounded time
/// a token; ``StepPace`` says how many tokens that are, the more the more prompts wait.
enum BatchPlan {
    /// Most prompt tokens of a step in which other sequences decode.
    static let promptShare = 512

    /// - Parameters:
    ///   - pending: tokens each sequence has to evaluate, at least 1; those in `decoding` have few.
    ///   - first: where to begin when not everyone fits; callers rotate it.
    /// - Returns: tokens to take of each, 0 for those that wait; their sum is at most `batchSize`.
    static func shares(
        pending: [Int], decoding: [Bool], batchSize: Int, promptShare: Int = promptShare,
        first: Int = 0
    ) -> [Int] {
        var shares = [Int](repeating: 0, count: pending.count)
        guard !pending.isEmpty else { return shares }
        let order = pending.indices.map { ($0 + first) % pending.count }
        var room = max(1, batchSize)
        for index in order where decoding[index] && room > 0 {
            shares[index] = min(pending[index], room)
            room -= shares[index]
        }
        var prompts = order.filter { !decoding[$0] && pending[$0] > 0 }
        if decoding.contains(true) { room = min(room, max(1, promptShare)) }
        while room > 0, !prompts.isEmpty {
            let share = max(1, room / prompts.count)
            for index in prompts where room > 0 {
                let taken = min(share, pending[index] - shares[index], room)
                shares[index] += taken
                room -= taken
            }
            prompts.removeAll { shares[$0] == pending[$0] }
        }
        return shares
    }
}
