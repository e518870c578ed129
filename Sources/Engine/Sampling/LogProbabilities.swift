#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Natural-log probabilities of raw logits (before penalties and filters).
public struct LogProbabilities: Sendable {
    /// Of the chosen token.
    public let token: Float
    /// The most likely tokens, best first.
    public let top: [(token: Token, logProbability: Float)]

    /// - Parameters:
    ///   - chosen: Below the number of logits.
    ///   - top: How many of the most likely tokens to list; 0 or more.
    /// - Complexity: O(n).
    public init(_ logits: UnsafeMutableBufferPointer<Float>, chosen: Token, top count: Int) {
        var best = -Float.infinity
        for index in logits.indices where unsafe logits[index] > best {
            best = unsafe logits[index]
        }
        var sum = 0.0
        if best.isFinite {
            for index in logits.indices where unsafe logits[index] > best - 60 {
                sum += Double(unsafe exp(logits[index] - best))
            }
        }
        let shift = Double(best) + log(sum)
        token =
            unsafe logits.indices.contains(Int(chosen))
            ? Float(Double(logits[Int(chosen)]) - shift) : -.infinity
        var candidates = Candidates()
        unsafe candidates.takeBest(max(0, count), of: logits)
        top = candidates.list.map { ($0.token, Float(Double($0.logit) - shift)) }
    }
}
