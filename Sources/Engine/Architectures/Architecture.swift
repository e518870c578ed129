/// One family of models: which tensors it has and how a batch flows through them.
///
/// A new family is one file in this folder and its name in ``Architectures/all``.
protocol Architecture: Sendable {
    /// `general.architecture`.
    static var name: String { get }

    var shape: Hyperparameters { get }
    var rotation: Rotation { get }

    /// Checks the metadata and takes every tensor by name, once.
    init(_ weights: WeightReader) throws(EngineError)

    /// Leaves the final hidden states of the wanted rows, before the last norm, in the first rows of
    /// `memory.hidden`.
    func forward(_ batch: Batch, _ memory: Workspace, on backend: some Backend)

    /// The layers that see a window of the past, in families that have such.
    var local: LocalAttention? { get }
    /// Whether the outputs of attention and feed-forward are normalised before they are added.
    var normsOutputs: Bool { get }

    /// y = the last norm of x.
    var outputNorm: Norm { get }
    /// (vocabulary, width)
    var output: Weight { get }
}

extension Architecture {
    var local: LocalAttention? { nil }
    var normsOutputs: Bool { false }
}

/// Layers whose queries see the last positions only, and turn at a pace of their own.
struct LocalAttention: Sendable {
    /// Positions that a query sees, its own included.
    let window: Int
    let rotation: Rotation
    let isLocal: [Bool]  // (layer)
}

/// The families that this build runs.
enum Architectures {
    static let all: [any Architecture.Type] = [
        Llama.self, Qwen2.self, Qwen3.self, Gemma3.self,
    ]
}

/// The activations of a batch on its way through a decoder; allocated once per session.
@safe
struct Workspace {
    let hidden: Activations  // (row, width): the residual stream
    let query: Activations  // (row, head, headDimension)
    let key: Activations  // (row, kvHead, headDimension)
    let value: Activations  // (row, kvHead, headDimension)
    let attended: Activations  // (row, head, headDimension)
    let gated: Activations  // (row, feedForward)
    /// What is normalised before it joins the residual stream; one row where nothing is.
    let added: Activations  // (row, width)

    init(
        _ shape: Hyperparameters, rows: Int, on backend: some Backend, normsOutputs: Bool = false
    ) throws(EngineError) {
        let queryWidth = shape.headCount * shape.headDimension
        let keyWidth = shape.keyValueHeadCounts.max()! * shape.headDimension
        hidden = try backend.activations(rows: rows, width: shape.width)
        query = try backend.activations(rows: rows, width: queryWidth)
        key = try backend.activations(rows: rows, width: keyWidth)
        value = try backend.activations(rows: rows, width: keyWidth)
        attended = try backend.activations(rows: rows, width: queryWidth)
        gated = try backend.activations(rows: rows, width: shape.feedForwardLength)
        added = try backend.activations(rows: normsOutputs ? rows : 1, width: shape.width)
    }

    /// For an encoder: keys and values of a row lie side by side, and the kernel that reads them 16
    /// rows at a time may read past the last.
    init(
        encoding shape: Hyperparameters, rows: Int, on backend: some Backend
    ) throws(EngineError) {
        let queryWidth = shape.headCount * shape.headDimension
        let keyWidth = shape.keyValueHeadCounts.max()! * shape.headDimension
        hidden = try backend.activations(rows: rows, width: shape.width)
        query = try backend.activations(rows: rows, width: queryWidth)
        let (keys, values) = try backend.keysAndValues(rows: rows + 15, width: keyWidth)
        key = keys
        value = values
        attended = try backend.activations(rows: rows, width: queryWidth)
        gated = try backend.activations(rows: rows, width: shape.feedForwardLength)
        added = try backend.activations(rows: 1, width: 1)
    }
}
