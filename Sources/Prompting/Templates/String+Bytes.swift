extension Unicode.Scalar {
    var isWhiteSpace: Bool { properties.isWhitespace }
}

extension String {
    /// Without white space at both ends, code point by code point.
    func trimmingWhiteSpace() -> String {
        var scalars = unicodeScalars[...]
        while let first = scalars.first, first.isWhiteSpace { scalars.removeFirst() }
        while let last = scalars.last, last.isWhiteSpace { scalars.removeLast() }
        return String(scalars)
    }

    /// Without white space in front.
    func trimmingLeadingWhiteSpace() -> String {
        String(unicodeScalars.drop { $0.isWhiteSpace })
    }

    /// Whether the bytes of `needle` occur.
    func containsBytes(of needle: String) -> Bool {
        Array(utf8).firstOccurrence(of: Array(needle.utf8)) != nil
    }

    /// Everything before the first `stop`, or all.
    func prefixBytes(before stop: String) -> String {
        let bytes = Array(utf8)
        guard let index = bytes.firstOccurrence(of: Array(stop.utf8)) else { return self }
        return String(decoding: bytes[..<index], as: UTF8.self)
    }
}

extension RandomAccessCollection where Element: Equatable, Index == Int {
    /// Where `needle` begins first, at or after `start`.
    func firstOccurrence(of needle: some Collection<Element>, from start: Int? = nil) -> Int? {
        let count = needle.count
        var index = start ?? startIndex
        guard let head = needle.first else { return index <= endIndex ? index : nil }
        while index + count <= endIndex {
            if self[index] == head, self[index...].starts(with: needle) { return index }
            index += 1
        }
        return nil
    }

    /// Where `needle` begins last.
    func lastOccurrence(of needle: some Collection<Element>) -> Int? {
        let count = needle.count
        var index = endIndex - count
        while index >= startIndex {
            if self[index...].starts(with: needle) { return index }
            index -= 1
        }
        return nil
    }
}
