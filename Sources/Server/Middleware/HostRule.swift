#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif
import NIOCore
import Synchronization

/// Which `Host` headers a server on a loopback address answers, against DNS rebinding.
final class HostRule: Sendable {
    enum Verdict: Sendable, Equatable { case address, name, refused }

    private let applies = Mutex(true)

    /// The rule holds for loopback addresses only; until the address is known, it holds.
    func bound(to address: SocketAddress?) {
        guard let text = address?.ipAddress, let bytes = IPAddress(text) else { return }
        applies.withLock { $0 = bytes.isLoopback }
    }

    /// nil where every host is answered.
    func verdict(host: String) -> Verdict? {
        guard applies.withLock({ $0 }) else { return nil }
        return Self.verdict(host: host)
    }

    static func verdict(host header: String) -> Verdict {
        let host = hostWithoutPort(header)
        if let address = IPAddress(host),
            address.isLoopback || address.isPrivate
                || address.isUnspecified || isOwn(address)
        {
            return .address
        }
        let name = host.lowercased()
        if name.isEmpty || name == "localhost" || name == machineName { return .name }
        for suffix in [".localhost", ".local", ".internal"] where name.hasSuffix(suffix) {
            return .name
        }
        return .refused
    }

    /// `host` of `host:port` and `[host]:port`; anything else stays as it is.
    private static func hostWithoutPort(_ text: String) -> String {
        let bytes = Array(text.utf8)
        let colon = UInt8(ascii: ":")
        guard let last = bytes.lastIndex(of: colon) else { return text }
        let front = bytes[..<last]
        if front.first == UInt8(ascii: "["), front.last == UInt8(ascii: "]") {
            return String(decoding: front.dropFirst().dropLast(), as: UTF8.self)
        }
        if front.contains(colon) || front.contains(UInt8(ascii: "[")) { return text }
        return String(decoding: front, as: UTF8.self)
    }

    private static func isOwn(_ address: IPAddress) -> Bool {
        let devices = (try? System.enumerateDevices()) ?? []
        return devices.contains { device in
            device.address?.ipAddress.flatMap(IPAddress.init) == address
        }
    }

    private static let machineName: String = {
        var buffer = [CChar](repeating: 0, count: 256)
        guard gethostname(&buffer, buffer.count - 1) == 0 else { return "" }
        let name = buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        return String(decoding: name, as: UTF8.self).lowercased()
    }()
}

/// The bytes of an IPv4 or IPv6 address; one mapped into IPv6 counts as IPv4.
struct IPAddress: Hashable, Sendable {
    let bytes: [UInt8]

    init?(_ text: String) {
        // A zone belongs to the machine, not to the address.
        let plain = text.prefix { $0 != "%" }
        var v4 = [UInt8](repeating: 0, count: 4)
        if inet_pton(AF_INET, String(plain), &v4) == 1 {
            bytes = v4
            return
        }
        var v6 = [UInt8](repeating: 0, count: 16)
        guard inet_pton(AF_INET6, String(plain), &v6) == 1 else { return nil }
        let mapped: [UInt8] = Array(repeating: 0, count: 10) + [0xFF, 0xFF]
        bytes = v6.starts(with: mapped) ? Array(v6[12...]) : v6
    }

    var isLoopback: Bool {
        bytes.count == 4
            ? bytes[0] == 127 : bytes.dropLast().allSatisfy { $0 == 0 } && bytes[15] == 1
    }
    var isUnspecified: Bool { bytes.allSatisfy { $0 == 0 } }
    var isPrivate: Bool {
        if bytes.count == 16 { return bytes[0] & 0xFE == 0xFC }
        return bytes[0] == 10 || (bytes[0] == 172 && bytes[1] & 0xF0 == 16)
            || (bytes[0] == 192 && bytes[1] == 168)
    }
}
