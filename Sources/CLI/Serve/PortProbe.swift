import Client
import FoundationEssentials

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Finds out whether an address can be listened on, before a server logs and prunes as if it could.
enum PortProbe {
    /// - Throws: ``CommandError`` in the words of Go's network library.
    static func check(_ host: Host) throws(CommandError) {
        var hints = addrinfo()
        #if canImport(Glibc)
            hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        #else
            hints.ai_socktype = SOCK_STREAM
        #endif
        hints.ai_flags = AI_PASSIVE
        var list: UnsafeMutablePointer<addrinfo>?
        let name = host.name.isEmpty ? "0.0.0.0" : host.name
        guard getaddrinfo(name, String(host.port), &hints, &list) == 0, let first = list else {
            throw CommandError("listen tcp: lookup \(name): no such host")
        }
        defer { freeaddrinfo(list) }
        let descriptor = socket(
            first.pointee.ai_family, first.pointee.ai_socktype, first.pointee.ai_protocol)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        var on: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        if bind(descriptor, first.pointee.ai_addr, first.pointee.ai_addrlen) != 0 {
            throw CommandError("listen tcp \(host.authority): bind: \(lastSystemError)")
        }
    }
}
