/// Whole texts for an encoder, packed one after the other without padding.
///
/// A view: valid during the step that made it.
@safe
struct TextBatch {
    /// Rows: tokens of all texts.
    let count: Int
    let tokens: UnsafePointer<Token>  // (row)
    /// The row's place in its text.
    let positions: UnsafePointer<Int32>  // (row)
    /// Cosine and sine of every rotated pair at the row's position.
    let rotations: UnsafePointer<Float>  // (row, pair, 2)
    /// The rows of each text, rising and without gaps.
    let texts: [Range<Int>]
}
