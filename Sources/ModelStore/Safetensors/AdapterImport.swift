import API
import GGUF

/// Makes a GGUF file of a LoRA as training libraries save it: `adapter_config.json`, and pairs of narrow
/// matrices in safetensors.
///
/// PEFT's names end in `.lora_A.weight` (rank, columns) and `.lora_B.weight` (rows, rank), MLX's in
/// `.lora_a` and `.lora_b`, with rows and columns the other way round. The numbers stay as they are.
struct AdapterImport {
    private let tensors: [TensorConversion]
    private let metadata: Metadata

    /// Checks names and shapes against the model before any data are read.
    ///
    /// - Parameter model: the weights that the adapter belongs to.
    /// - Throws: malformed, with the key or tensor and its value.
    init(
        _ files: [(name: String, path: String)], for model: GGUFFile
    ) throws(StoreError) {
        guard let file = files.first(where: { $0.name == AdapterConfig.fileName }) else {
            throw StoreError(
                .malformed, "open \(AdapterConfig.fileName): no such file or directory")
        }
        let config = try AdapterConfig(
            parsing: FileOperations.contents(file.path, limit: Checkpoint.longestJSON))
        let target = try Target(model)
        var pairs: [String: Pair] = [:]
        for file in files.sorted(by: { $0.name < $1.name })
        where file.name.hasSuffix(".safetensors") {
            for tensor in try SafetensorsFile.tensors(ofFileAt: file.path, name: file.name) {
                try target.add(tensor, to: &pairs)
            }
        }
        guard !pairs.isEmpty else { throw StoreError(.malformed, "the adapter holds no tensors") }
        var conversions: [TensorConversion] = []
        var alphas: [(rank: Int, alpha: Double)] = []
        for (name, pair) in pairs.sorted(by: { $0.key < $1.key }) {
            let (down, up) = try target.check(pair, of: name)
            conversions += [down, up]
            let rank = down.dimensions[1]
            alphas.append((rank, config.alpha(rank: rank)))
        }
        // The file has one alpha for all of its pairs.
        if let other = alphas.first(where: { $0.alpha != alphas[0].alpha }) {
            throw StoreError(
                .malformed,
                "\(AdapterConfig.fileName): ranks \(alphas[0].rank) and \(other.rank) are not "
                    + "supported together, unless lora_alpha is divided by the rank")
        }
        tensors = conversions.sorted { CanonicalGGUF.precedes($0.name, $1.name) }
        var metadata = Metadata()
        metadata["general.architecture"] = .string(target.architecture)
        metadata["general.type"] = .string("adapter")
        metadata["adapter.type"] = .string("lora")
        metadata["adapter.lora.alpha"] = .float32(Float(alphas[0].alpha))
        metadata["general.quantization_version"] = .uint32(2)
        metadata["general.file_type"] = .uint32(TensorConversion.fileType(of: tensors))
        self.metadata = metadata
    }

    /// Writes the file; it appears under its name when it is whole.
    ///
    /// - Throws: io, or malformed when data are not what their header says.
    func write(to path: String) throws(StoreError) {
        var file = ConvertedFile(metadata)
        for tensor in tensors { file.add(tensor) }
        try file.write(to: path)
    }

    /// The two matrices of one module.
    fileprivate struct Pair {
        var down: TensorConversion?
        var up: TensorConversion?
    }

    /// The model that an adapter is for.
    private struct Target {
        let model: GGUFFile
        let architecture: String
        private let family: CheckpointFamily
        private let heads: [String: Int]

        init(_ model: GGUFFile) throws(StoreError) {
            self.model = model
            do throws(GGUFError) {
                let name = try model.metadata.architecture
                architecture = name
                guard let family = CheckpointFamily.all.first(where: { $0.architecture == name })
                else {
                    throw GGUFError(
                        .malformed,
                        "safetensors adapters for architecture \"\(name)\" cannot be imported; "
                            + "give the adapter as GGUF")
                }
                self.family = family
                guard family.interleavesHeads else {
                    heads = [:]
                    return
                }
                let key = name + ".attention.head_count"
                guard let count = try model.metadata.integer(key), count > 0 else {
                    throw GGUFError(.malformed, "\(key) is missing")
                }
                heads = [
                    "attn_q.weight": count,
                    "attn_k.weight": try model.metadata.integer(key + "_kv") ?? count,
                ]
            } catch {
                throw error.forCreate
            }
        }

