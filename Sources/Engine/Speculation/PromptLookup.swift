/// Guesses the next tokens of a text by what followed its last tokens where they stood before.
///
/// The last three tokens are looked for first, then the last two; of several places the latest
/// counts. A place whose guesses hold is followed on, so a copied passage is guessed to its end.
///
/// Costs two table look-ups a token and 24 to 48 bytes of memory a token.
public struct PromptLookup: Sendable {
    private var tokens: [Token] = []
    private var tables = [SuffixTable(width: 3), SuffixTable(width: 2)]
    /// Where the text repeats itself: the place of the token that came next there.
    private var source: Int?
    /// Tokens that agree in front of `source`.
    private var agreeing = 0
    /// Ends of the earlier places of the last tokens, one for each table.
    private var earlier: [Int?] = [nil, nil]

    public init(_ tokens: some Sequence<Token>) {
        for token in tokens { append(token) }
    }

    /// Makes a token part of the text.
    public mutating func append(_ token: Token) {
        if let place = source, tokens[place] == token {
            source = place + 1
            agreeing += 1
        } else {
            source = nil
        }
        tokens.append(token)
        for index in tables.indices {
            earlier[index] = tables[index].replace(endingAt: tokens.count - 1, in: tokens)
        }
    }

    /// Up to `count` tokens that may come next; none where the last two are new.
    public mutating func guess(_ count: Int) -> [Token] {
        guard count > 0 else { return [] }
        if source == nil || agreeing < tables[0].width {
            guard let index = earlier.firstIndex(where: { $0 != nil }) else { return [] }
            source = earlier[index]! + 1
            agreeing = tables[index].width
        }
        let start = source!
        var guesses: [Token] = []
        guesses.reserveCapacity(count)
        for place in start..<start + count {
            // A text that repeats its end goes on with its own guesses.
            guesses.append(place < tokens.count ? tokens[place] : guesses[place - tokens.count])
        }
        return guesses
    }
}

/// The latest place of every run of `width` tokens.
private struct SuffixTable: Sendable {
    let width: Int
    /// Places of last tokens, by hash and then side by side; -1 is empty.
    private var slots = [Int32](repeating: -1, count: 64)
    private var count = 0

    init(width: Int) { self.width = width }

    /// Enters the run that ends at `end`, the last token; returns where it ended before.
    mutating func replace(endingAt end: Int, in tokens: [Token]) -> Int? {
        guard end + 1 >= width, end < Int(Int32.max) else { return nil }
        if count * 2 >= slots.count { grow(tokens) }
        let slot = slot(endingAt: end, in: tokens)
        let earlier = Int(slots[slot])
        slots[slot] = Int32(end)
        if earlier >= 0 { return earlier }
        count += 1
        return nil
    }

    private mutating func grow(_ tokens: [Token]) {
        let old = slots
        slots = [Int32](repeating: -1, count: old.count * 2)
        for end in old where end >= 0 {
            slots[slot(endingAt: Int(end), in: tokens)] = end
        }
    }

    /// The slot of the run, or the empty one that it may take.
    private func slot(endingAt end: Int, in tokens: [Token]) -> Int {
        var hash: UInt64 = 0
        for place in end - width + 1...end {
            hash = (hash ^ UInt64(UInt32(bitPattern: tokens[place]))) &* 0x9e37_79b9_7f4a_7c15
            hash ^= hash >> 29
        }
        var slot = Int(truncatingIfNeeded: hash >> 8) & (slots.count - 1)
        while slots[slot] >= 0, !isEqual(Int(slots[slot]), end, tokens) {
            slot = (slot + 1) & (slots.count - 1)
        }
        return slot
    }

    private func isEqual(_ a: Int, _ b: Int, _ tokens: [Token]) -> Bool {
        for distance in 0..<width where tokens[a - distance] != tokens[b - distance] {
            return false
        }
        return true
    }
}
