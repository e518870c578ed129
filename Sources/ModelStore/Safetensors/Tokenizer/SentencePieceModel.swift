/// `tokenizer.model`: a vocabulary of pieces with scores, in the protocol-buffer form of SentencePiece.
struct SentencePieceModel {
    struct Piece {
        var text: [UInt8] = []
        var score: Float = 0
        /// 1 normal, 2 unknown, 3 control, 4 user-defined, 5 unused, 6 byte: as GGUF numbers them too.
        var kind: Int32 = 1
    }

    private(set) var pieces: [Piece] = []
    /// Whether texts get a blank in front.
    private(set) var addsSpacePrefix = true

    static let name = "tokenizer.model"

    /// - Throws: malformed for anything that is not such a file.
    init(parsing bytes: [UInt8]) throws(StoreError) {
        var fields = ProtobufFields(bytes[...])
        while let field = try fields.next() {
            switch (field.number, field.value) {
            case (1, .bytes(let piece)): pieces.append(try Self.piece(piece))
            case (3, .bytes(let normalizer)):
                var fields = ProtobufFields(normalizer)
                while let field = try fields.next() {
                    if case (3, .integer(let value)) = (field.number, field.value) {
                        addsSpacePrefix = value != 0
                    }
                }
            default: break
            }
        }
        guard !pieces.isEmpty else {
            throw StoreError(.malformed, "\(Self.name): no SentencePiece vocabulary")
        }
    }

    private static func piece(_ bytes: ArraySlice<UInt8>) throws(StoreError) -> Piece {
        var piece = Piece()
        var fields = ProtobufFields(bytes)
        while let field = try fields.next() {
            switch (field.number, field.value) {
            case (1, .bytes(let text)): piece.text = Array(text)
            case (2, .word(let bits)): piece.score = Float(bitPattern: bits)
            case (3, .integer(let kind)):
                guard (1...6).contains(kind) else {
                    throw StoreError(.malformed, "\(name): a piece of kind \(kind)")
                }
                piece.kind = Int32(kind)
            default: break
            }
        }
        guard piece.score.isFinite else {
            throw StoreError(.malformed, "\(name): a piece's score is not finite")
        }
        return piece
    }
}

/// The fields of one protocol-buffer message, front to back.
private struct ProtobufFields {
    enum Value {
        case integer(UInt64)
        case word(UInt32)
        case doubleWord
        case bytes(ArraySlice<UInt8>)
    }

    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    private func malformed(_ what: String) -> StoreError {
        StoreError(.malformed, "\(SentencePieceModel.name): \(what) at byte \(rest.startIndex)")
    }

    mutating func next() throws(StoreError) -> (number: UInt64, value: Value)? {
        guard !rest.isEmpty else { return nil }
        let key = try variable()
        switch key & 7 {
        case 0: return (key >> 3, .integer(try variable()))
        case 1:
            _ = try take(8)
            return (key >> 3, .doubleWord)
        case 2: return (key >> 3, .bytes(try take(try variable())))
        case 5:
            let bytes = try take(4)
            return (key >> 3, .word(bytes.reversed().reduce(0) { $0 << 8 | UInt32($1) }))
        default: throw malformed("field type \(key & 7)")
        }
    }

    private mutating func variable() throws(StoreError) -> UInt64 {
        var value: UInt64 = 0
        for shift: UInt64 in stride(from: 0, to: 64, by: 7) {
            guard let byte = rest.popFirst() else { throw malformed("unexpected end") }
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
        }
        throw malformed("number too long")
    }

    private mutating func take(_ count: UInt64) throws(StoreError) -> ArraySlice<UInt8> {
        guard count <= UInt64(rest.count) else { throw malformed("unexpected end") }
        defer { rest = rest.dropFirst(Int(count)) }
        return rest.prefix(Int(count))
    }
}
