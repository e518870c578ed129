/// The operations that a decoder needs, over memory of one device.
///
/// An architecture calls these few large operations and never touches an element, so a backend
/// for another device implements this protocol and brings its weights there; nothing else
/// changes. One call is a few parallel regions; `project` and `feedForward` of no rows do nothing.
protocol Backend: AnyObject {
    /// Memory for `rows` times `width` floats.
    func activations(rows: Int, width: Int) throws(EngineError) -> Activations

    /// y = the rows of the embedding table.
    func embed(_ batch: Batch, _ table: Weight, into y: Activations)

    /// y = W x + b, or y += W x + b. `norm` is applied to x on the way.
    func project(
        _ x: Activations, rows: Int, norm: Norm?, _ weight: Weight, into y: Activations,
        adding: Bool)

    /// Queries, keys and values of one input.
    func project(
        _ x: Activations, rows: Int, norm: Norm?, query: Weight, key: Weight, value: Weight,
        into q: Activations, _ k: Activations, _ v: Activations)

    /// y = D z, or y += D z, for z = f(G x) * (U x), with f by `unit`.
    ///
    /// - Parameter z: memory for the product of both factors, which may be left as it is.
    func feedForward(
        _ x: Activations, rows: Int, norm: Norm?, gate: Weight, up: Weight, unit: GatedUnit,
        by z: Activations, down: Weight, into y: Activations, adding: Bool)

    /// Normalises (where the family does) and rotates queries and keys, and puts keys and values
    /// into the cache.
    ///
    /// - Parameter isLocal: Whether the angles are those of the batch's local rotation.
    func place(
        _ batch: Batch, layer: Int, rotation: Rotation, isLocal: Bool, queryNorm: Norm?,
        keyNorm: Norm?, query: Activations, key: Activations, value: Activations)

    /// y = causal attention of the queries over the cache, or over the last `window` positions of
    /// it; 0: all.
    ///
    /// - Parameter onlyWanted: Whether rows before the first wanted one of their span may be left out.
    func attend(
        _ batch: Batch, layer: Int, scale: Float, window: Int, query: Activations,
        into y: Activations, onlyWanted: Bool)

    /// y *= factor.
    func scale(_ y: Activations, rows: Int, by factor: Float)

    /// y += x normalised.
    func add(_ x: Activations, rows: Int, norm: Norm, to y: Activations)

    /// Moves the wanted rows to the front.
    func keep(_ batch: Batch, of x: Activations)

    /// y = x normalised.
    func normalize(_ x: Activations, rows: Int, _ norm: Norm, into y: Activations)

    // MARK: Encoders

    /// Memory for `rows` times two vectors of `width` floats, side by side in a row.
    func keysAndValues(
        rows: Int, width: Int
    ) throws(EngineError) -> (keys: Activations, values: Activations)

    /// y = the norm of the tokens' rows, plus the first row of `types`, plus the positions' rows.
    func embed(
        _ batch: TextBatch, tokens: Weight, types: Weight?, positions: Weight?, norm: LayerNorm,
        into y: Activations)

    /// Rotates queries and keys.
    func rotate(
        _ batch: TextBatch, _ rotation: Rotation, query: Activations, key: Activations,
        heads: Int, kvHeads: Int, headDimension: Int)

    /// y = attention in both directions: every row sees all rows of its text and no other.
    ///
    /// Keys and values are those of `keysAndValues`.
    func attend(
        _ batch: TextBatch, scale: Float, query: Activations, key: Activations,
        value: Activations, heads: Int, kvHeads: Int, headDimension: Int, into y: Activations)

    /// y = gelu(W x + b).
    func activate(_ x: Activations, rows: Int, _ weight: Weight, into y: Activations)

    /// y = x with mean 0 and variance 1, weighted and moved.
    func normalize(_ x: Activations, rows: Int, _ norm: LayerNorm, into y: Activations)
}

/// Floats of a batch in a device's memory.
@safe
struct Activations {
    let handle: UnsafeMutablePointer<Float>  // (row, width)
    let width: Int
}

/// The function of a gated feed-forward network.
enum GatedUnit: Sendable { case silu, gelu }

/// A norm that takes the mean away before it scales.
struct LayerNorm: Sendable {
    let weight: Vector
    let bias: Vector?
    let epsilon: Float
}

/// A root-mean-square norm.
struct Norm: Sendable {
    let weight: Vector
    let epsilon: Float
}
