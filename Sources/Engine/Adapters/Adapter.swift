import GGUF

/// A LoRA file: pairs of narrow matrices that belong to matrices of a model.
///
/// Made for one architecture and for the shapes of one model, which only the weights themselves
/// can tell.
struct Adapter {
    /// `down` is (rank, columns), `up` is (rows, rank).
    struct Pair {
        let down: TensorInfo
        let up: TensorInfo
    }

    let file: GGUFFile
    /// 0: products are added as they are.
    let alpha: Float
    /// By the names of the matrices, `.weight` included.
    let pairs: [String: Pair]

    /// - Throws: ``EngineError`` `malformed`: no LoRA, of another architecture than the model's, or
    ///   with tensors that form no pairs.
    init(_ file: GGUFFile, architecture: String) throws(EngineError) {
        let metadata = file.metadata
        do {
            let kind = try metadata.string("general.type") ?? ""
            guard kind == "adapter" else {
                throw EngineError(
                    .malformed, "general.type: expected \"adapter\", found \"\(kind)\"")
            }
            let type = try metadata.string("adapter.type") ?? ""
            guard type == "lora" else {
                throw EngineError(
                    .malformed, "adapter.type: expected \"lora\", found \"\(type)\"")
            }
            let own = try metadata.architecture
            guard own == architecture else {
                throw EngineError(
                    .malformed,
                    "adapter for architecture \"\(own)\", the model is \"\(architecture)\"")
            }
            alpha = try metadata.float("adapter.lora.alpha") ?? 0
        } catch let error as EngineError {
            throw error
        } catch {
            throw EngineError(.malformed, "\(error)")
        }
        guard alpha.isFinite else {
            throw EngineError(.malformed, "adapter.lora.alpha: \(alpha) is no factor")
        }
        self.file = file
        pairs = try Adapter.pairs(of: file)
    }

    private static let (downMark, upMark) = (".lora_a", ".lora_b")

    private static func pairs(of file: GGUFFile) throws(EngineError) -> [String: Pair] {
        var pairs: [String: Pair] = [:]
        for tensor in file.tensors {
            let isDown = tensor.name.hasSuffix(downMark)
            guard isDown || tensor.name.hasSuffix(upMark) else {
                throw EngineError(
                    .malformed,
                    "adapter tensor \"\(tensor.name)\": expected a name that ends in "
                        + "\(downMark) or \(upMark)")
            }
            let name = String(tensor.name.dropLast(downMark.count))
            guard let down = file.tensor(name + downMark), let up = file.tensor(name + upMark)
            else {
                throw EngineError(
                    .malformed,
                    "adapter tensor \"\(tensor.name)\" lacks \"\(name)\(isDown ? upMark : downMark)\""
                )
            }
            pairs[name] = Pair(down: down, up: up)
        }
        return pairs
    }

    /// What the product of a pair is multiplied with.
    func scale(rank: Int) -> Float { alpha == 0 ? 1 : alpha / Float(rank) }
}

extension WeightReader {
    /// What the adapters add to the matrix of that name; nil when they leave it alone.
    func delta(of tensor: TensorInfo, rows: Int, columns: Int) throws(EngineError) -> LowRankDelta?
    {
        var parts: [(adapter: Adapter, pair: Adapter.Pair, rank: Int)] = []
        var total = 0
        for adapter in adapters {
            guard let pair = adapter.pairs[tensor.name] else { continue }
            let rank = try WeightReader.rank(of: pair, tensor, rows: rows, columns: columns)
            parts.append((adapter, pair, rank))
            total += rank
        }
        adapted.insert(tensor.name)
        guard total > 0 else { return nil }
        // The two are no larger than the tensors of the files.
        let down = try Memory(byteCount: total * columns * 4, for: "adapter of \(tensor.name)")
        let up = try Memory(byteCount: total * rows * 4, for: "adapter of \(tensor.name)")
        let downBase = unsafe down.base.bindMemory(to: Float.self, capacity: total * columns)
        let upBase = unsafe up.base.bindMemory(to: Float.self, capacity: total * rows)
        var first = 0
        for (adapter, pair, rank) in parts {
            let downValues = try QuantFormat.dequantize(adapter.file, pair.down)
            let upValues = try QuantFormat.dequantize(adapter.file, pair.up)
            unsafe downValues.withUnsafeBufferPointer { values in
                unsafe (downBase + first * columns).update(
                    from: values.baseAddress!, count: values.count)
            }
            let scale = adapter.scale(rank: rank)
            unsafe upValues.withUnsafeBufferPointer { values in
                for row in 0..<rows {
                    for column in 0..<rank {
                        unsafe upBase[row * total + first + column] =
                            values[row * rank + column] * scale
                    }
                }
            }
            first += rank
        }
        keep([down, up], rank: total)
        return unsafe LowRankDelta(
            down: Weight(
                name: tensor.name + ".lora_a", rows: total, columns: columns, format: .f32,
                handle: UnsafeRawPointer(down.base), rowBytes: columns * 4, bias: nil, delta: nil),
            up: Weight(
                name: tensor.name + ".lora_b", rows: rows, columns: total, format: .f32,
                handle: UnsafeRawPointer(up.base), rowBytes: total * 4, bias: nil, delta: nil))
    }

    private static func rank(
        of pair: Adapter.Pair, _ tensor: TensorInfo, rows: Int, columns: Int
    ) throws(EngineError) -> Int {
        let (down, up) = (pair.down.dimensions, pair.up.dimensions)
        guard down.count == 2, down[0] == columns else {
            throw EngineError(
                .malformed,
                "adapter tensor \"\(pair.down.name)\": \(down) does not fit "
                    + "\"\(tensor.name)\" of \(tensor.dimensions)")
        }
        guard up.count == 2, up[1] == rows else {
            throw EngineError(
                .malformed,
                "adapter tensor \"\(pair.up.name)\": \(up) does not fit "
                    + "\"\(tensor.name)\" of \(tensor.dimensions)")
        }
        guard down[1] == up[0] else {
            throw EngineError(
                .malformed,
                "adapter tensor \"\(pair.up.name)\": \(up) does not fit "
                    + "\"\(pair.down.name)\" of \(down)")
        }
        return down[1]
    }

    /// Refuses adapters for tensors that the model lacks or does not multiply with.
    func checkAdapters() throws(EngineError) {
        for adapter in adapters {
            for name in adapter.pairs.keys.sorted() where !adapted.contains(name) {
                let pair = adapter.pairs[name]!
                guard let tensor = file.tensor(name) else {
                    throw EngineError(
                        .malformed,
                        "adapter tensor \"\(pair.down.name)\": the model has no \"\(name)\"")
                }
                throw EngineError(
                    .malformed,
                    "adapter tensor \"\(pair.down.name)\" of \(pair.down.dimensions): "
                        + "\"\(name)\" of \(tensor.dimensions) takes no adapter")
            }
        }
    }
}
