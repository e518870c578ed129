/// The tokens of one step, those of each sequence side by side.
///
/// A view: valid during the step that made it.
@safe
struct Batch {
    /// Rows: tokens of all sequences.
    let count: Int
    let tokens: UnsafePointer<Token>  // (row)
    /// Cosine and sine of every rotated pair at the row's position.
    let rotations: UnsafePointer<Float>  // (row, pair, 2)
    /// The same of the family's second rotation; undefined where it has none.
    let localRotations: UnsafePointer<Float>  // (row, pair, 2)
    /// The memory that takes a row's keys and values.
    let pages: UnsafePointer<UnsafeMutableRawPointer>  // (row)
    /// The row's place in its page.
    let offsets: UnsafePointer<Int32>  // (row)
    /// Pieces of sequences that attention takes one by one.
    let spans: UnsafeBufferPointer<Span>
    /// Rows whose final states are wanted, rising.
    let outputs: UnsafeBufferPointer<Int32>

    /// Consecutive tokens of one sequence.
    @safe
    struct Span {
        let firstRow: Int
        let count: Int
        let firstPosition: Int
        /// The sequence's pages in order of positions.
        let pages: UnsafePointer<UnsafeRawPointer?>
    }

    /// A span from its first wanted row on, of no rows where none is wanted; a single row stays.
    func wanted(_ span: Span) -> Span {
        if span.count == 1 { return span }
        let end = span.firstRow + span.count
        let first =
            unsafe outputs.first { Int($0) >= span.firstRow }.map { min(Int($0), end) } ?? end
        return unsafe Span(
            firstRow: first, count: end - first,
            firstPosition: span.firstPosition + first - span.firstRow, pages: span.pages)
    }
}
