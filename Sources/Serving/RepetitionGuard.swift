/// Notices a model that repeats one piece of text for ever.
struct RepetitionGuard {
    /// Repetitions of a piece that are still shown.
    static let limit = 30
    private var last = ""
    private var repetitions = 0

    /// Whether the piece may be shown; pieces that differ in surrounding white space only are equal.
    mutating func admits(_ piece: String) -> Bool {
        let trimmed = piece.trimmingWhitespace()
        if trimmed == last {
            repetitions += 1
        } else {
            last = trimmed
            repetitions = 0
        }
        return repetitions <= Self.limit
    }
}

extension String {
    func trimmingWhitespace() -> String {
        let scalars = unicodeScalars
        guard let first = scalars.firstIndex(where: { !$0.properties.isWhitespace }),
            let last = scalars.lastIndex(where: { !$0.properties.isWhitespace })
        else { return "" }
        return String(scalars[first...last])
    }
}
