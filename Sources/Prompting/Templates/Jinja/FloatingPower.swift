#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// `base` to any exponent; here alone, so that no other file sees the C library's names.
func floatingPower(_ base: Double, _ exponent: Double) -> Double { pow(base, exponent) }
