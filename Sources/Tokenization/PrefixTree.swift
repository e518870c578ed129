/// Byte strings by their common beginnings: finds all of them that start at a place of a text.
struct PrefixTree: Sendable {
    /// Node after each first byte, or -1.
    private var roots = [Int32](repeating: -1, count: 256)
    /// Node behind a node and a byte.
    private var branches: [UInt64: Int32] = [:]
    /// Index of the string that ends at each node, or -1.
    private var endings: [Int32] = []

    /// Of equal strings the first is kept.
    init(_ strings: [[UInt8]]) {
        for (index, string) in strings.enumerated() {
            guard let first = string.first else { continue }
            var node = roots[Int(first)]
            if node < 0 {
                node = grow()
                roots[Int(first)] = node
            }
            for byte in string.dropFirst() {
                let key = Self.key(node, byte)
                if let next = branches[key] {
                    node = next
                } else {
                    node = grow()
                    branches[key] = node
                }
            }
            if endings[Int(node)] < 0 { endings[Int(node)] = Int32(index) }
        }
    }

    private mutating func grow() -> Int32 {
        endings.append(-1)
        return Int32(endings.count - 1)
    }

    private static func key(_ node: Int32, _ byte: UInt8) -> UInt64 {
        UInt64(UInt32(bitPattern: node)) << 8 | UInt64(byte)
    }

    /// Calls `body` with the index of each string that starts at `at`, shortest first.
    ///
    /// - Complexity: O(length of the longest beginning that matches); one look for most places.
    func forEachMatch(
        in bytes: UnsafeBufferPointer<UInt8>, at: Int, _ body: (Int) -> Void
    ) {
        var node = roots[Int(bytes[at])]
        var next = at + 1
        while node >= 0 {
            if endings[Int(node)] >= 0 { body(Int(endings[Int(node)])) }
            guard next < bytes.count, let branch = branches[Self.key(node, bytes[next])] else {
                return
            }
            node = branch
            next += 1
        }
    }

    /// The longest string that starts at `at`.
    ///
    /// - Complexity: O(length of the longest beginning that matches).
    func longestMatch(
        in bytes: UnsafeBufferPointer<UInt8>, at: Int
    ) -> (index: Int, length: Int)? {
        var found: (index: Int, length: Int)?
        var node = roots[Int(bytes[at])]
        var next = at + 1
        while node >= 0 {
            if endings[Int(node)] >= 0 { found = (Int(endings[Int(node)]), next - at) }
            guard next < bytes.count, let branch = branches[Self.key(node, bytes[next])] else {
                break
            }
            node = branch
            next += 1
        }
        return found
    }
}
