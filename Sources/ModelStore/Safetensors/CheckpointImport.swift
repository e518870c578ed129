import API
import GGUF

/// Makes a GGUF file of a checkpoint.
///
/// Tensors pass through memory one at a time. The file has the form in which weights are stored, so that
/// it is kept as it is.
struct CheckpointImport {
    private let checkpoint: Checkpoint
    private let family: CheckpointFamily
    private let shape: CheckpointShape
    private let tensors: [TensorConversion]
    private let metadata: Metadata
    private let divisors: [Float]?

    /// Checks names, shapes and types of everything before any data are read.
    ///
    /// - Throws: malformed, with the file, key or tensor and its value.
    init(_ files: [(name: String, path: String)]) throws(StoreError) {
        guard let file = files.first(where: { $0.name == "config.json" }) else {
            throw StoreError(.malformed, "open config.json: no such file or directory")
        }
        let config = try CheckpointConfig(
            parsing: FileOperations.contents(file.path, limit: Checkpoint.longestJSON))
        family = try CheckpointFamily.named(config.architecture)
        checkpoint = try Checkpoint(files, config: config)
        shape = try CheckpointShape(config)
        let rotation = try CheckpointRotation(config, kind: family.rotationKind)
        divisors = rotation.divisors(headDimension: shape.headDimension)
        tensors = try Self.conversions(checkpoint, family, shape)

        let rows = tensors.first { $0.name == "token_embd.weight" }?.source.shape[0] ?? 0
        let vocabulary = try VocabularyImport(checkpoint, size: rows)
        var metadata = Metadata()
        metadata["general.architecture"] = .string(family.architecture)
        metadata["general.type"] = .string("model")
        if let name = config.json["_name_or_path"]?.string?.split(separator: "/").last {
            metadata["general.name"] = .string(String(name))
        }
        metadata["general.size_label"] = .string(
            Self.sizeLabel(
                tensors.reduce(divisors?.count ?? 0) { $0 + $1.source.elementCount }))
        for (key, value) in try family.metadata(config, shape, rotation) { metadata[key] = value }
        for (key, value) in vocabulary.metadata { metadata[key] = value }
        metadata["general.quantization_version"] = .uint32(2)
        metadata["general.file_type"] = .uint32(TensorConversion.fileType(of: tensors))
        self.metadata = metadata
    }

    private static func conversions(
        _ checkpoint: Checkpoint, _ family: CheckpointFamily, _ shape: CheckpointShape
    ) throws(StoreError) -> [TensorConversion] {
        let says = checkpoint.config.json["tie_word_embeddings"] != nil
        let ties = says ? try checkpoint.config.flag("tie_word_embeddings") : family.tiesEmbeddings
        var conversions: [TensorConversion] = []
        var found: Set<String> = []
        for tensor in checkpoint.tensors.values {
            guard case .tensor(let short, let layer) = family.place(of: tensor.name) else {
                if family.place(of: tensor.name) == .derived { continue }
                throw StoreError(
                    .malformed,
                    "tensor \"\(tensor.name)\" is not known in \(checkpoint.config.architecture)")
            }
            if short == "output.weight", ties { continue }
            if let layer, layer >= shape.layerCount {
                throw StoreError(
                    .malformed,
                    "tensor \"\(tensor.name)\": the model has \(shape.layerCount) layers")
            }
            let name = layer.map { "blk.\($0).\(short)" } ?? short
            guard found.insert(name).inserted else {
                throw StoreError(.malformed, "tensor \"\(tensor.name)\" occurs twice")
            }
            try check(tensor, against: shape.shape(of: short))
            var conversion = try TensorConversion(tensor, name: name)
            if family.interleavesHeads, short.hasPrefix("attn_q.") {
                conversion.interleavedHeads = shape.headCount
            }
            if family.interleavesHeads, short.hasPrefix("attn_k.") {
                conversion.interleavedHeads = shape.keyValueHeadCount
            }
            conversion.addsOne = family.addsOneToNorms && short.hasSuffix("norm.weight")
            conversions.append(conversion)
        }
        var required = ["token_embd.weight", "output_norm.weight"]
        // Without a word about it, weights that are not there are those of the embedding.
        if says, !ties { required.append("output.weight") }
        for layer in 0..<shape.layerCount {
            required += family.requiredOfLayers.map { "blk.\(layer).\($0)" }
        }
        if let missing = required.first(where: { !found.contains($0) }) {
            throw StoreError(.malformed, "no tensor for \"\(missing)\" in the files")
        }
        return conversions.sorted {
            CanonicalGGUF.precedes($0.name, $1.name)
        }
    }

    private static func check(
        _ tensor: SafetensorsTensor, against wanted: [Int]?
    ) throws(StoreError) {
        guard let wanted, wanted.count == tensor.shape.count, !tensor.shape.contains(0),
            zip(wanted, tensor.shape).allSatisfy({ $0 == $1 || $0 == -1 })
        else {
            let text = wanted?.map { $0 < 0 ? "vocabulary" : "\($0)" }.joined(separator: ", ")
            throw StoreError(
                .malformed,
                "tensor \"\(tensor.name)\": expected [\(text ?? "")], found \(tensor.shape)")
        }
    }

    /// `494M`, `1.5B`: at least two digits.
    static func sizeLabel(_ count: Int) -> String {
        let (unit, letter) =
            count > 1_000_000_000_000
            ? (1_000_000_000_000, "T")
            : count > 1_000_000_000
                ? (1_000_000_000, "B") : count > 1_000_000 ? (1_000_000, "M") : (1_000, "K")
        let whole = (count + unit / 2) / unit
        guard whole < 10 else { return "\(whole)\(letter)" }
        let tenths = (count + unit / 20) / (unit / 10)
        return "\(tenths / 10).\(tenths % 10)\(letter)"
    }

    /// Writes the file; it appears under its name when it is whole.
    ///
    /// - Throws: io, or malformed when data are not what their header says.
    func write(to path: String) throws(StoreError) {
        var file = ConvertedFile(metadata)
        var tensors = tensors[...]
        if let divisors {
            let before = tensors.prefix { CanonicalGGUF.precedes($0.name, "rope_freqs.weight") }
            for tensor in before { file.add(tensor) }
            tensors = tensors.dropFirst(before.count)
            file.add("rope_freqs.weight", divisors)
        }
        for tensor in tensors { file.add(tensor) }
        try file.write(to: path)
    }
}
