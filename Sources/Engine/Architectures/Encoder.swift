/// One family of models that read whole texts in both directions: which tensors it has and how a
/// batch flows through them.
///
/// An encoder sees a text once and keeps nothing of it: no sequences, no pages of cache, no logits.
/// Keys and values live in the activations of the step, beside each other, where attention reads
/// them; texts of one step are packed row after row, without padding, and see only their own rows.
/// So all of a text's tokens must fit one step.
///
/// A new family is one file in this folder and its name in ``Encoders/all``.
protocol Encoder: Sendable {
    /// `general.architecture`.
    static var name: String { get }

    var shape: Hyperparameters { get }
    /// Of dimension 0 in families without.
    var rotation: Rotation { get }
    /// Positions that the model has, where it has a table of them.
    var positionCount: Int? { get }

    /// Checks the metadata and takes every tensor by name, once.
    init(_ weights: WeightReader) throws(EngineError)

    /// Leaves the final hidden states, normalised as the family does, in `memory.hidden`.
    func forward(_ batch: TextBatch, _ memory: Workspace, on backend: some Backend)
}

/// The families that this build runs.
enum Encoders {
    static let all: [any Encoder.Type] = [Bert.self, NomicBert.self]
}
