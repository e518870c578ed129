import GGUF
import Quantization

/// Turns uploaded GGUF files into layers.
struct WeightsImport {
    struct Result {
        var layer: Layer
        var status: String
        var file: GGUFFile
        var facts: WeightFacts
    }

    let store: ModelStore
    let quantize: String
    let status: @Sendable (String) -> Void
    let watcher: CreateWatcher
    /// Told each digest that was pinned.
    let pinned: (Digest) -> Void
    /// Told each blob that was made on the way to another.
    let intermediate: (Digest) -> Void

    /// Layers of the files in the order of their names; the shards of a split model become one.
    func layers(
        from files: [(path: String, digest: String)]
    ) throws(StoreError) -> [Result] {
        var results: [Result] = []
        for group in try Self.groups(files.sorted { $0.path < $1.path }) {
            var shards: [GGUFFile] = []
            var digests: [Digest] = []
            for item in group {
                guard let digest = Digest(item.digest) else {
                    throw StoreError(.invalidDigest, "invalid digest format")
                }
                // Held from here on, so that deleting another model does not take it away.
                store.blobs.pin(digest)
                pinned(digest)
                digests.append(digest)
                shards.append(try Self.open(store.blobs.path(digest)))
            }
            results.append(try layer(of: shards, digests: digests, name: group[0].path))
        }
        return results
    }

    static func open(_ path: String) throws(StoreError) -> GGUFFile {
        let magic = try FileOperations.start(of: path, count: 4)
        guard !magic.isEmpty else { throw StoreError(.malformed, "EOF") }
        guard magic.count == 4 else { throw StoreError(.malformed, "unexpected EOF") }
        guard magic == Array("GGUF".utf8) else {
            throw StoreError(.malformed, "supplied file was not in GGUF format")
        }
        do throws(GGUFError) {
            return try GGUFFile(path: path)
        } catch {
            throw error.forCreate
        }
    }

    private func layer(
        of shards: [GGUFFile], digests: [Digest], name: String
    ) throws(StoreError) -> Result {
        let facts: WeightFacts
        do throws(GGUFError) {
            facts = try WeightFacts(of: shards[0])
            if shards.count == 1, let count = try shards[0].metadata.integer("split.count"),
                count > 1
            {
                throw StoreErrorInGGUF.error(
                    "\(name) is one of \(count) parts; parts must be named "
                        + "<prefix>-NNNNN-of-MMMMM.gguf and given together")
            }
        } catch {
            throw error.forCreate
        }
        if shards.count > 1 { try Self.checkParts(shards, name: name, family: facts.family) }
        let type = "\(Layer.prefix)\(facts.kind.rawValue)"
        if facts.kind == .model {
            let target = try quantization(of: facts)
            if let rewritten = try rewrite(shards, type: type, as: target, facts) {
                return rewritten
            }
        } else if shards.count > 1 {
            throw StoreError(.malformed, "\(name): a split \(facts.kind.rawValue) is not supported")
        }
        store.files.touch(store.blobs.path(digests[0]))
        return Result(
            layer: Layer(mediaType: type, digest: digests[0], size: shards[0].fileSize),
            status: "using existing layer \(digests[0])", file: shards[0], facts: facts)
    }

    /// Refuses parts that are not those of one model in their order.
    private static func checkParts(
        _ shards: [GGUFFile], name: String, family: String
    ) throws(StoreError) {
        guard let first = ShardName(name) else { return }
        var tensors: Set<String> = []
        var total: Int?
        do throws(GGUFError) {
            for (index, shard) in shards.enumerated() {
                let part = first.name(of: index + 1)
                func require(_ key: String, _ expected: Int) throws(GGUFError) {
                    let found = try shard.metadata.integer(key)
                    guard found == expected else {
                        throw StoreErrorInGGUF.error(
                            "\(part): \(key): expected \(expected), found "
                                + (found.map { "\($0)" } ?? "none"))
                    }
                }
                try require("split.no", index)
                try require("split.count", shards.count)
                if index == 0 { total = try shard.metadata.integer("split.tensors.count") }
                if let total { try require("split.tensors.count", total) }
                // Parts after the first may leave it out.
                if let own = try shard.metadata.string("general.architecture"), own != family {
                    throw StoreErrorInGGUF.error(
                        "\(part): general.architecture: expected \(family), found \(own)")
                }
                for tensor in shard.tensors where !tensors.insert(tensor.name).inserted {
                    throw StoreErrorInGGUF.error(
                        "\(part): tensor \"\(tensor.name)\" is in an earlier part too")
                }
            }
            if let total, total != tensors.count {
                throw StoreErrorInGGUF.error(
                    "\(name): split.tensors.count is \(total), the parts hold \(tensors.count)")
            }
        } catch {
            throw error.forCreate
        }
    }

