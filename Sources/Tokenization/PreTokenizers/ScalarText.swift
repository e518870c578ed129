/// Code points of a text with their byte offsets, for scanners that look ahead.
struct ScalarText {
    private(set) var scalars: [UInt32] = []
    private var categories: [ScalarClass] = []
    /// Byte offset of each scalar and, last, of the end.
    private(set) var offsets: [Int] = []
    /// Nothing is seen from here on.
    var bound = 0

    /// `bytes` is valid UTF-8.
    init(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) {
        scalars.reserveCapacity(range.count)
        categories.reserveCapacity(range.count)
        offsets.reserveCapacity(range.count + 1)
        var at = range.lowerBound
        while at < range.upperBound {
            offsets.append(at)
            let byte = UInt32(bytes[at])
            func next(_ i: Int) -> UInt32 { UInt32(bytes[at + i]) & 0x3F }
            let scalar: UInt32
            switch byte {
            case 0..<0x80:
                scalar = byte
                at += 1
            case 0..<0xE0:
                scalar = (byte & 0x1F) << 6 | next(1)
                at += 2
            case 0..<0xF0:
                scalar = (byte & 0x0F) << 12 | next(1) << 6 | next(2)
                at += 3
            default:
                scalar = (byte & 0x07) << 18 | next(1) << 12 | next(2) << 6 | next(3)
                at += 4
            }
            scalars.append(scalar)
            categories.append(ScalarClass(scalar))
        }
        offsets.append(range.upperBound)
        bound = scalars.count
    }

    var count: Int { scalars.count }
    /// 0xFFFFFFFF from the bound on.
    subscript(_ index: Int) -> UInt32 { index < bound ? scalars[index] : .max }
    func category(_ index: Int) -> ScalarClass { index < bound ? categories[index] : .none }
    func kind(_ index: Int) -> ScalarKind { category(index).kind }
}
