/// How the next token is chosen.
///
/// Defaults are those of the API.
public struct SamplingOptions: Sendable, Equatable {
    /// 0 or less: the most likely token, always.
    public var temperature: Float = 0.8
    /// Candidates kept; 0 or less: all.
    public var topK = 40
    /// Probability mass kept; 1 or more: all.
    public var topP: Float = 0.9
    /// Least probability relative to the best candidate's; 0 or less: none.
    public var minP: Float = 0
    /// Mass of the most typical candidates kept; 1 or more: all.
    public var typicalP: Float = 1
    /// Latest tokens, of the prompt too, that the penalties look at; 0 or less: none.
    public var repeatLastN = 64
    public var repeatPenalty: Float = 1
    public var presencePenalty: Float = 0
    public var frequencyPenalty: Float = 0
    /// Added to the logits before everything else.
    public var logitBias: [LogitBias] = []
    /// nil: random.
    public var seed: UInt32? = nil

    public init() {}
}

/// What a caller adds to the logit of one token.
public struct LogitBias: Sendable, Equatable {
    public var token: Token
    public var bias: Float

    public init(token: Token, bias: Float) {
        self.token = token
        self.bias = bias
    }
}
