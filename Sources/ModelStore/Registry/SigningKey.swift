import Crypto
import FoundationEssentials

/// The Ed25519 key of this installation, which registries know by its public half.
struct SigningKey: Sendable {
    private let key: Curve25519.Signing.PrivateKey
    /// Base64 of the public key in OpenSSH's form.
    private let publicText: String

    /// Reads an OpenSSH private key without a passphrase.
    ///
    /// - Throws: io when the file cannot be read, malformed when it is no such key.
    init(path: String) throws(StoreError) {
        let text = String(
            decoding: try FileOperations.contents(path, limit: 64 << 10), as: UTF8.self)
        let lines = text.split(separator: "\n").map { String($0).trimmedASCII }
        guard lines.first == "-----BEGIN OPENSSH PRIVATE KEY-----",
            let data = Data(
                base64Encoded: lines.dropFirst().prefix { !$0.hasPrefix("-") }.joined()),
            let key = Self.key(Array(data))
        else { throw StoreError(.malformed, "\(path): no Ed25519 key without a passphrase") }
        self.key = key
        let fields =
            Self.field(Array("ssh-ed25519".utf8))
            + Self.field(Array(key.publicKey.rawRepresentation))
        publicText = Data(fields).base64EncodedString()
    }

    /// The value of `Authorization` for a request: the public key, a colon, and the signature of method, address and
    /// the digest of an empty body.
    func authorization(_ method: String, _ url: RegistryURL) throws(StoreError) -> String {
        let empty = Data(Digest(of: []).hex.utf8).base64EncodedString()
        do {
            let signature = try key.signature(for: Data("\(method),\(url),\(empty)".utf8))
            return "\(publicText):\(signature.base64EncodedString())"
        } catch {
            throw StoreError(.io, "the request could not be signed: \(error)")
        }
    }

    private static func key(_ file: [UInt8]) -> Curve25519.Signing.PrivateKey? {
        let magic = Array("openssh-key-v1\0".utf8)
        guard file.starts(with: magic) else { return nil }
        var rest = file[magic.count...]
        // Cipher, key derivation and its options say that there is no passphrase.
        guard take(&rest) == Array("none".utf8), take(&rest) == Array("none".utf8),
            take(&rest) == [], number(&rest) == 1, take(&rest) != nil, let secret = take(&rest)
        else { return nil }
        rest = secret[...]
        guard let first = number(&rest), first == number(&rest),
            take(&rest) == Array("ssh-ed25519".utf8), take(&rest)?.count == 32,
            let pair = take(&rest), pair.count == 64
        else { return nil }
        return try? Curve25519.Signing.PrivateKey(rawRepresentation: pair[..<32])
    }

    private static func number(_ bytes: inout ArraySlice<UInt8>) -> UInt32? {
        guard bytes.count >= 4 else { return nil }
        defer { bytes = bytes.dropFirst(4) }
        return bytes.prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
    }

    private static func take(_ bytes: inout ArraySlice<UInt8>) -> [UInt8]? {
        guard let count = number(&bytes), count <= bytes.count else { return nil }
        defer { bytes = bytes.dropFirst(Int(count)) }
        return Array(bytes.prefix(Int(count)))
    }

    private static func field(_ bytes: [UInt8]) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: UInt32(bytes.count) >> $0) } + bytes
    }
}
