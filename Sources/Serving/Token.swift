/// Both Engine and Tokenization name it; here they are one.
typealias Token = Int32

extension Duration {
    /// Whole nanoseconds, saturating.
    var nanoseconds: Int {
        let (seconds, attoseconds) = components
        let whole = Int(seconds).multipliedReportingOverflow(by: 1_000_000_000)
        return whole.overflow ? Int.max : whole.partialValue + Int(attoseconds / 1_000_000_000)
    }
}
