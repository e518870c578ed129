#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Rotary position embedding: which elements make a pair, and how fast each pair turns.
struct Rotation: Sendable {
    enum Pairs: Sendable {
        /// (2i, 2i + 1)
        case neighbours
        /// (i, i + dimension / 2)
        case halves
    }

    let pairs: Pairs
    /// Rotated elements at the start of each head; even.
    let dimension: Int
    /// Radians per position.
    let frequencies: [Double]  // (pair)

    /// - Parameters:
    ///   - base: Of the geometric row of frequencies.
    ///   - stretch: Positions are divided by it (linear scaling).
    ///   - divisors: Of the frequencies, one per pair (`rope_freqs.weight`).
    init(pairs: Pairs, dimension: Int, base: Double, stretch: Double, divisors: [Float]?) {
        self.pairs = pairs
        self.dimension = dimension
        frequencies = (0..<dimension / 2).map { pair in
            pow(base, -2 * Double(pair) / Double(dimension)) / stretch
                / Double(divisors?[pair] ?? 1)
        }
    }

    /// Nothing is rotated.
    static let none = Rotation(
        pairs: .halves, dimension: 0, base: 1, stretch: 1, divisors: nil)

    /// Writes cosine and sine of every pair for a position, which may be negative (turning back).
    func write(position: Int, to table: UnsafeMutablePointer<Float>) {
        for (pair, frequency) in frequencies.enumerated() {
            let angle = Double(position) * frequency
            unsafe table[2 * pair] = Float(cos(angle))
            unsafe table[2 * pair + 1] = Float(sin(angle))
        }
    }
}
