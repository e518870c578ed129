/// Kinds of bytes that grammars often treat alike.
struct ByteKinds: OptionSet, Sendable {
    let rawValue: UInt8

    static let digit = ByteKinds(rawValue: 1)
    static let lower = ByteKinds(rawValue: 2)
    static let upper = ByteKinds(rawValue: 4)
    static let space = ByteKinds(rawValue: 8)
    /// What joins words in names and addresses.
    static let joint = ByteKinds(rawValue: 16)
    /// What a JSON string escapes.
    static let escaped = ByteKinds(rawValue: 32)
    static let sign = ByteKinds(rawValue: 64)
    /// Parts of characters beyond ASCII.
    static let part = ByteKinds(rawValue: 128)

    init(rawValue: UInt8) { self.rawValue = rawValue }

    init(of byte: UInt8) {
        self =
            switch byte {
            case 0x30...0x39: .digit
            case 0x61...0x7A: .lower
            case 0x41...0x5A: .upper
            case 0x20: .space
            case 0x2D, 0x2E, 0x5F: .joint
            case 0x00...0x1F, 0x22, 0x5C, 0x7F: .escaped
            case 0x80...0xFF: .part
            default: .sign
            }
    }
}
