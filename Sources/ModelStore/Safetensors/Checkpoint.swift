import API

/// The files of a model as training libraries save it: weights in one or more safetensors files, and
/// JSON files that say what they are.
struct Checkpoint {
    /// Paths by file name.
    private let paths: [String: String]
    /// All tensors by name.
    let tensors: [String: SafetensorsTensor]
    /// `config.json`.
    let config: CheckpointConfig

    /// Largest vocabulary that is read; one of 260,000 tokens takes some 35 MB.
    static let longestVocabulary = 256 << 20
    /// Largest other file; as values it takes several times its size.
    static let longestJSON = 16 << 20

    /// - Parameter files: names relative to the model's folder, with the paths where they lie.
    init(_ files: [(name: String, path: String)], config: CheckpointConfig) throws(StoreError) {
        self.config = config
        let shards = files.filter { $0.name.hasSuffix(".safetensors") }.sorted { $0.name < $1.name }
        paths = Dictionary(
            files.map { ($0.name, $0.path) }, uniquingKeysWith: { first, _ in first })
        var tensors: [String: SafetensorsTensor] = [:]
        for shard in shards {
            for tensor in try SafetensorsFile.tensors(ofFileAt: shard.path, name: shard.name) {
                if let other = tensors.updateValue(tensor, forKey: tensor.name) {
                    throw StoreError(
                        .malformed,
                        "tensor \"\(tensor.name)\" is in \(other.file.name) and \(shard.name)")
                }
            }
        }
        self.tensors = tensors
        try checkIndex()
    }

    /// Every tensor that the index names is in the file where the index says.
    private func checkIndex() throws(StoreError) {
        let name = "model.safetensors.index.json"
        guard let index = try json(name) else { return }
        guard let map = index["weight_map"]?.object else {
            throw StoreError(.malformed, "\(name): weight_map is missing")
        }
        for (tensor, file) in map {
            guard let file = file.string else {
                throw StoreError(.malformed, "\(name): tensor \"\(tensor)\" has no file")
            }
            guard paths[file] != nil else {
                throw StoreError(.malformed, "\(name): \(file) is missing")
            }
            guard tensors[tensor]?.file.name == file else {
                throw StoreError(.malformed, "\(name): tensor \"\(tensor)\" is not in \(file)")
            }
        }
    }

    /// The bytes of a file; nil when it is not there.
    func contents(
        _ name: String, limit: Int = Self.longestJSON
    ) throws(StoreError) -> [UInt8]? {
        guard let path = paths[name] else { return nil }
        return try FileOperations.contents(path, limit: limit)
    }

    /// A JSON file; nil when it is not there.
    func json(_ name: String) throws(StoreError) -> JSONValue? {
        guard let bytes = try contents(name) else { return nil }
        do throws(JSONError) {
            return try JSONValue(parsing: bytes)
        } catch {
            throw StoreError(.malformed, "\(name): \(error)")
        }
    }
}

/// `config.json`: values by name, checked.
struct CheckpointConfig {
    let json: JSONValue

    /// - Throws: malformed in the words that clients know from there.
    init(parsing bytes: [UInt8]) throws(StoreError) {
        do throws(JSONError) {
            json = try JSONValue(parsing: bytes)
        } catch {
            throw StoreError(.malformed, error.description)
        }
        guard let name = json["architectures"]?[0]?.string, !name.isEmpty else {
            throw StoreError(.malformed, "unknown architecture")
        }
        architecture = name
    }

    /// The first of `architectures`.
    let architecture: String

    func wrong(_ key: String, _ value: JSONValue, _ wanted: String) -> StoreError {
        StoreError(
            .malformed, "config.json: \(key): expected \(wanted), found \(value.serialized)")
    }

    /// nil when missing or null.
    func optionalInteger(_ key: String, in range: ClosedRange<Int>) throws(StoreError) -> Int? {
        guard let value = json[key], !value.isNull else { return nil }
        guard let integer = value.integer, range.contains(integer) else {
            throw wrong(key, value, "an integer from \(range.lowerBound) to \(range.upperBound)")
        }
        return integer
    }

    func integer(_ key: String, in range: ClosedRange<Int>) throws(StoreError) -> Int {
        guard let integer = try optionalInteger(key, in: range) else {
            throw StoreError(.malformed, "config.json: \(key) is missing")
        }
        return integer
    }

    /// nil when missing or null.
    func optionalFloat(_ key: String, of part: JSONValue? = nil) throws(StoreError) -> Double? {
        guard let value = (part ?? json)[key], !value.isNull else { return nil }
        guard let number = value.double, number.isFinite, number > 0 else {
            throw wrong(key, value, "a positive number")
        }
        return number
    }

    func flag(_ key: String) throws(StoreError) -> Bool {
        guard let value = json[key], !value.isNull else { return false }
        guard let flag = value.bool else { throw wrong(key, value, "true or false") }
        return flag
    }
}
