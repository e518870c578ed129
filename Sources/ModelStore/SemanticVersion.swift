/// The form of version numbers: semver.org 2.0.0, where minor and patch may also be left out.
enum SemanticVersion {
    /// Whether a text without a leading `v` is one: `1`, `1.2`, `1.2.3`, `1.2.3-rc.1+build.5`.
    static func isValid(_ text: String) -> Bool {
        var rest = text.utf8[...]
        var build: Substring.UTF8View?
        if let plus = rest.firstIndex(of: UInt8(ascii: "+")) {
            build = rest[rest.index(after: plus)...]
            rest = rest[..<plus]
        }
        var release: Substring.UTF8View?
        if let dash = rest.firstIndex(of: UInt8(ascii: "-")) {
            release = rest[rest.index(after: dash)...]
            rest = rest[..<dash]
        }
        let numbers = parts(rest)
        guard (1...3).contains(numbers.count), numbers.allSatisfy(isNumber) else { return false }
        // Only a whole number can have more than numbers.
        if numbers.count < 3 { return build == nil && release == nil }
        let releaseFits =
            release.map { parts($0).allSatisfy { isNumber($0) || isWord($0) && !isDigits($0) } }
        return (releaseFits ?? true) && (build.map { parts($0).allSatisfy(isWord) } ?? true)
    }

    private static func parts(_ text: Substring.UTF8View) -> [Substring.UTF8View] {
        text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    }

    private static func isDigits(_ part: Substring.UTF8View) -> Bool {
        !part.isEmpty && part.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }

    /// Digits without a zero in front.
    private static func isNumber(_ part: Substring.UTF8View) -> Bool {
        isDigits(part) && (part.count == 1 || part.first != UInt8(ascii: "0"))
    }

    /// Letters, digits and dashes.
    private static func isWord(_ part: Substring.UTF8View) -> Bool {
        !part.isEmpty
            && part.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }
}
