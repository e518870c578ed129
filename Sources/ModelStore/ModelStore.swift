import API
import OrderedCollections
import Synchronization

/// The models below one root directory, in Ollama's layout.
///
/// Safe from any task; several processes may share a root. A model comes into being by one rename of its
/// manifest, after all its blobs are on disk: a process killed at any moment leaves every earlier model whole.
public final class ModelStore: Sendable {
    public let root: String
    let files: FileOperations
    let blobs: BlobStore
    /// Held while manifests change and while unused blobs are removed.
    let changes = Mutex<Void>(())
    let localModels = Mutex<[ModelName: StoredModel]>([:])
    let weightFacts = Mutex<[String: WeightFacts]>([:])
    private let removalObserver = Mutex<(@Sendable ([Digest]) -> Void)?>(nil)
    /// Models of the program, offered wherever no stored model has their name.
    let embeddedModels: [EmbeddedModel]
    let embeddedParts = Mutex<[ModelName: EmbeddedModel.Parts]>([:])

    /// Sets who is told of blobs that were removed because no manifest names them any more, instead of
    /// who was told before. Called while the store changes: it must not call back.
    public func observeRemovals(_ observer: @escaping @Sendable ([Digest]) -> Void) {
        removalObserver.withLock { $0 = observer }
    }

    func tellOfRemoval(_ digests: [Digest]) {
        guard !digests.isEmpty else { return }
        removalObserver.withLock { $0 }?(digests)
    }

    var manifestsDirectory: String { root + "/manifests" }

    /// Makes the directories where they are missing.
    public convenience init(
        root: String, embedded: [EmbeddedModel] = []
    ) throws(StoreError) {
        try self.init(root: root, files: FileOperations(), embedded: embedded)
    }

    init(
        root: String, files: FileOperations, embedded: [EmbeddedModel] = []
    ) throws(StoreError) {
        var root = root
        while root.utf8.count > 1, root.utf8.last == UInt8(ascii: "/") { root.removeLast() }
        self.root = root
        self.files = files
        embeddedModels = embedded
        blobs = BlobStore(directory: root + "/blobs", files: files)
        try files.makeDirectories(blobs.directory)
        try files.makeDirectories(root + "/manifests")
    }

    /// OLLAMA_MODELS or ~/.ollama/models.
    public static func defaultRoot(environment: [String: String]) -> String {
        if let path = environment["OLLAMA_MODELS"]?.trimmedASCII, !path.isEmpty { return path }
        let home = environment["HOME"] ?? ""
        return (home.isEmpty ? "." : home) + "/.ollama/models"
    }

    func manifestPath(_ name: ModelName) -> String { "\(manifestsDirectory)/\(name.path)" }

    func isStored(_ name: ModelName) -> Bool {
        FileOperations.status(manifestPath(name))?.isRegular ?? false
    }

    /// The stored spelling of a name that differs by case only; else the name itself.
    public func resolve(_ name: ModelName) -> ModelName {
        if isStored(name) || localModels.withLock({ $0[name] != nil }) { return name }
        if let stored = names(matching: name).first { return stored }
        return localModels.withLock { $0.keys.first { $0.matches(name) } }
            ?? embeddedModel(name)?.name ?? name
    }

    public func contains(_ name: ModelName) -> Bool {
        let name = resolve(name)
        return isStored(name) || localModels.withLock { $0[name] != nil } || isEmbedded(name)
    }

    /// Names that have a manifest, sorted by path; with `name`, those that differ from it by case only.
    func names(
        matching name: ModelName? = nil, skipped: (String, StoreError) -> Void = { _, _ in }
    ) -> [ModelName] {
        func children(_ path: String, _ wanted: String?) -> [String] {
            FileOperations.list(path).filter { name in
                wanted.map { ModelName.same($0, name) } ?? true
            }
        }
        var found: [ModelName] = []
        let top = manifestsDirectory
        for host in children(top, name?.host) {
            for namespace in children("\(top)/\(host)", name?.namespace) {
                for model in children("\(top)/\(host)/\(namespace)", name?.model) {
                    for tag in children("\(top)/\(host)/\(namespace)/\(model)", name?.tag) {
                        let path = "\(host)/\(namespace)/\(model)/\(tag)"
                        guard FileOperations.status("\(top)/\(path)")?.isRegular ?? false else {
                            continue
                        }
                        if let name = ModelName(
                            host: host, namespace: namespace, model: model, tag: tag)
                        {
                            found.append(name)
                        } else {
                            skipped(path, StoreError(.invalidName, "invalid model name"))
                        }
                    }
                }
            }
        }
        return found
    }

    /// The manifest as stored, with its bytes.
    func manifest(of name: ModelName) throws(StoreError) -> (manifest: Manifest, bytes: [UInt8]) {
        guard isStored(name) else {
            throw StoreError(.notFound, "model '\(name.display)' not found")
        }
        let bytes = try FileOperations.contents(manifestPath(name))
        return (try Manifest(parsing: bytes), bytes)
    }

    /// - Throws: notFound when there is no manifest.
    public func model(_ name: ModelName) throws(StoreError) -> StoredModel {
        let name = resolve(name)
        if !isStored(name) {
            if let local = localModels.withLock({ $0[name] }) { return local }
            if let embedded = embeddedModel(name) { return try parts(of: embedded).model }
        }
        let (manifest, bytes) = try manifest(of: name)
        return try StoredModel(
            name: name, manifest: manifest, digest: Digest(of: bytes).hex,
            modified: FileOperations.status(manifestPath(name))?.modified ?? 0, blobs: blobs)
    }

    /// All readable models, newest first, with the embedded ones that no stored one hides;
    /// unreadable ones are reported to `skipped`.
    public func models(skipped: (String, StoreError) -> Void) -> [StoredModel] {
        var found: [StoredModel] = []
        let stored = names(skipped: skipped)
        let embedded = embeddedModels.map(\.name).filter { name in
            !stored.contains { $0.matches(name) }
        }
        for name in stored + embedded {
            do throws(StoreError) {
                found.append(try model(name))
            } catch {
                // Another process may have deleted it since the directory was read.
                if error.code != .notFound { skipped(name.path, error) }
            }
        }
        found += localModels.withLock { Array($0.values) }
        return found.sorted { ($1.modified, $0.name.full) < ($0.modified, $1.name.full) }
    }

    public func hasBlob(_ digest: Digest) -> Bool { blobs.contains(digest) }
    public func blobPath(_ digest: Digest) -> String { blobs.path(digest) }

    /// A blob that is being uploaded: write chunks, then finish (verifies, renames) or drop it.
    public func newBlob() throws(StoreError) -> BlobWriter { try BlobWriter(blobs) }
}

extension String {
    /// Without blanks and line ends at both ends.
    var trimmedASCII: String {
        func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0d).contains(byte) }
        let bytes = Array(utf8).drop(while: isBlank).reversed().drop(while: isBlank).reversed()
        return String(decoding: Array(bytes), as: UTF8.self)
    }
}
