/// What pre-tokenizers ask of a code point: letter, number, white space, or none of them.
enum ScalarClass: UInt8 {
    case other, letter, number, space
    /// Past the end of the text.
    case none

    init(_ scalar: UInt32) {
        if scalar < 0x10000 {
            self = Self.plane[Int(scalar)]
        } else {
            self = Self.classify(scalar)
        }
    }

    /// The basic plane, classified once.
    private static let plane: [ScalarClass] = (0..<0x10000).map { classify($0) }

    private static func classify(_ value: UInt32) -> ScalarClass {
        guard let scalar = Unicode.Scalar(value) else { return .other }
        if scalar.properties.isWhitespace { return .space }
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter:
            return .letter
        case .decimalNumber, .letterNumber, .otherNumber: return .number
        default: return .other
        }
    }
}

/// Code points of a text with their byte offsets, for scanners that look ahead.
struct ScalarText {
    private(set) var scalars: [UInt32] = []
    /// Byte offset of each scalar and, last, of the end.
    private(set) var offsets: [Int] = []

    /// `bytes` is valid UTF-8.
    init(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) {
        scalars.reserveCapacity(range.count)
        offsets.reserveCapacity(range.count + 1)
        var at = range.lowerBound
        while at < range.upperBound {
            offsets.append(at)
            let byte = UInt32(bytes[at])
            func next(_ i: Int) -> UInt32 { UInt32(bytes[at + i]) & 0x3F }
            switch byte {
            case 0..<0x80:
                scalars.append(byte)
                at += 1
            case 0..<0xE0:
                scalars.append((byte & 0x1F) << 6 | next(1))
                at += 2
            case 0..<0xF0:
                scalars.append((byte & 0x0F) << 12 | next(1) << 6 | next(2))
                at += 3
            default:
                scalars.append((byte & 0x07) << 18 | next(1) << 12 | next(2) << 6 | next(3))
                at += 4
            }
        }
        offsets.append(range.upperBound)
    }

    var count: Int { scalars.count }
    /// 0xFFFFFFFF past the end.
    subscript(_ index: Int) -> UInt32 { index < scalars.count ? scalars[index] : .max }
    func kind(_ index: Int) -> ScalarClass {
        index < scalars.count ? ScalarClass(scalars[index]) : .none
    }
}
