import API

/// `tokenizer.json`: how text becomes tokens, as training libraries write it.
struct TokenizerFile {
    /// A token that is matched as a whole before anything else.
    struct Added {
        var id: Int
        var text: String
        var isSpecial: Bool
    }

    /// `BPE`, `Unigram`, `WordPiece`, ….
    private(set) var model = ""
    /// Token texts and their numbers, in the order of the file.
    private(set) var vocabulary: [(text: String, id: Int)] = []
    /// Pairs of token texts that merge, best first.
    private(set) var merges: [(left: String, right: String)] = []
    /// Whether bytes without a token of their own become tokens such as `<0x0A>`.
    private(set) var fallsBackToBytes = false
    private(set) var added: [Added] = []
    private(set) var preTokenizer = JSONValue.null
    private(set) var normalizer = JSONValue.null
    private(set) var postProcessor = JSONValue.null

    static let name = "tokenizer.json"
    /// Most tokens that a vocabulary may have.
    static let largestVocabulary = 1 << 24

    /// - Throws: malformed, with the place in the file.
    init(parsing bytes: [UInt8]) throws(StoreError) {
        var skimmer = JSONSkimmer(bytes, label: Self.name)
        var file = Self()
        try skimmer.forEachMember { (key, value) throws(StoreError) in
            switch key {
            case "model": try file.readModel(&value)
            case "added_tokens": file.added = try Self.added(value.value())
            case "pre_tokenizer": file.preTokenizer = try value.value()
            case "normalizer": file.normalizer = try value.value()
            case "post_processor": file.postProcessor = try value.value()
            default: try value.skip()
            }
        }
        try skimmer.finish()
        self = file
    }

    private init() {}

    private mutating func readModel(_ value: inout JSONSkimmer) throws(StoreError) {
        var file = self
        try value.forEachMember { (key, value) throws(StoreError) in
            switch key {
            case "type": file.model = try value.string()
            case "byte_fallback": file.fallsBackToBytes = try value.value().bool ?? false
            // Other models list pairs of text and score.
            case "vocab" where value.isObject: try file.readVocabulary(&value)
            case "merges":
                try value.forEachElement { (value) throws(StoreError) in
                    file.merges.append(try Self.merge(&value))
                }
            default: try value.skip()
            }
        }
        self = file
        // The oldest files do not name the kind of model.
        if model.isEmpty, !merges.isEmpty { model = "BPE" }
    }

    private mutating func readVocabulary(_ value: inout JSONSkimmer) throws(StoreError) {
        var vocabulary: [(text: String, id: Int)] = []
        try value.forEachMember { (text, value) throws(StoreError) in
            let id = try value.integer()
            guard (0..<Self.largestVocabulary).contains(id) else {
                throw value.malformed("token number \(id)")
            }
            vocabulary.append((text, id))
        }
        self.vocabulary = vocabulary
    }

    /// `"a b"` or `["a", "b"]`.
    private static func merge(
        _ value: inout JSONSkimmer
    ) throws(StoreError) -> (left: String, right: String) {
        if value.isArray {
            var parts: [String] = []
            try value.forEachElement { (value) throws(StoreError) in
                parts.append(try value.string())
            }
            guard parts.count == 2 else { throw value.malformed("a merge of \(parts.count) parts") }
            return (parts[0], parts[1])
        }
        let text = try value.string().utf8
        guard let blank = text.firstIndex(of: UInt8(ascii: " ")), blank != text.startIndex else {
            throw value.malformed("a merge without a blank")
        }
        return (
            String(decoding: text[..<blank], as: UTF8.self),
            String(decoding: text[text.index(after: blank)...], as: UTF8.self)
        )
    }

    private static func added(_ value: JSONValue) throws(StoreError) -> [Added] {
        var list: [Added] = []
        for item in value.array ?? [] {
            guard let id = item["id"]?.integer, (0..<largestVocabulary).contains(id),
                let text = item["content"]?.string
            else {
                throw StoreError(
                    .malformed, "\(name): an added token needs an id and a content")
            }
            list.append(Added(id: id, text: text, isSpecial: item["special"]?.bool ?? false))
        }
        return list
    }
}
