/// What a registry asks for with a 401: the header `WWW-Authenticate`.
struct Challenge: Sendable, Equatable {
    enum Scheme: Sendable { case basic, bearer }

    var scheme: Scheme
    var realm = ""
    var service = ""
    /// Separated by blanks.
    var scope = ""

    /// The first challenge of a kind that is known; nil when there is none.
    init?(_ header: String) {
        let words = header.utf8.split(separator: UInt8(ascii: " "), maxSplits: 1)
        guard let first = words.first else { return nil }
        switch String(decoding: first, as: UTF8.self).lowercased() {
        case "bearer": scheme = .bearer
        case "basic": scheme = .basic
        default: return nil
        }
        for (name, value) in Self.parameters(words.count > 1 ? Array(words[1]) : []) {
            switch name {
            case "realm": realm = value
            case "service": service = value
            case "scope": scope = value
            default: break
            }
        }
    }

    /// `name=value` and `name="value"`, split at commas; a backslash keeps the next byte of a quoted one.
    private static func parameters(_ bytes: [UInt8]) -> [(String, String)] {
        var found: [(String, String)] = []
        var index = 0
        while index < bytes.count {
            var name: [UInt8] = []
            while index < bytes.count, bytes[index] != UInt8(ascii: "=") {
                if bytes[index] != UInt8(ascii: ","), bytes[index] > 0x20 {
                    name.append(bytes[index])
                }
                index += 1
            }
            index += 1
            var value: [UInt8] = []
            if index < bytes.count, bytes[index] == UInt8(ascii: "\"") {
                index += 1
                while index < bytes.count, bytes[index] != UInt8(ascii: "\"") {
                    if bytes[index] == UInt8(ascii: "\\"), index + 1 < bytes.count { index += 1 }
                    value.append(bytes[index])
                    index += 1
                }
                index += 1
            } else {
                while index < bytes.count, bytes[index] != UInt8(ascii: ",") {
                    value.append(bytes[index])
                    index += 1
                }
            }
            found.append(
                (
                    String(decoding: name, as: UTF8.self).lowercased(),
                    String(decoding: value, as: UTF8.self).trimmedASCII
                ))
        }
        return found
    }
}
