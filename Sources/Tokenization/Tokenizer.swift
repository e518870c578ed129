public import GGUF

/// The tokenizer that a GGUF file describes: text to tokens and back.
///
/// `tokenizer.ggml.model` chooses the algorithm: `gpt2` is byte-level byte-pair encoding behind the
/// splitter that `tokenizer.ggml.pre` names, `llama` is SentencePiece-style, `bert` is WordPiece. Other
/// values are refused by name. Immutable; safe to share between threads.
public struct Tokenizer: Sendable {
    private let vocabulary: Vocabulary
    private let special: SpecialTokens
    private let algorithm: Algorithm
    private let cleansSpaces: Bool

    private enum Algorithm: Sendable {
        case bytePair(BytePair)
        case sentencePiece(SentencePiece)
        case wordPiece(WordPiece)
    }

    /// - Throws: ``TokenizationError`` that names the key and the value which cannot be used.
    /// - Complexity: O(bytes of the vocabulary); some tens of milliseconds for 150,000 tokens.
    public init(_ metadata: Metadata) throws(TokenizationError) {
        let model: String
        let pre: String
        do throws(GGUFError) {
            guard let name = try metadata.string("tokenizer.ggml.model") else {
                throw GGUFError(.missingKey, "key \"tokenizer.ggml.model\" is missing")
            }
            model = name
            pre = try metadata.string("tokenizer.ggml.pre") ?? "default"
        } catch {
            throw TokenizationError(error.description)
        }
        var vocabulary = try Vocabulary(metadata)
        switch model {
        case "gpt2":
            let splitter = try PreTokenizer.named(pre)
            special = try SpecialTokens(
                metadata, &vocabulary, .bytePair,
                addsBeginByDefault: splitter.addsBegin)
            algorithm = .bytePair(try BytePair(metadata, vocabulary, splitter: splitter))
            cleansSpaces = splitter.cleansSpaces
        case "llama":
            special = try SpecialTokens(
                metadata, &vocabulary, .sentencePiece, addsBeginByDefault: true)
            algorithm = .sentencePiece(try SentencePiece(metadata, vocabulary))
            cleansSpaces = false
        case "bert":
            special = try SpecialTokens(
                metadata, &vocabulary, .wordPiece, addsBeginByDefault: true)
            algorithm = .wordPiece(
                try WordPiece(metadata, vocabulary, unknown: special.unknown))
            cleansSpaces = true
        default:
            throw TokenizationError("unsupported tokenizer model \"\(model)\"")
        }
        self.vocabulary = vocabulary
    }

    public var count: Int { vocabulary.count }
    public var beginOfSequence: Token? { special.begin }
    public var endOfSequence: Token? { special.end }
    public var endOfTurn: Token? { special.endOfTurn }
    public var addsBeginOfSequence: Bool { special.addsBegin && special.begin != nil }
    public var addsEndOfSequence: Bool { special.addsEnd && special.end != nil }
    /// Tokens that ``encode(_:addSpecial:parseSpecial:)`` puts before and after a text on request.
    public var openingTokens: [Token] {
        let begin = special.begin.map { [$0] } ?? []
        return isWordPiece || special.addsBegin ? begin : []
    }
    public var closingTokens: [Token] {
        if isWordPiece { return special.separator.map { [$0] } ?? [] }
        return special.addsEnd ? special.end.map { [$0] } ?? [] : []
    }
    /// Whether texts stand between a class and a separator token whatever the file says.
    private var isWordPiece: Bool {
        if case .wordPiece = algorithm { true } else { false }
    }
    /// Tokens that end generation: end of sequence, of turn, of message, and their like.
    public var endOfGeneration: Set<Token> { special.endOfGeneration }
    public func isControl(_ token: Token) -> Bool {
        token >= 0 && Int(token) < count && vocabulary.kinds[Int(token)].isSpecial
    }
    /// The token with this text, as the file writes it.
    public func token(named text: String) -> Token? { vocabulary.token(text) }
    /// The text of a token as the file writes it; nil out of range.
    public func name(of token: Token) -> String? {
        guard token >= 0, Int(token) < count else { return nil }
        return String(decoding: vocabulary.text(token), as: UTF8.self)
    }

