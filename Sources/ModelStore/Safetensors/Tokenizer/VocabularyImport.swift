import API
import GGUF

/// The tokenizer of a checkpoint as GGUF metadata.
struct VocabularyImport {
    /// In the order of the reference.
    private(set) var metadata: [(String, MetadataValue)] = []

    private enum Kind {
        static let normal: Int32 = 1
        static let control: Int32 = 3
        static let userDefined: Int32 = 4
        static let unused: Int32 = 5
        static let byte: Int32 = 6
    }

    private let checkpoint: Checkpoint
    private let config: JSONValue
    private var texts: [String]
    private var kinds: [Int32]
    private var scores: [Float]
    private var ids: [[UInt8]: Int] = [:]

    /// - Parameter size: rows of the embedding: the tokens there have to be.
    /// - Throws: malformed, with the file and what in it cannot be used.
    init(_ checkpoint: Checkpoint, size: Int) throws(StoreError) {
        self.checkpoint = checkpoint
        guard size <= TokenizerFile.largestVocabulary else {
            throw StoreError(.malformed, "an embedding of \(size) rows")
        }
        config = try checkpoint.json("tokenizer_config.json") ?? .null
        texts = (0..<size).map { "[PAD\($0)]" }
        kinds = Array(repeating: Kind.unused, count: size)
        scores = Array(repeating: -10_000, count: size)

        let limit = Checkpoint.longestVocabulary
        let file = try checkpoint.contents(TokenizerFile.name, limit: limit)
            .map { (bytes) throws(StoreError) in try TokenizerFile(parsing: bytes) }
        let isByteLevel = file.map { $0.model == "BPE" && !$0.fallsBackToBytes } ?? false
        if let file, isByteLevel {
            try addByteLevel(file)
        } else if let bytes = try checkpoint.contents(SentencePieceModel.name, limit: limit) {
            try addPieces(SentencePieceModel(parsing: bytes), file)
        } else if let file {
            guard file.model == "BPE" else {
                throw StoreError(
                    .malformed,
                    "\(TokenizerFile.name): a model of type \"\(file.model)\" is not supported")
            }
            try addRankedPieces(file)
        } else {
            throw StoreError(
                .malformed, "neither \(TokenizerFile.name) nor \(SentencePieceModel.name) is there")
        }
        try addSpecialTokens(file)
        try addChatTemplate()
    }

    // MARK: Tokens

    private mutating func set(
        _ id: Int, _ text: String, kind: Int32, score: Float = 0, from name: String
    ) throws(StoreError) {
        guard id < texts.count else {
            throw StoreError(
                .malformed, "\(name): token \(id) of an embedding of \(texts.count) rows")
        }
        texts[id] = text
        kinds[id] = kind
        scores[id] = score
        ids[Array(text.utf8)] = id
    }

    /// Tokens that are matched as a whole, from each place where they may be listed.
    private func addedTokens(_ file: TokenizerFile?) -> [TokenizerFile.Added] {
        var added = file?.added ?? []
        for (key, value) in config["added_tokens_decoder"]?.object ?? [:] {
            guard let id = Int(key), id >= 0, let text = value["content"]?.string else { continue }
            added.append(.init(id: id, text: text, isSpecial: value["special"]?.bool ?? false))
        }
        return added
    }

    private mutating func setAdded(_ file: TokenizerFile?, score: Float) throws(StoreError) {
        for token in addedTokens(file) where token.id < texts.count {
            let isControl = token.isSpecial || Self.looksSpecial(token.text)
            try set(
                token.id, token.text, kind: isControl ? Kind.control : Kind.userDefined,
                score: score, from: TokenizerFile.name)
        }
    }

    /// Tokens that are marks even where the file does not say so.
    private static func looksSpecial(_ text: String) -> Bool {
        if ["<pad>", "<mask>"].contains(text) { return true }
        return [("<|", "|>"), ("<｜", "｜>"), ("<unused", ">")].contains {
            text.utf8.starts(with: $0.0.utf8)
                && text.utf8.reversed().starts(with: $0.1.utf8.reversed())
        }
    }

    private mutating func addByteLevel(_ file: TokenizerFile) throws(StoreError) {
        let pre = try PreTokenizerName.name(of: file.preTokenizer)
        for token in file.vocabulary {
            try set(token.id, token.text, kind: Kind.normal, from: TokenizerFile.name)
        }
        try setAdded(file, score: 0)
        metadata += [
            ("tokenizer.ggml.model", .string("gpt2")), ("tokenizer.ggml.pre", .string(pre)),
            ("tokenizer.ggml.tokens", .array(.strings(StringArray(texts)))),
            ("tokenizer.ggml.token_type", .array(.int32(kinds))),
            (
                "tokenizer.ggml.merges",
                .array(.strings(StringArray(file.merges.map { "\($0.left) \($0.right)" })))
            ),
        ]
    }

    private mutating func addPieces(
        _ model: SentencePieceModel, _ file: TokenizerFile?
    ) throws(StoreError) {
        for (id, piece) in model.pieces.enumerated() {
            try set(
                id, String(decoding: piece.text, as: UTF8.self), kind: piece.kind,
                score: piece.score, from: SentencePieceModel.name)
        }
        try setAdded(file, score: -1_000)
        addSentencePiece(addsSpacePrefix: model.addsSpacePrefix)
    }

