import Crypto
import FoundationEssentials

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The Ed25519 key pair that registries know this installation by, in OpenSSH's file format.
struct IdentityKey {
    let privateText: String
    /// `ssh-ed25519 <base64>` and a newline.
    let publicText: String

    /// - Parameter check: The number that OpenSSH writes twice to notice wrong passphrases.
    init(_ key: Curve25519.Signing.PrivateKey, check: UInt32 = .random(in: .min ... .max)) {
        let publicKey = Array(key.publicKey.rawRepresentation)
        let kind = Array("ssh-ed25519".utf8)
        let publicBlob = Self.field(kind) + Self.field(publicKey)

        var secret = Self.number(check) + Self.number(check) + publicBlob
        secret += Self.field(Array(key.rawRepresentation) + publicKey)
        secret += Self.field([])
        // Padding 1, 2, 3 … up to the cipher's block size.
        var padding: UInt8 = 1
        while secret.count % 8 != 0 {
            secret.append(padding)
            padding += 1
        }
        var file = Array("openssh-key-v1\0".utf8)
        file += Self.field(Array("none".utf8)) + Self.field(Array("none".utf8)) + Self.field([])
        file += Self.number(1) + Self.field(publicBlob) + Self.field(secret)

        let body = Array(Data(file).base64EncodedString().utf8)
        var text = "-----BEGIN OPENSSH PRIVATE KEY-----\n"
        for start in stride(from: 0, to: body.count, by: 70) {
            text +=
                String(decoding: body[start..<min(start + 70, body.count)], as: UTF8.self) + "\n"
        }
        privateText = text + "-----END OPENSSH PRIVATE KEY-----\n"
        publicText = "ssh-ed25519 " + Data(publicBlob).base64EncodedString() + "\n"
    }

    /// Makes sure that the key exists below `folder`; tells on stdout when it had to be made.
    ///
    /// - Throws: ``CommandError`` when the folder or the files cannot be written.
    static func ensure(in folder: String) throws {
        let path = folder + "/id_ed25519"
        if access(path, F_OK) == 0 { return }
        Console.out("Couldn't find '\(path)'. Generating new private key.\n")
        let key = IdentityKey(Curve25519.Signing.PrivateKey())
        // With its parents: services may have a home that nobody made.
        let ends = folder.indices.filter { folder[$0] == "/" && $0 > folder.startIndex }
        for path in ends.map({ String(folder[..<$0]) }) + [folder]
        where mkdir(path, 0o755) != 0 && errno != EEXIST {
            throw CommandError("could not create directory mkdir \(path): \(lastSystemError)")
        }
        try write(key.privateText, to: path, mode: 0o600)
        try write(key.publicText, to: path + ".pub", mode: 0o644)
        Console.out("Your new public key is: \n\n\(key.publicText)\n")
    }

    private static func write(_ text: String, to path: String, mode: mode_t) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw CommandError("open \(path): \(lastSystemError)") }
        defer { close(descriptor) }
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { rest in
                #if canImport(Glibc)
                    Glibc.write(descriptor, rest.baseAddress, rest.count)
                #elseif canImport(Musl)
                    Musl.write(descriptor, rest.baseAddress, rest.count)
                #else
                    Darwin.write(descriptor, rest.baseAddress, rest.count)
                #endif
            }
            guard count > 0 else { throw CommandError("write \(path): \(lastSystemError)") }
            bytes = bytes.dropFirst(count)
        }
    }

    private static func number(_ value: UInt32) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
    }

    /// Bytes after their length.
    private static func field(_ bytes: [UInt8]) -> [UInt8] { number(UInt32(bytes.count)) + bytes }
}

/// What `errno` says, in lower case as other messages are.
var lastSystemError: String {
    let text = String(cString: strerror(errno))
    return text.prefix(1).lowercased() + text.dropFirst()
}
