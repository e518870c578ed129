import Crypto

/// A validated SHA-256 digest; the only way to a blob's path.
public struct Digest: Sendable, Hashable, CustomStringConvertible {
    /// 64 lower-case hexadecimal digits.
    public let hex: String

    /// From `sha256:` or `sha256-` and 64 hexadecimal digits of either case.
    public init?(_ text: String) {
        let bytes = Array(text.utf8)
        let prefix = Array("sha256".utf8)
        guard bytes.count == prefix.count + 65, bytes.starts(with: prefix),
            bytes[prefix.count] == UInt8(ascii: ":") || bytes[prefix.count] == UInt8(ascii: "-")
        else { return nil }
        var digits: [UInt8] = []
        for byte in bytes.dropFirst(prefix.count + 1) {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"):
                digits.append(byte)
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digits.append(byte | 0x20)
            default: return nil
            }
        }
        hex = String(decoding: digits, as: UTF8.self)
    }

    /// The digest of `bytes`.
    public init(of bytes: [UInt8]) {
        self.init(SHA256.hash(data: bytes))
    }

    init(_ hash: SHA256.Digest) {
        let digits = Array("0123456789abcdef".utf8)
        hex = String(
            decoding: hash.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    public var description: String { "sha256:" + hex }
    public var fileName: String { "sha256-" + hex }

    /// The digest of a regular file, read in pieces of 1 MiB.
    public static func ofFile(_ path: String) throws(StoreError) -> Digest {
        var hash = SHA256()
        try FileOperations.forEachChunk(of: path) { hash.update(bufferPointer: $0) }
        return Digest(hash.finalize())
    }
}
