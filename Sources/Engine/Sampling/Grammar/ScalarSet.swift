/// A set of Unicode code points as sorted ranges that neither touch nor overlap.
struct ScalarSet: Hashable, Sendable {
    private(set) var ranges: [ClosedRange<UInt32>] = []

    init() {}

    init(_ ranges: [ClosedRange<UInt32>]) {
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = self.ranges.last, range.lowerBound <= last.upperBound &+ 1 {
                let upper = max(last.upperBound, range.upperBound)
                self.ranges[self.ranges.count - 1] = last.lowerBound...upper
            } else {
                self.ranges.append(range)
            }
        }
    }

    /// Every code point there is; surrogates have no UTF-8 form and drop out when bytes are made.
    static let all = ScalarSet([0...0x10FFFF])

    /// What may stand in a JSON string unescaped.
    static let plain = ScalarSet([0x20...0x21, 0x23...0x5B, 0x5D...0x10FFFF])

    /// Those of them that patterns with `.` take too: all but two separators of lines.
    static let ordinary = ScalarSet([
        0x20...0x21, 0x23...0x5B, 0x5D...0x2027, 0x202A...0x10FFFF,
    ])

    var inverted: ScalarSet {
        var result: [ClosedRange<UInt32>] = []
        var start: UInt32 = 0
        for range in ranges {
            if range.lowerBound > start { result.append(start...(range.lowerBound - 1)) }
            start = range.upperBound + 1
        }
        if start <= 0x10FFFF { result.append(start...0x10FFFF) }
        return ScalarSet(result)
    }

    func union(_ other: ScalarSet) -> ScalarSet { ScalarSet(ranges + other.ranges) }

    func intersection(_ other: ScalarSet) -> ScalarSet {
        inverted.union(other.inverted).inverted
    }

    func isSuperset(of other: ScalarSet) -> Bool {
        intersection(other) == other
    }

    func contains(_ scalar: UInt32) -> Bool {
        ranges.contains { $0.contains(scalar) }
    }

    /// The set as sequences of byte ranges in UTF-8, without surrogates.
    var utf8Sequences: [[ClosedRange<UInt8>]] {
        var result: [[ClosedRange<UInt8>]] = []
        let blocks: [ClosedRange<UInt32>] = [
            0...0x7F, 0x80...0x7FF, 0x800...0xD7FF, 0xE000...0xFFFF, 0x10000...0x10FFFF,
        ]
        for range in ranges {
            for block in blocks where block.overlaps(range) {
                Self.split(range.clamped(to: block), into: &result)
            }
        }
        return result
    }

    private static func encode(_ scalar: UInt32) -> [UInt8] {
        switch scalar {
        case 0...0x7F: return [UInt8(scalar)]
        case 0x80...0x7FF: return [UInt8(0xC0 | scalar >> 6), UInt8(0x80 | scalar & 63)]
        case 0x800...0xFFFF:
            return [
                UInt8(0xE0 | scalar >> 12), UInt8(0x80 | (scalar >> 6) & 63),
                UInt8(0x80 | scalar & 63),
            ]
        default:
            return [
                UInt8(0xF0 | scalar >> 18), UInt8(0x80 | (scalar >> 12) & 63),
                UInt8(0x80 | (scalar >> 6) & 63), UInt8(0x80 | scalar & 63),
            ]
        }
    }

    /// Cuts a range of one UTF-8 length until each byte position varies independently.
    private static func split(
        _ range: ClosedRange<UInt32>, into result: inout [[ClosedRange<UInt8>]]
    ) {
        let low = range.lowerBound
        let high = range.upperBound
        if low > 0x7F {
            for bits in [UInt32(6), 12, 18] {
                let mask = (UInt32(1) << bits) - 1
                if low & ~mask != high & ~mask {
                    if low & mask != 0 {
                        split(low...(low | mask), into: &result)
                        split(((low | mask) + 1)...high, into: &result)
                        return
                    }
                    if high & mask != mask {
                        split(low...((high & ~mask) - 1), into: &result)
                        split((high & ~mask)...high, into: &result)
                        return
                    }
                }
            }
        }
        let first = encode(low)
        let last = encode(high)
        result.append(first.indices.map { first[$0]...last[$0] })
    }
}
