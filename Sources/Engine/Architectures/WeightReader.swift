import CKernels
import GGUF

/// Takes metadata and tensors of a file by name and checks them; every error names what is wrong.
///
/// Used while a model loads, by one thread.
final class WeightReader {
    let file: GGUFFile
    let architecture: String
    let adapters: [Adapter]
    /// Tables whose rows are looked up, and that no product reads.
    private(set) var tables: [TensorInfo] = []
    /// Matrices that adapters could have added to.
    var adapted: Set<String> = []
    /// What vectors and adapters point at; the model keeps it.
    private(set) var memory: [Memory] = []

    init(_ file: GGUFFile, architecture: String, adapters: [Adapter] = []) {
        self.file = file
        self.architecture = architecture
        self.adapters = adapters
    }

    // MARK: Metadata

    func key(_ name: String) -> String { "\(architecture).\(name)" }

    private func value<T>(
        _ get: (Metadata, String) throws(GGUFError) -> T?, _ name: String
    ) throws(EngineError) -> T? {
        do {
            return try get(file.metadata, key(name))
        } catch {
            throw EngineError(.malformed, error.description)
        }
    }

    func optionalString(_ name: String) throws(EngineError) -> String? {
        try value({ (m, k) throws(GGUFError) in try m.string(k) }, name)
    }

    func optionalBool(_ name: String) throws(EngineError) -> Bool? {
        try value({ (m, k) throws(GGUFError) in try m.bool(k) }, name)
    }

    func optionalInteger(
        _ name: String, in range: ClosedRange<Int>
    ) throws(EngineError) -> Int? {
        guard let found = try value({ (m, k) throws(GGUFError) in try m.integer(k) }, name) else {
            return nil
        }
        return try check(found, name, range)
    }

    func integer(_ name: String, in range: ClosedRange<Int>) throws(EngineError) -> Int {
        guard let found = try optionalInteger(name, in: range) else { throw missing(name) }
        return found
    }

    /// One number for all layers, or an array with one for each.
    func integers(
        _ name: String, count: Int, in range: ClosedRange<Int>, default fallback: Int
    ) throws(EngineError) -> [Int] {
        switch file.metadata[key(name)] {
        case nil:
            return Array(repeating: fallback, count: count)
        case .array:
            let found = try value({ (m, k) throws(GGUFError) in try m.integers(k) }, name) ?? []
            guard found.count == count else {
                throw EngineError(
                    .malformed, "\(key(name)): expected \(count) values, found \(found.count)")
            }
            for one in found { _ = try check(one, name, range) }
            return found
        default:
            return Array(repeating: try integer(name, in: range), count: count)
        }
    }

    func optionalFloat(
        _ name: String, in range: ClosedRange<Float>
    ) throws(EngineError) -> Float? {
        guard let found = try value({ (m, k) throws(GGUFError) in try m.float(k) }, name) else {
            return nil
        }
        return try check(found, name, range)
    }

    func float(_ name: String, in range: ClosedRange<Float>) throws(EngineError) -> Float {
        guard let found = try optionalFloat(name, in: range) else { throw missing(name) }
        return found
    }

    private func check<T: Comparable>(
        _ found: T, _ name: String, _ range: ClosedRange<T>
    ) throws(EngineError) -> T {
        guard range.contains(found) else {
            throw EngineError(
                .malformed,
                "\(key(name)): expected \(range.lowerBound) to \(range.upperBound), found \(found)")
        }
        return found
    }

    private func missing(_ name: String) -> EngineError {
        EngineError(.malformed, "missing key \(key(name))")
    }

    // MARK: Tensors

    func has(_ name: String) -> Bool { file.tensor(name) != nil }

    func info(_ name: String) throws(EngineError) -> TensorInfo {
        guard let tensor = file.tensor(name) else {
            throw EngineError(.malformed, "missing tensor \"\(name)\"")
        }
        return tensor
    }

    /// The matrix from hidden states to logits; tied models have none of their own and use the table
    /// of tokens.
    func output(tiedTo embedding: Weight, _ shape: Hyperparameters) throws(EngineError) -> Weight {
        guard has("output.weight") else {
            tables.removeAll { $0.name == embedding.name }
            return embedding
        }
        return try weight("output", rows: shape.vocabularySize, columns: shape.width)
    }

