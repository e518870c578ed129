/// A matrix of the model, and the bias that belongs to it, as a backend keeps them.
///
/// Sendable: memory behind the handles is constant while the model lives.
@safe
struct Weight: @unchecked Sendable {
    let name: String
    /// Outputs.
    let rows: Int
    /// Inputs.
    let columns: Int
    let format: QuantFormat
    /// The packed rows: for the CPU inside the mapped file.
    let handle: UnsafeRawPointer
    let rowBytes: Int
    /// `rows` floats.
    let bias: Vector?
    /// What adapters add to the product; nil without adapters.
    let delta: LowRankDelta?

    /// Some of the outputs.
    func rows(_ range: Range<Int>, _ name: String) -> Weight {
        unsafe Weight(
            name: name, rows: range.count, columns: columns, format: format,
            handle: handle + range.lowerBound * rowBytes, rowBytes: rowBytes,
            bias: bias.map {
                unsafe Vector(handle: $0.handle + range.lowerBound, count: range.count)
            }, delta: delta?.rows(range, name))
    }
}

/// Floats of the model that elementwise operations take: norm weights, biases, frequencies.
///
/// Sendable: constant while the model lives.
@safe
struct Vector: @unchecked Sendable {
    let handle: UnsafePointer<Float>
    let count: Int
}
