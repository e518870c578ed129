import API

/// Rules that make a conversation or a prompt fit the window.
enum PromptTruncation {
    /// Tokens a picture counts when a model with a projector reads it.
    static let imageTokens = 768

    /// The messages from `index` on, with all system messages before it.
    static func messages(_ messages: [Message], from index: Int) -> [Message] {
        messages[..<index].filter { $0.role == "system" } + messages[index...]
    }

    /// The first message to keep so that the rendered rest has at most `limit` tokens. The last message
    /// is kept whatever it takes.
    ///
    /// Cost: logarithmic in the number of messages; dropping more is taken to never need more tokens.
    static func firstKept<Failure: Error>(
        of count: Int, limit: Int, tokens: (Int) throws(Failure) -> Int
    ) throws(Failure) -> Int {
        guard count > 1 else { return 0 }
        if try tokens(0) <= limit { return 0 }
        var low = 1
        var high = count - 1
        while low < high {
            let middle = (low + high) / 2
            if try tokens(middle) <= limit { high = middle } else { low = middle + 1 }
        }
        return low
    }

    /// Tokens of the prompt's front that survive, `numKeep` negative meaning all.
    static func kept(numKeep: Int, addsBOS: Bool, promptCount: Int, limit: Int) -> Int {
        let wanted = numKeep < 0 ? promptCount : min(numKeep, limit) + (addsBOS ? 1 : 0)
        return max(0, min(wanted, limit))
    }

    /// The first tokens to keep and the newest of the rest, when there are more than
    /// `contextLength - 1`; nil when the prompt fits.
    static func tokens<Token>(
        _ prompt: [Token], contextLength: Int, numKeep: Int, addsBOS: Bool
    ) -> [Token]? {
        guard prompt.count > contextLength - 1 else { return nil }
        let keep = kept(
            numKeep: numKeep, addsBOS: addsBOS, promptCount: prompt.count, limit: contextLength - 1)
        let length = contextLength - max((contextLength - keep) / 2, 1)
        return Array(prompt.prefix(keep) + prompt.suffix(max(0, length - keep)))
    }
}
