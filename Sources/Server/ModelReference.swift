import API
import ModelStore

/// A model as a request names it: a name, perhaps with a word on where it runs (`m:cloud`).
struct ModelReference: Sendable {
    /// Valid, with the spelling of the store.
    let name: ModelName

    /// - Parameter part: what a cloud model cannot give, for the error.
    /// - Throws: 400 for an invalid name and for contradicting suffixes, 403 for a cloud model.
    init(
        _ requested: String, store: ModelStore, part: String = "remote model is unavailable"
    ) throws(APIError) {
        var text = requested.trimmingSpaces
        switch Self.source(of: text) {
        case .cloud:
            guard Self.source(of: text.droppingSuffix) == nil else {
                throw Self.contradiction(requested)
            }
            throw APIError(403, "ollama cloud is disabled: \(part)")
        case .local:
            text = text.droppingSuffix
            guard Self.source(of: text) == nil else { throw Self.contradiction(requested) }
        case nil: break
        }
        guard let name = ModelName(text) else { throw APIError(400, "invalid model name") }
        self.name = store.resolve(name)
    }

    enum Source { case cloud, local }

    /// What the text after the last colon says about the place.
    static func source(of text: String) -> Source? {
        guard let colon = text.utf8.lastIndex(of: UInt8(ascii: ":")) else { return nil }
        let tag = text[text.utf8.index(after: colon)...].lowercased()
        if tag == "local" { return .local }
        return tag == "cloud" || tag.hasSuffix("-cloud") ? .cloud : nil
    }

    private static func contradiction(_ requested: String) -> APIError {
        APIError(400, "use either :local or :cloud, not both: \(GoQuote.quoted(requested))")
    }
}

extension String {
    /// Without the last colon and what follows it.
    fileprivate var droppingSuffix: String {
        utf8.lastIndex(of: UInt8(ascii: ":")).map { String(self[..<$0]) } ?? self
    }

    /// Without white space at both ends.
    var trimmingSpaces: String {
        var scalars = Substring(self).unicodeScalars
        while scalars.first?.properties.isWhitespace == true { scalars.removeFirst() }
        while scalars.last?.properties.isWhitespace == true { scalars.removeLast() }
        return String(scalars)
    }
}

extension StoreError {
    /// As the API reports it.
    var asAPIError: APIError { APIError(status, description) }
}

extension ModelDetails {
    /// As lists and show print it.
    var summary: ModelSummary {
        var summary = ModelSummary()
        summary.parentModel = parentModel
        summary.format = format
        summary.family = family
        summary.families = families
        summary.parameterSize = parameterSize
        summary.quantizationLevel = quantizationLevel
        summary.contextLength = contextLength
        summary.embeddingLength = embeddingLength
        return summary
    }
}
