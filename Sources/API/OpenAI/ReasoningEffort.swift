/// The words for how hard a model should think, as OpenAI's clients write them.
enum ReasoningEffort {
    /// nil for "": the model's own default.
    ///
    /// - Throws: status 400 for a word that is none.
    static func think(_ word: String) throws(APIError) -> Think? {
        switch word {
        case "": return nil
        case "none": return .off
        case "minimal", "low": return .level("low")
        case "medium", "high", "max": return .level(word)
        case "xhigh", "ultra": return .level("max")
        default:
            throw APIError(
                400,
                "invalid reasoning value: \(GoQuote.quoted(word)) (must be \"minimal\", \"low\", "
                    + "\"medium\", \"high\", \"xhigh\", \"ultra\", \"max\", or \"none\")")
        }
    }
}
