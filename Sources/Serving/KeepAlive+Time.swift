import API

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

extension KeepAlive {
    /// Infinite for `forever`.
    var seconds: Double {
        switch self {
        case .forever: .infinity
        case .seconds(let seconds): seconds
        }
    }
}

/// The wall clock.
func secondsSince1970() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}