    /// Without the pieces' scores, the order of the merges gives them: what merges earlier scores higher.
    private mutating func addRankedPieces(_ file: TokenizerFile) throws(StoreError) {
        var ranks: [[UInt8]: Int] = [:]
        for (rank, merge) in file.merges.enumerated() {
            let whole = Array(merge.left.utf8) + Array(merge.right.utf8)
            if ranks[whole] == nil { ranks[whole] = rank }
        }
        for token in file.vocabulary {
            let rank = ranks[Array(token.text.utf8)] ?? file.merges.count
            let isByte = token.text.utf8.count == 6 && token.text.hasPrefix("<0x")
            try set(
                token.id, token.text, kind: isByte ? Kind.byte : Kind.normal,
                score: isByte ? 0 : -Float(rank), from: TokenizerFile.name)
        }
        try setAdded(file, score: -1_000)
        addSentencePiece(addsSpacePrefix: Self.addsSpacePrefix(file))
    }

    /// The prefix may be the work of the normalizer or of the pre-tokenizer.
    private static func addsSpacePrefix(_ file: TokenizerFile) -> Bool {
        let normalizers = file.normalizer["normalizers"]?.array ?? [file.normalizer]
        if normalizers.contains(where: { $0["type"]?.string == "Prepend" }) { return true }
        let steps = file.preTokenizer["pretokenizers"]?.array ?? [file.preTokenizer]
        guard let metaspace = steps.first(where: { $0["type"]?.string == "Metaspace" }) else {
            return false
        }
        if let scheme = metaspace["prepend_scheme"]?.string { return scheme != "never" }
        return metaspace["add_prefix_space"]?.bool ?? true
    }

    private mutating func addSentencePiece(addsSpacePrefix: Bool) {
        metadata += [
            ("tokenizer.ggml.model", .string("llama")), ("tokenizer.ggml.pre", .string("default")),
            ("tokenizer.ggml.tokens", .array(.strings(StringArray(texts)))),
            ("tokenizer.ggml.scores", .array(.float32(scores))),
            ("tokenizer.ggml.token_type", .array(.int32(kinds))),
        ]
        if !addsSpacePrefix { metadata.append(("tokenizer.ggml.add_space_prefix", .bool(false))) }
    }

    // MARK: Marks

    private mutating func addSpecialTokens(_ file: TokenizerFile?) throws(StoreError) {
        let generation = try checkpoint.json("generation_config.json") ?? .null
        for (name, key) in [
            ("bos", "bos"), ("eos", "eos"), ("unk", "unknown"), ("pad", "padding"),
        ] {
            let named = config["\(name)_token"]
            let text = named?.string ?? named?["content"]?.string
            let numbers = [checkpoint.config.json, generation].compactMap { source in
                let value = source["\(name)_token_id"]
                return value?.integer ?? value?[0]?.integer
            }
            guard let id = text.flatMap({ ids[Array($0.utf8)] }) ?? numbers.first,
                texts.indices.contains(id)
            else { continue }
            metadata.append(("tokenizer.ggml.\(key)_token_id", .uint32(UInt32(id))))
        }
        addSequenceMarks(file)
    }

    /// Whether prompts are put between begin and end tokens: what the tokenizer's own template shows
    /// counts before the flags.
    private mutating func addSequenceMarks(_ file: TokenizerFile?) {
        func mark(_ name: String) -> String? {
            config["\(name)_token"]?.string ?? config["\(name)_token"]?["content"]?.string
        }
        var flags = ["bos": config["add_bos_token"]?.bool, "eos": config["add_eos_token"]?.bool]
        let steps = file?.postProcessor["processors"]?.array ?? [file?.postProcessor ?? .null]
        for step in steps where step["type"]?.string == "TemplateProcessing" {
            guard let items = step["single"]?.array, items.count > 1 else { continue }
            func special(_ item: JSONValue?) -> String? { item?["SpecialToken"]?["id"]?.string }
            if let bos = mark("bos") { flags["bos"] = special(items.first) == bos }
            if let eos = mark("eos") { flags["eos"] = special(items.last) == eos }
        }
        for name in ["bos", "eos"] {
            guard case let flag?? = flags[name] else { continue }
            metadata.append(("tokenizer.ggml.add_\(name)_token", .bool(flag)))
        }
    }

    /// The file of its own counts before the config's; of several templates the default one.
    private mutating func addChatTemplate() throws(StoreError) {
        var template: String?
        if let bytes = try checkpoint.contents("chat_template.jinja") {
            template = String(decoding: bytes, as: UTF8.self)
        } else if let text = config["chat_template"]?.string {
            template = text
        } else if let list = config["chat_template"]?.array {
            let chosen = list.first { $0["name"]?.string == "default" } ?? list.first
            template = chosen?["template"]?.string
        } else if let text = try checkpoint.json("chat_template.json")?["chat_template"]?.string {
            template = text
        }
        guard let template, !template.isEmpty else { return }
        metadata.append(("tokenizer.chat_template", .string(template)))
    }
}
