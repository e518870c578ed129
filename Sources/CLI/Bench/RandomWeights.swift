import GGUF

/// Models of random weights in the shapes of well-known ones.
enum RandomWeights {
    static func file(shape: String, quant: String) throws -> (name: String, file: GGUFFile) {
        throw CommandError("random weights of shape \(shape) are not available")
    }
}
