public import GGUF

/// Where the weights of a model are.
public enum WeightSource: Sendable, Hashable {
    /// A GGUF file, by its path.
    case file(String)
    /// A GGUF file within the executable.
    case embedded(EmbeddedWeights)

    /// Same for the same weights, different for others: the path, or `embedded:` and a name.
    public var key: String {
        switch self {
        case .file(let path): path
        case .embedded(let weights): "embedded:" + weights.label
        }
    }

    /// Opens the file.
    ///
    /// - Throws: what ``GGUFFile`` throws for files that are missing or malformed.
    public func open() throws(GGUFError) -> GGUFFile {
        switch self {
        case .file(let path): try GGUFFile(path: path)
        case .embedded(let weights):
            try GGUFFile(staticBytes: weights.bytes, label: weights.label)
        }
    }
}

/// A GGUF file in memory that lives as long as the process.
public struct EmbeddedWeights: Sendable, Hashable {
    /// Stands for the path in errors; unique among the embedded files.
    public let label: String
    // Constant data that nobody frees: safe to share.
    nonisolated(unsafe) let bytes: UnsafeRawBufferPointer

    /// - Parameter staticBytes: must stay valid and unchanged until the process ends.
    public init(staticBytes: UnsafeRawBufferPointer, label: String) {
        bytes = staticBytes
        self.label = label
    }

    public static func == (left: Self, right: Self) -> Bool { left.label == right.label }
    public func hash(into hasher: inout Hasher) { hasher.combine(label) }
}