    /// `name`.weight as a matrix from `columns` inputs to `rows` outputs, with `name`.bias.
    ///
    /// - Parameter isTable: true for tables, whose rows are looked up: adapters of them are refused.
    func weight(
        _ name: String, rows: Int, columns: Int, bias: Bias = .none, isTable: Bool = false
    ) throws(EngineError) -> Weight {
        let tensor = try info(name + ".weight")
        guard tensor.dimensions == [columns, rows] else {
            throw EngineError(
                .malformed,
                "tensor \"\(tensor.name)\": expected \([columns, rows]), "
                    + "found \(tensor.dimensions)")
        }
        guard let format = QuantFormat(tensor.type) else {
            throw EngineError(
                .unsupportedFormat,
                "tensor \"\(tensor.name)\": format \(tensor.type) is not supported")
        }
        guard columns % format.blockSize == 0 else {
            throw EngineError(
                .malformed,
                "tensor \"\(tensor.name)\": rows of \(columns) elements in blocks of "
                    + "\(format.blockSize)")
        }
        let rowBytes = columns / format.blockSize * format.blockBytes
        let bytes = unsafe file.bytes(of: tensor)
        guard bytes.count == rowBytes * rows, let base = bytes.baseAddress else {
            throw EngineError(
                .malformed,
                "tensor \"\(tensor.name)\": expected \(rowBytes * rows) bytes, "
                    + "found \(bytes.count)")
        }
        var vector: Vector?
        if bias == .required || (bias == .optional && has(name + ".bias")) {
            vector = try self.vector(name + ".bias", count: rows)
        }
        if isTable { tables.append(tensor) }
        return try unsafe Weight(
            name: tensor.name, rows: rows, columns: columns, format: format,
            handle: base, rowBytes: rowBytes, bias: vector,
            delta: !isTable && !adapters.isEmpty
                ? delta(of: tensor, rows: rows, columns: columns) : nil)
    }

    /// Bytes of adapters, as they lie in memory.
    private(set) var adapterBytes = 0
    /// Greatest rank of what was added to a matrix.
    private(set) var adapterRank = 0

    /// Takes the memory of an adapter into what the model keeps.
    func keep(_ memory: [Memory], rank: Int) {
        self.memory += memory
        adapterRank = max(adapterRank, rank)
        adapterBytes += memory.reduce(0) { $0 + $1.byteCount }
    }

    enum Bias { case none, optional, required }

    /// The values of a one-dimensional tensor of any format.
    func floats(_ name: String, count: Int) throws(EngineError) -> [Float] {
        let tensor = try info(name)
        guard tensor.dimensions == [count] else {
            throw EngineError(
                .malformed,
                "tensor \"\(name)\": expected [\(count)], found \(tensor.dimensions)")
        }
        return try QuantFormat.dequantize(file, tensor)
    }

    func vector(_ name: String, count: Int) throws(EngineError) -> Vector {
        let values = try floats(name, count: count)
        let memory = try Memory(byteCount: count * 4, for: "tensor \"\(name)\"")
        let base = unsafe memory.base.bindMemory(to: Float.self, capacity: count)
        unsafe base.update(repeating: 0, count: count)
        for (index, value) in values.enumerated() { unsafe base[index] = value }
        self.memory.append(memory)
        return unsafe Vector(handle: UnsafePointer(base), count: count)
    }

    func norm(_ name: String, count: Int, epsilon: Float) throws(EngineError) -> Norm {
        Norm(weight: try vector(name + ".weight", count: count), epsilon: epsilon)
    }

    /// Of layers that subtract the mean: `name`.weight and `name`.bias.
    func layerNorm(_ name: String, count: Int, epsilon: Float) throws(EngineError) -> LayerNorm {
        LayerNorm(
            weight: try vector(name + ".weight", count: count),
            bias: has(name + ".bias") ? try vector(name + ".bias", count: count) : nil,
            epsilon: epsilon)
    }

    /// Refuses a file that has a tensor whose name contains `part`.
    func refuse(tensorsContaining part: String, _ reason: String) throws(EngineError) {
        for tensor in file.tensors where tensor.name.utf8.contains(part.utf8) {
            throw EngineError(
                .unsupportedArchitecture, "tensor \"\(tensor.name)\": \(reason)")
        }
    }
}

extension String.UTF8View {
    fileprivate func contains(_ part: String.UTF8View) -> Bool {
        guard count >= part.count else { return false }
        var start = startIndex
        for _ in 0...(count - part.count) {
            if self[start...].starts(with: part) { return true }
            start = index(after: start)
        }
        return false
    }
}
