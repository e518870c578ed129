/// A range of a blob that travels by itself.
struct TransferPart: Sendable, Hashable {
    var number: Int
    var offset: Int
    var size: Int

    /// The parts of a blob: each a sixteenth of it within the bounds, the last one shorter.
    ///
    /// A blob of no bytes has no parts.
    static func plan(size: Int, within bounds: ClosedRange<Int>) -> [TransferPart] {
        guard size > 0 else { return [] }
        let step = max(1, min(max(size / 16, bounds.lowerBound), bounds.upperBound))
        return stride(from: 0, to: size, by: step).enumerated().map { number, offset in
            TransferPart(number: number, offset: offset, size: min(step, size - offset))
        }
    }
}
