/// Median, least and greatest of repeated measurements.
struct Statistics: Equatable {
    var median: Double
    var minimum: Double
    var maximum: Double

    /// Zeros for no values.
    init(_ values: [Double]) {
        let sorted = values.sorted()
        guard let first = sorted.first, let last = sorted.last else {
            (median, minimum, maximum) = (0, 0, 0)
            return
        }
        let middle = sorted.count / 2
        median =
            sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
        minimum = first
        maximum = last
    }
}
