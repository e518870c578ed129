#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// How far inside a network an address lies, as far as its text tells.
enum AddressScope: Comparable {
    /// Addresses of the link itself, where hosting services answer with credentials.
    case link
    case loopback
    case `private`
    case `public`

    /// From a URL's host; names other than `localhost` count as public.
    init(host: String) {
        let name = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
        if name == "localhost" || name.hasSuffix(".localhost") {
            self = .loopback
            return
        }
        var four = in_addr()
        // The system's own reading, so that `127.1` and `0x7f000001` are what they are.
        if inet_aton(name, &four) != 0 {
            self = Self.scope(UInt32(bigEndian: four.s_addr))
            return
        }
        var six = in6_addr()
        guard inet_pton(AF_INET6, name, &six) == 1 else {
            self = .public
            return
        }
        let bytes = withUnsafeBytes(of: &six) { Array($0) }
        if bytes[..<10].allSatisfy({ $0 == 0 }), bytes[10] == 0xFF, bytes[11] == 0xFF {
            self = Self.scope(bytes[12...].reduce(0) { $0 << 8 | UInt32($1) })
        } else if bytes[..<15].allSatisfy({ $0 == 0 }) {
            self = .loopback
        } else if bytes[0] == 0xFE, bytes[1] & 0xC0 == 0x80 {
            self = .link
        } else {
            self = bytes[0] & 0xFE == 0xFC ? .private : .public
        }
    }

    private static func scope(_ address: UInt32) -> AddressScope {
        switch address >> 24 {
        case 127, 0: .loopback
        case 10: .private
        case 100 where address >> 22 == 0x6440_0000 >> 22: .private
        case 169 where address >> 16 == 0xA9FE: .link
        case 172 where address >> 20 == 0xAC1: .private
        case 192 where address >> 16 == 0xC0A8: .private
        default: .public
        }
    }
}
