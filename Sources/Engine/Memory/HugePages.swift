#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The system's huge pages: with pages of 4 KiB the processor must look up an address for every few cache
/// lines, with huge ones hardly ever, and fresh memory takes one fault instead of hundreds.
enum HugePages {
    static let size = 2 << 20

    /// `byteCount` rounded up to whole huge pages.
    static func whole(_ byteCount: Int) -> Int { (byteCount + size - 1) / size * size }

    #if os(Linux)
        /// Memory that begins a huge page, of zeros, to be given back by `munmap`; nil when there is none.
        /// As many of its whole huge pages as the system has are such.
        static func map(_ byteCount: Int) -> UnsafeMutableRawPointer? {
            guard 1...(.max - 2 * size) ~= byteCount else { return nil }
            let room = whole(byteCount)
            let flags = MAP_PRIVATE | MAP_ANONYMOUS
            guard
                let start = unsafe mmap(nil, room + size, PROT_READ | PROT_WRITE, flags, -1, 0),
                unsafe start != MAP_FAILED
            else { return nil }
            let before = (size - Int(bitPattern: start) & (size - 1)) & (size - 1)
            let base = unsafe start + before
            if before > 0 { unsafe munmap(start, before) }
            unsafe munmap(base + room, size - before)
            // Refused where there are none. The end of what fills no whole one stays in small pages.
            _ = unsafe madvise(base, byteCount / size * size, Int32(MADV_HUGEPAGE))
            return unsafe base
        }
    #endif
}
