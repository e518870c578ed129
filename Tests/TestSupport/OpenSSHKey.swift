public import Crypto
import Foundation

/// A new Ed25519 key without a passphrase, in the file that OpenSSH would write.
public enum OpenSSHKey {
    public static func write(
        to folder: String
    ) throws -> (path: String, key: Curve25519.Signing.PublicKey) {
        let key = Curve25519.Signing.PrivateKey()
        func field(_ bytes: [UInt8]) -> [UInt8] {
            withUnsafeBytes(of: UInt32(bytes.count).bigEndian) { Array($0) } + bytes
        }
        let none = field(Array("none".utf8))
        let open = Array(key.publicKey.rawRepresentation)
        let publicBlob = field(Array("ssh-ed25519".utf8)) + field(open)
        let secret =
            [0, 0, 0, 7, 0, 0, 0, 7] + publicBlob
            + field(Array(key.rawRepresentation) + open) + field([]) + [1, 2, 3]
        let file =
            Array("openssh-key-v1\0".utf8) + none + none + field([]) + [0, 0, 0, 1]
            + field(publicBlob) + field(secret)
        let body = Data(file).base64EncodedString(
            options: [.lineLength64Characters, .endLineWithLineFeed])
        let path = folder + "/id_ed25519"
        try """
        -----BEGIN OPENSSH PRIVATE KEY-----
        \(body)
        -----END OPENSSH PRIVATE KEY-----

        """.write(toFile: path, atomically: true, encoding: .utf8)
        return (path, key.publicKey)
    }
}