        func add(
            _ tensor: SafetensorsTensor, to pairs: inout [String: Pair]
        ) throws(StoreError) {
            func unknown() -> StoreError {
                StoreError(
                    .malformed,
                    "adapter tensor \"\(tensor.name)\" is not known for \(architecture)")
            }
            guard let part = Part(tensor.name) else { throw unknown() }
            guard case .tensor(let short, let layer) = family.place(of: part.module + ".weight")
            else { throw unknown() }
            let name = layer.map { "blk.\($0).\(short)" } ?? short
            guard tensor.shape.count == 2, !tensor.shape.contains(0) else {
                throw StoreError(
                    .malformed,
                    "adapter tensor \"\(tensor.name)\": expected a matrix, found \(tensor.shape)")
            }
            var conversion = try TensorConversion(
                tensor, name: name + (part.isDown ? ".lora_a" : ".lora_b"))
            conversion.isTransposed = part.isTransposed
            if !part.isDown { conversion.interleavedHeads = heads[short] }
            var pair = pairs[name] ?? Pair()
            guard (part.isDown ? pair.down : pair.up) == nil else {
                throw StoreError(.malformed, "adapter tensor \"\(tensor.name)\" occurs twice")
            }
            if part.isDown { pair.down = conversion } else { pair.up = conversion }
            pairs[name] = pair
        }

        /// Both matrices, which fit each other and the model's.
        func check(
            _ pair: Pair, of name: String
        ) throws(StoreError) -> (down: TensorConversion, up: TensorConversion) {
            guard let down = pair.down, let up = pair.up else {
                let one = pair.down ?? pair.up
                throw StoreError(
                    .malformed,
                    "adapter tensor \"\(one?.source.name ?? name)\" lacks its "
                        + (pair.down == nil ? "lora_A" : "lora_B"))
            }
            guard let tensor = model.tensor(name), tensor.dimensions.count == 2 else {
                throw StoreError(
                    .malformed,
                    "adapter tensor \"\(down.source.name)\": the model has no \"\(name)\"")
            }
            let fits = [
                (down, down.dimensions[0] == tensor.dimensions[0]),
                (up, up.dimensions[1] == tensor.dimensions[1]),
                (up, up.dimensions[0] == down.dimensions[1]),
            ]
            if let wrong = fits.first(where: { !$0.1 })?.0 {
                throw StoreError(
                    .malformed,
                    "adapter tensor \"\(wrong.source.name)\": \(wrong.source.shape) does not fit "
                        + "\"\(name)\" of \(tensor.dimensions.reversed() as [Int]) at rank "
                        + "\(down.dimensions[1])")
            }
            if let count = up.interleavedHeads, count < 1 || tensor.dimensions[1] % (2 * count) != 0
            {
                throw StoreError(
                    .malformed, "\"\(name)\": \(tensor.dimensions[1]) rows are not \(count) heads")
            }
            return (down, up)
        }
    }

    /// What the name of an adapter's tensor says.
    private struct Part {
        let module: String
        let isDown: Bool
        let isTransposed: Bool

        init?(_ name: String) {
            let endings: [(String, isDown: Bool, isTransposed: Bool)] = [
                (".lora_A.weight", true, false), (".lora_B.weight", false, false),
                (".lora_A.default.weight", true, false), (".lora_B.default.weight", false, false),
                (".lora_a", true, true), (".lora_b", false, true),
            ]
            guard let ending = endings.first(where: { name.hasSuffix($0.0) }) else { return nil }
            (isDown, isTransposed) = (ending.isDown, ending.isTransposed)
            var module = name.dropLast(ending.0.count)
            let prefix = "base_model.model."
            if module.hasPrefix(prefix) { module = module.dropFirst(prefix.count) }
            self.module = String(module)
        }
    }
}
