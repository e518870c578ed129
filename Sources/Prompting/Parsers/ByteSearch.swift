#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

// What parsers do with every piece of every answer, by the C library: generic code is many times
// slower where it is not specialised.

extension [UInt8] {
    /// Whether `needle` stands at `place`.
    func holds(_ needle: [UInt8], at place: Int) -> Bool {
        guard place >= 0, place + needle.count <= count else { return false }
        return withUnsafeBytes { bytes in
            needle.withUnsafeBytes { needle in
                needle.isEmpty
                    || memcmp(bytes.baseAddress! + place, needle.baseAddress!, needle.count) == 0
            }
        }
    }

    func starts(with other: [UInt8]) -> Bool { holds(other, at: 0) }

    func starts(with other: ArraySlice<UInt8>) -> Bool {
        other.count <= count && other.starts(with: Array(prefix(other.count)))
    }

    /// Where `needle` begins first, at or after `start`.
    func firstOccurrence(of needle: [UInt8], from start: Int? = nil) -> Int? {
        let start = start ?? 0
        guard start <= count, !needle.isEmpty else { return start <= count ? start : nil }
        return withUnsafeBytes { bytes in
            needle.withUnsafeBytes { needle -> Int? in
                guard let base = bytes.baseAddress, let sought = needle.baseAddress else {
                    return nil
                }
                var place = start
                while place + needle.count <= bytes.count {
                    let room = bytes.count - needle.count - place + 1
                    guard let head = memchr(base + place, Int32(needle[0]), room) else {
                        return nil
                    }
                    place = UnsafeRawPointer(head) - base
                    if memcmp(head, sought, needle.count) == 0 { return place }
                    place += 1
                }
                return nil
            }
        }
    }

    /// Length of the longest end of the array with which `needle` begins, but is not complete.
    func partialSuffix(of needle: [UInt8]) -> Int {
        var length = Swift.min(count, needle.count - 1)
        while length > 0 {
            // An end can only match where the needle's first byte stands.
            if self[count - length] == needle[0], needle.holds(Array(suffix(length)), at: 0) {
                return length
            }
            length -= 1
        }
        return 0
    }
}

extension ArraySlice<UInt8> {
    func starts(with other: [UInt8]) -> Bool {
        guard other.count <= count else { return false }
        return withUnsafeBytes { bytes in
            other.withUnsafeBytes { other in
                other.isEmpty || memcmp(bytes.baseAddress!, other.baseAddress!, other.count) == 0
            }
        }
    }
}
