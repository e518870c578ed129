/// The operations that a decoder needs, over memory of one device.
///
/// An architecture calls these few large operations and never touches an element, so a backend
/// for another device implements this protocol and brings its weights there; nothing else
/// changes. One call is one or two parallel regions.
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

    /// y = silu(G x) * (U x).
    func gate(
        _ x: Activations, rows: Int, norm: Norm?, gate: Weight, up: Weight, into y: Activations)

    /// Normalises (where the family does) and rotates queries and keys, and puts keys and values
    /// into the cache.
    func place(
        _ batch: Batch, layer: Int, rotation: Rotation, queryNorm: Norm?, keyNorm: Norm?,
        query: Activations, key: Activations, value: Activations)

    /// y = causal attention of the queries over the cache.
    func attend(
        _ batch: Batch, layer: Int, scale: Float, query: Activations, into y: Activations)

    /// y = the wanted rows of x.
    func select(_ batch: Batch, _ x: Activations, into y: Activations)

    /// y = x normalised.
    func normalize(_ x: Activations, rows: Int, _ norm: Norm, into y: Activations)
}

/// Floats of a batch in a device's memory.
@safe
struct Activations {
    let handle: UnsafeMutablePointer<Float>  // (row, width)
    let width: Int
}

/// A root-mean-square norm.
struct Norm: Sendable {
    let weight: Vector
    let epsilon: Float
}
