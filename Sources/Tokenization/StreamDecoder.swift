/// Turns a stream of tokens into text, handing out whole UTF-8 sequences only.
///
/// What a token leaves unfinished waits for the next one. Bytes that can no longer become valid are
/// handed out as U+FFFD.
public struct StreamDecoder: Sendable {
    private let tokenizer: Tokenizer
    private var pending: [UInt8] = []
    private var dropsSpace: Bool

    /// `continues`: the stream goes on after other text, so that its first blank is kept.
    public init(_ tokenizer: Tokenizer, continues: Bool = true) {
        self.tokenizer = tokenizer
        dropsSpace = !continues && tokenizer.dropsLeadingSpace
    }

    /// Text that became complete with this token; may be empty.
    public mutating func append(_ token: Token) -> String {
        var piece = tokenizer.piece(token)[...]
        if dropsSpace, !piece.isEmpty {
            if piece.first == 0x20 { piece = piece.dropFirst() }
            dropsSpace = false
        }
        pending += piece
        let whole = Self.wholePrefix(pending)
        guard whole > 0 else { return "" }
        defer { pending.removeFirst(whole) }
        return String(decoding: pending[..<whole], as: UTF8.self)
    }

    /// What is left, incomplete bytes as U+FFFD.
    public mutating func finish() -> String {
        defer { pending = [] }
        return String(decoding: pending, as: UTF8.self)
    }

    /// Bytes up to an unfinished sequence at the end.
    private static func wholePrefix(_ bytes: [UInt8]) -> Int {
        for back in 1...3 where back <= bytes.count {
            let byte = bytes[bytes.count - back]
            if byte & 0xC0 == 0x80 { continue }
            let length = byte >= 0xF0 && byte < 0xF8 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1
            return byte < 0xF8 && length > back ? bytes.count - back : bytes.count
        }
        return bytes.count
    }
}
