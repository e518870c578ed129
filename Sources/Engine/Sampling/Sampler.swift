/// The sampler chain of one sequence: biases, penalties, top-k, typical, top-p, min-p, temperature, draw.
///
/// The filters come before the temperature, so they see the model's own probabilities. The same
/// seed, options and logits give the same tokens.
public struct Sampler {
    private let options: SamplingOptions
    private var penalties: Penalties
    private var generator: MersenneTwister
    private var candidates = Candidates()

    /// - Parameter vocabularySize: Length of the logits that will come.
    public init(_ options: SamplingOptions, vocabularySize: Int) {
        self.options = options
        penalties = Penalties(options)
        generator = MersenneTwister(seed: options.seed ?? UInt32.random(in: 0 ... .max))
    }

    /// A token that now belongs to the sequence (prompt tokens too): feeds the penalty window.
    public mutating func accept(_ token: Token) {
        penalties.accept(token)
    }

    /// Chooses from raw logits, which it may overwrite.
    ///
    /// Does not accept().
    ///
    /// Logits that are not numbers count as minus infinity; of equal ones the lower token wins.
    public mutating func sample(_ logits: UnsafeMutableBufferPointer<Float>) -> Token {
        guard !logits.isEmpty else { return 0 }
        for bias in options.logitBias where logits.indices.contains(Int(bias.token)) {
            unsafe logits[Int(bias.token)] += bias.bias
        }
        unsafe penalties.apply(to: logits)
        if !(options.temperature > 0) {
            unsafe candidates.takeBest(1, of: logits)
            return candidates.list[0].token
        }
        unsafe takeCandidates(logits)
        candidates.keepTypical(options.typicalP)
        candidates.keepTop(options.topP)
        candidates.keepLikely(options.minP)
        candidates.divide(by: options.temperature)
        return candidates.draw(generator.nextUnit())
    }

    private mutating func takeCandidates(_ logits: UnsafeMutableBufferPointer<Float>) {
        unsafe candidates.takeBest(options.topK > 0 ? options.topK : logits.count, of: logits)
    }
}