    /// Tokens of a text.
    ///
    /// - Parameters:
    ///   - addSpecial: put the begin and end tokens around it that the file asks for.
    ///   - parseSpecial: recognise the texts of control tokens; user-defined tokens always are.
    /// - Complexity: O(n log n) in the bytes of the text at worst.
    public func encode(_ text: String, addSpecial: Bool = false, parseSpecial: Bool = false)
        -> [Token]
    {
        var text = text
        return text.withUTF8 { bytes in
            var tokens: [Token] = []
            tokens.reserveCapacity(bytes.count / 3 + 2)
            if addSpecial { tokens += openingTokens }
            var afterSpecial = true
            for fragment in special.fragments(bytes, parseSpecial: parseSpecial) {
                switch fragment {
                case .token(let token):
                    tokens.append(token)
                    afterSpecial = true
                case .text(let range):
                    switch algorithm {
                    case .bytePair(let pairs):
                        pairs.encode(bytes, range, vocabulary, into: &tokens)
                    case .sentencePiece(let pieces):
                        pieces.encode(
                            bytes, range, prefixed: afterSpecial && pieces.addsSpacePrefix,
                            vocabulary,
                            into: &tokens)
                    case .wordPiece(let pieces):
                        pieces.encode(bytes, range, into: &tokens)
                    }
                    afterSpecial = false
                }
            }
            if addSpecial { tokens += closingTokens }
            return tokens
        }
    }

    /// Bytes of a token as they are streamed: empty for control tokens unless `special`, and for
    /// numbers outside the vocabulary.
    public func piece(_ token: Token, special showsSpecial: Bool = false) -> [UInt8] {
        guard token >= 0, Int(token) < count else { return [] }
        let kind = vocabulary.kinds[Int(token)]
        let text = vocabulary.text(token)
        switch kind {
        case .control, .unknown: return showsSpecial ? Array(text) : []
        case .userDefined: return Array(text)
        case .unused: return []
        case .byte: return SentencePiece.byte(text).map { [$0] } ?? Array(text)
        case .normal:
            switch algorithm {
            case .bytePair: return ByteAlphabet.decode(text)
            case .sentencePiece, .wordPiece: return Self.unescape(text)
            }
        }
    }

    private static func unescape(_ text: ArraySlice<UInt8>) -> [UInt8] {
        var out: [UInt8] = []
        var at = text.startIndex
        while at < text.endIndex {
            if text[at] == 0xE2, at + 2 < text.endIndex, text[at + 1] == 0x96, text[at + 2] == 0x81
            {
                out.append(0x20)
                at += 3
            } else {
                out.append(text[at])
                at += 1
            }
        }
        return out
    }

    /// Joined pieces, invalid UTF-8 repaired: what a stream shows in the end, leading blank included.
    public func decode(_ tokens: [Token], special: Bool = false) -> String {
        var bytes: [UInt8] = []
        for token in tokens { bytes += piece(token, special: special) }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Whether the first blank of a sequence belongs to the vocabulary's prefix, not to the text.
    public var dropsLeadingSpace: Bool {
        if case .sentencePiece(let pieces) = algorithm { pieces.addsSpacePrefix } else { false }
    }

    /// The inverse of ``encode(_:addSpecial:parseSpecial:)``, tidied as reference libraries do: the
    /// prefix blank dropped, and for some families blanks before punctuation removed.
    public func detokenize(
        _ tokens: [Token], removeSpecial: Bool = false, unparseSpecial: Bool = true
    ) -> String {
        var tokens = tokens[...]
        var dropsSpace = dropsLeadingSpace
        if removeSpecial {
            if addsBeginOfSequence, tokens.first == special.begin {
                dropsSpace = false
                tokens = tokens.dropFirst()
            }
            if addsEndOfSequence, tokens.last == special.end { tokens = tokens.dropLast() }
        }
        var bytes: [UInt8] = []
        for token in tokens {
            let piece = piece(token, special: unparseSpecial)
            bytes += dropsSpace && piece.first == 0x20 ? piece[1...] : piece[...]
            dropsSpace = false
        }
        return String(decoding: cleansSpaces ? SpaceCleaning.clean(bytes) : bytes, as: UTF8.self)
    }
}