    /// nil when the file already is as it is to be stored.
    private func rewrite(
        _ shards: [GGUFFile], type: String, as target: Quantization?, _ facts: WeightFacts
    ) throws(StoreError) -> Result? {
        let form = CanonicalGGUF(shards: shards)
        if target == nil, form.isCanonical() {
            status("verifying conversion")
            return nil
        }
        let temporary = store.blobs.temporaryPath()
        let digest: Digest
        let existed: Bool
        do throws(StoreError) {
            do throws(GGUFError) {
                try write(form, to: temporary, as: target, facts, shards)
            } catch {
                throw error.forCreate
            }
            status("verifying conversion")
            digest = try Digest.ofFile(temporary)
            existed = try store.blobs.adopt(temporary, as: digest)
        } catch {
            try? store.files.remove(temporary)
            throw error
        }
        pinned(digest)
        let file = try Self.open(store.blobs.path(digest))
        let facts: WeightFacts
        do throws(GGUFError) {
            facts = try WeightFacts(of: file)
        } catch {
            throw error.forCreate
        }
        return Result(
            layer: Layer(mediaType: type, digest: digest, size: file.fileSize),
            status: "\(existed ? "using existing" : "creating new") layer \(digest)", file: file,
            facts: facts)
    }

    private func write(
        _ form: CanonicalGGUF, to path: String, as target: Quantization?, _ facts: WeightFacts,
        _ shards: [GGUFFile]
    ) throws(GGUFError) {
        let total = shards.reduce(0) { $0 + $1.fileSize }
        let line = target.map { "quantizing \(facts.typeName) model to \($0)" }
        let clock = ContinuousClock()
        var last = clock.now
        try form.write(to: path, as: target) { (done) throws(GGUFError) in
            if watcher.isCancelled() { throw GGUFError(.io, "create was cancelled") }
            guard let line, clock.now - last >= CreateWatcher.interval else { return }
            last = clock.now
            watcher.progress(CreateProgress(status: line, total: total, completed: done))
        }
    }

    /// Weights of the store in the wanted format; nil when they are in it.
    func quantized(_ digest: Digest, mediaType: String) throws(StoreError) -> Result? {
        let file = try Self.open(store.blobs.path(digest))
        let facts: WeightFacts
        do throws(GGUFError) {
            facts = try WeightFacts(of: file)
        } catch {
            throw error.forCreate
        }
        guard let target = try quantization(of: facts) else { return nil }
        return try rewrite([file], type: mediaType, as: target, facts)
    }

    /// What to quantise weights to; nil when they stay as they are.
    private func quantization(of facts: WeightFacts) throws(StoreError) -> Quantization? {
        guard !quantize.isEmpty else { return nil }
        guard let target = Quantization(named: quantize) else {
            throw StoreError(
                .malformed,
                "unsupported quantization type \(quantize.uppercased()) - "
                    + "supported types are F32, F16, Q4_K_S, Q4_K_M, Q8_0"
            )
        }
        guard ["F16", "BF16", "F32"].contains(facts.typeName) else {
            throw StoreError(
                .malformed, "quantization is only supported for F16, BF16 and F32 models")
        }
        return target.name == facts.typeName ? nil : target
    }

    /// Splits files into models: those named as parts of one belong together.
    private static func groups(
        _ files: [(path: String, digest: String)]
    ) throws(StoreError) -> [[(path: String, digest: String)]] {
        var groups: [[(path: String, digest: String)]] = []
        var splits: [String: Int] = [:]
        for file in files {
            guard let part = ShardName(file.path), part.count > 1 else {
                groups.append([file])
                continue
            }
            let key = "\(part.prefix)/\(part.count)"
            if let index = splits[key] {
                groups[index].append(file)
            } else {
                splits[key] = groups.count
                groups.append([file])
            }
        }
        for (key, index) in splits {
            let numbers = groups[index].compactMap { ShardName($0.path)?.number }
            let count = Int(key[key.index(after: key.lastIndex(of: "/")!)...]) ?? 0
            guard numbers == Array(1...max(1, count)) else {
                let missing = (1...max(1, count)).first { !numbers.contains($0) }
                let part = missing.flatMap { ShardName(groups[index][0].path)?.name(of: $0) }
                throw StoreError(
                    .badRequest,
                    "split GGUF needs \(count) files, got parts \(numbers)"
                        + (part.map { ": \($0) is missing" } ?? ""))
            }
        }
        return groups
    }
}

/// Wraps a fact about a file as an error of its reader.
private enum StoreErrorInGGUF {
    static func error(_ text: String) -> GGUFError { GGUFError(.malformed, text) }
}

/// `<prefix>-NNNNN-of-MMMMM.gguf`.
struct ShardName {
    var prefix: String
    var number: Int
    var count: Int

    /// Another part's name.
    func name(of number: Int) -> String {
        func digits(_ value: Int) -> String {
            let text = String(value)
            return String(repeating: "0", count: max(0, 5 - text.utf8.count)) + text
        }
        return "\(prefix)-\(digits(number))-of-\(digits(count)).gguf"
    }

    init?(_ path: String) {
        let bytes = Array(path.utf8)
        let tail = Array("-00000-of-00000.gguf".utf8)
        guard bytes.count > tail.count else { return nil }
        let end = Array(bytes.suffix(tail.count))
        let zero = UInt8(ascii: "0")
        for (byte, pattern) in zip(end, tail) {
            let fits = pattern == zero ? (zero...UInt8(ascii: "9")).contains(byte) : byte == pattern
            guard fits else { return nil }
        }
        prefix = String(decoding: bytes.dropLast(tail.count), as: UTF8.self)
        number = Int(String(decoding: end[1..<6], as: UTF8.self)) ?? 0
        count = Int(String(decoding: end[10..<15], as: UTF8.self)) ?? 0
    }
}
